// default.c: see default.h. The config is a text, written to be read and edited by a person; the seccomp profile is put into it.
// Namespaces, mounts, masked and read-only paths, capabilities and limits are those of runc 1.1's `runc spec`, but for: a cgroup namespace, the seccomp profile,
// no ambient capabilities (they would survive an exec as another user).
#include "spec/default.h"

#include "spec/profiles.h"
#include "spec/spec.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The words of the build's architecture and of the 32-bit ones that its kernels also run.
#if defined(__x86_64__)
#define ARCHITECTURES "\"SCMP_ARCH_X86_64\", \"SCMP_ARCH_X86\", \"SCMP_ARCH_X32\""
#elif defined(__aarch64__)
#define ARCHITECTURES "\"SCMP_ARCH_AARCH64\", \"SCMP_ARCH_ARM\""
#else
#error "name the seccomp architectures of this machine here"
#endif

static const char begin[] =
	"{\n"
	"\t\"ociVersion\": \"" SPEC_VERSION "\",\n"
	"\t\"root\": {\n"
	"\t\t\"path\": \"rootfs\",\n"
	"\t\t\"readonly\": true\n"
	"\t},\n"
	"\t\"hostname\": \"minirun\",\n"
	"\t\"process\": {\n"
	"\t\t\"terminal\": true,\n"
	"\t\t\"user\": {\"uid\": 0, \"gid\": 0},\n"
	"\t\t\"args\": [\"sh\"],\n"
	"\t\t\"env\": [\n"
	"\t\t\t\"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\",\n"
	"\t\t\t\"TERM=xterm\"\n"
	"\t\t],\n"
	"\t\t\"cwd\": \"/\",\n"
	"\t\t\"capabilities\": {\n"
	"\t\t\t\"bounding\": [\"CAP_AUDIT_WRITE\", \"CAP_KILL\", \"CAP_NET_BIND_SERVICE\"],\n"
	"\t\t\t\"effective\": [\"CAP_AUDIT_WRITE\", \"CAP_KILL\", \"CAP_NET_BIND_SERVICE\"],\n"
	"\t\t\t\"permitted\": [\"CAP_AUDIT_WRITE\", \"CAP_KILL\", \"CAP_NET_BIND_SERVICE\"]\n"
	"\t\t},\n"
	"\t\t\"rlimits\": [{\"type\": \"RLIMIT_NOFILE\", \"hard\": 1024, \"soft\": 1024}],\n"
	"\t\t\"noNewPrivileges\": true\n"
	"\t},\n"
	"\t\"mounts\": [\n"
	"\t\t{\"destination\": \"/proc\", \"type\": \"proc\", \"source\": \"proc\"},\n"
	"\t\t{\"destination\": \"/dev\", \"type\": \"tmpfs\", \"source\": \"tmpfs\", \"options\": [\"nosuid\", \"strictatime\", \"mode=755\", \"size=65536k\"]},\n"
	"\t\t{\"destination\": \"/dev/pts\", \"type\": \"devpts\", \"source\": \"devpts\",\n"
	"\t\t\t\"options\": [\"nosuid\", \"noexec\", \"newinstance\", \"ptmxmode=0666\", \"mode=0620\"";

static const char between[] =
	"]},\n"
	"\t\t{\"destination\": \"/dev/shm\", \"type\": \"tmpfs\", \"source\": \"shm\", \"options\": [\"nosuid\", \"noexec\", \"nodev\", \"mode=1777\", \"size=65536k\"]},\n"
	"\t\t{\"destination\": \"/dev/mqueue\", \"type\": \"mqueue\", \"source\": \"mqueue\", \"options\": [\"nosuid\", \"noexec\", \"nodev\"]},\n"
	"\t\t{\"destination\": \"/sys\", ";

static const char own_sys[] = "\"type\": \"sysfs\", \"source\": \"sysfs\", \"options\": [\"nosuid\", \"noexec\", \"nodev\", \"ro\"]},\n";
static const char host_sys[] = "\"type\": \"none\", \"source\": \"/sys\", \"options\": [\"rbind\", \"nosuid\", \"noexec\", \"nodev\", \"ro\"]},\n";

