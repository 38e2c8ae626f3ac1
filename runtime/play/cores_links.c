// cores_links.c: see cores.h: packets of the container's links are worked on by other CPUs than those of its threads (RPS). The host end is one of the machine's links from then on, and follows the
// ledger with the others (cpus/neighbours.h); the container's end is seen in its network namespace only.
#include "play/cores.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "cpus/neighbours.h"
#include "netns/sysfs.h"
#include "plan/cores_shape.h"

#include <dirent.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int steer(struct arena *arena, int proc, const char *namespace, const char *link, const struct cpuset *cpus, struct error *err)
{
	AUTO_FD sys = sysfs_of_namespace(proc, namespace, err);

	return sys < 0 ? -1 : neighbours_steer_link(arena, sys, link, NULL, cpus, err);
}

// Under the ledger's lock: who claims CPUs meanwhile would not find the link yet, or would have it set back.
static int steer_host_end(struct player *player, const struct step *step, const char *name, struct error *err)
{
	struct ledger ledger = LEDGER_INIT;
	struct ledger_claims claims;
	struct cpuset cpus;
	int result = -1;

	if (ledger_open(LEDGER_DIRECTORY, true, &ledger, err) == 0 && ledger_read(player->arena, &ledger, player->proc, &claims, err) == 0) {
		cpus = cores_host_packets(player->arena, &step->packets.machine, &claims, player->plan->claim);
		result = cpuset_first(&cpus) < 0 ? 0 : steer(player->arena, player->proc, "self/ns/net", name, &cpus, err);
	}
	ledger_close(&ledger);
	return result;
}

int cores_steer_link(struct player *player, const struct step *step, struct error *err)
{
	struct error trouble = ERROR_INIT;
	char host[IF_NAMESIZE], namespace[32];

	(void)err;
	snprintf(namespace, sizeof namespace, "%d/ns/net", (int)player->pid);
	// Only a veth pair has an end here.
	if ((if_indextoname((unsigned)player->ifindexes[step->packets.number], host) != NULL && steer_host_end(player, step, host, &trouble) < 0) ||
	    steer(player->arena, player->proc, namespace, step->packets.link->name, &step->packets.own, &trouble) < 0)
		log_warning("packets are worked on by the CPU that sends them: %s", trouble.text);
	return 0;
}

// The machine's own links are not the container's.
static bool is_apart(int proc, const char *namespace)
{
	struct stat mine, its;

	return fstatat(proc, "self/ns/net", &mine, 0) == 0 && fstatat(proc, namespace, &its, 0) == 0 && (mine.st_ino != its.st_ino || mine.st_dev != its.st_dev);
}

void cores_resteer_links(struct arena *arena, int proc, pid_t pid, const struct cpuset *from, const struct cpuset *to)
{
	struct error err = ERROR_INIT;
	char namespace[32];
	AUTO_FD sys = -1;
	AUTO_DIR *links = NULL;

	snprintf(namespace, sizeof namespace, "%d/ns/net", (int)pid);
	if (!is_apart(proc, namespace) || cpuset_first(from) < 0 || cpuset_first(to) < 0)
		return;
	sys = sysfs_of_namespace(proc, namespace, &err);
	links = sys >= 0 ? open_directory_at(sys, "class/net") : NULL;
	for (struct dirent *entry; links != NULL && (entry = readdir(links)) != NULL;)
		if (*entry->d_name != '.' && strcmp(entry->d_name, "lo") != 0 && neighbours_steer_link(arena, sys, entry->d_name, from, to, &err) < 0)
			log_warning("%s", err.text);
	if (sys < 0)
		log_warning("packets of its links are worked on by CPUs %s still: %s", cpuset_format(arena, from), err.text);
}