static const char namespaces[] =
	"\t\t{\"destination\": \"/sys/fs/cgroup\", \"type\": \"cgroup\", \"source\": \"cgroup\", \"options\": [\"nosuid\", \"noexec\", \"nodev\", \"relatime\", \"ro\"]}\n"
	"\t],\n"
	"\t\"linux\": {\n"
	"\t\t\"namespaces\": [\n"
	"\t\t\t{\"type\": \"pid\"},\n"
	"\t\t\t{\"type\": \"ipc\"},\n"
	"\t\t\t{\"type\": \"uts\"},\n"
	"\t\t\t{\"type\": \"mount\"},\n"
	"\t\t\t{\"type\": \"cgroup\"},\n";

static const char privileged[] =
	"\t\t\t{\"type\": \"network\"}\n"
	"\t\t],\n"
	"\t\t\"resources\": {\n"
	"\t\t\t\"devices\": [{\"allow\": false, \"access\": \"rwm\"}]\n"
	"\t\t},\n";

// printf's: uid, gid.
#define UNPRIVILEGED \
	"\t\t\t{\"type\": \"user\"}\n" \
	"\t\t],\n" \
	"\t\t\"uidMappings\": [{\"containerID\": 0, \"hostID\": %" PRIu32 ", \"size\": 1}],\n" \
	"\t\t\"gidMappings\": [{\"containerID\": 0, \"hostID\": %" PRIu32 ", \"size\": 1}],\n"

static const char end[] =
	"\t\t\"maskedPaths\": [\n"
	"\t\t\t\"/proc/acpi\",\n"
	"\t\t\t\"/proc/asound\",\n"
	"\t\t\t\"/proc/kcore\",\n"
	"\t\t\t\"/proc/keys\",\n"
	"\t\t\t\"/proc/latency_stats\",\n"
	"\t\t\t\"/proc/timer_list\",\n"
	"\t\t\t\"/proc/timer_stats\",\n"
	"\t\t\t\"/proc/sched_debug\",\n"
	"\t\t\t\"/sys/firmware\",\n"
	"\t\t\t\"/proc/scsi\"\n"
	"\t\t],\n"
	"\t\t\"readonlyPaths\": [\n"
	"\t\t\t\"/proc/bus\",\n"
	"\t\t\t\"/proc/fs\",\n"
	"\t\t\t\"/proc/irq\",\n"
	"\t\t\t\"/proc/sys\",\n"
	"\t\t\t\"/proc/sysrq-trigger\"\n"
	"\t\t],\n"
	"\t\t\"seccomp\": {\n"
	"\t\t\t\"architectures\": [" ARCHITECTURES "],\n";

// The profile's lines without its first ("{"), indented as a member of linux.
static void write_profile(FILE *out, const char *profile)
{
	const char *line = strchr(profile, '\n') + 1;

	while (*line != '\0') {
		size_t length = strcspn(line, "\n");

		fprintf(out, "\t\t%.*s\n", (int)length, line);
		line += length + (line[length] == '\n');
	}
}

static void write_config(FILE *out, const struct spec_owner *rootless)
{
	fputs(begin, out);
	if (rootless == NULL)
		fputs(", \"gid=5\"", out); // of the usual tty group
	fputs(between, out);
	fputs(rootless == NULL ? own_sys : host_sys, out);
	fputs(namespaces, out);
	if (rootless == NULL)
		fputs(privileged, out);
	else
		fprintf(out, UNPRIVILEGED, rootless->uid, rootless->gid);
	fputs(end, out);
}

char *spec_default_json(const struct spec_owner *rootless)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	bool failed;

	if (out == NULL)
		return NULL;
	write_config(out, rootless);
	write_profile(out, seccomp_profile_default);
	fputs("\t}\n}\n", out);
	failed = ferror(out) != 0;
	if (fclose(out) != 0 || failed) {
		free(text);
		return NULL;
	}
	return text;
}
