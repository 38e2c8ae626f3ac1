// bench.c: runs commands in turn, many times, and compares what they cost: wall time, processor time and peak memory of the whole process tree.
// Every round runs each command once, in an order drawn anew, so that a noisy moment of the machine and what a command leaves behind for the
// next one (namespaces die asynchronously) fall on all alike. Linked statically and small: ru_maxrss of a child starts at its parent's.
//
//   bench [-n ROUNDS] [-w WARM_UP_ROUNDS] [-g GAP_MS] [-b BASELINE]... [-m NAME]... [-t TITLE] [-o FILE] [--format text|markdown|json] NAME=COMMAND...
//
// Commands named GROUP/STEP are run one after another, in the order given, as one: a container is created, started, deleted. A baseline is then the name of
// a group, and each step is compared with the same step there. A step whose name begins with '-' is run and not reported (waiting for an end).
//
// COMMAND is split at spaces and must begin with a path; no shell is in between. A command that does not end with 0 ends the bench. As for a shell, words NAME=VALUE
// before the path are added to its environment, a last word <FILE is its standard input, and a word ';' separates commands that are run one after another and count as one.
// -g sleeps before each run: some kernel work waits for an RCU grace period after an idle moment, which back-to-back runs hide.
// -b adds two columns: wall and processor time (medians) as multiples of that command's. On a busy machine only the latter means something.
// -o appends the commands' standard output to FILE instead of dropping it, so that a script can see that they did their work.
// -m lets every setrlimit(RLIMIT_MEMLOCK) of that command succeed without effect, for a runtime that raises it needlessly (kernels since 5.11 account
// BPF memory to the cgroup) on a machine whose root lacks CAP_SYS_RESOURCE.
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { COMMANDS_MAX = 64, WORDS_MAX = 64, PARTS_MAX = 8, BASELINES_MAX = 4 };

enum format { FORMAT_TEXT, FORMAT_MARKDOWN, FORMAT_JSON };

struct sample {
	uint64_t wall_ns, cpu_ns;
};

// One program of a command: environment, path and arguments, each up to a NULL.
struct part {
	char **environment, **words;
	const char *input; // NULL: /dev/null
};

struct command {
	const char *name;
	char *words[WORDS_MAX + 1];
	struct part parts[PARTS_MAX];
	size_t part_count;
	bool fake_memlock;
	struct sample *samples;
	long rss_kb;
};

struct options {
	unsigned rounds, warm_up, gap_ms;
	enum format format;
	const char *title, *output;
	const char *baselines[BASELINES_MAX], *fake_memlock[COMMANDS_MAX];
	size_t baseline_count, fake_memlock_count;
};

// What is printed of one command, in milliseconds.
struct result {
	double wall_median, wall_p10, wall_min, cpu_median, cpu_min;
};

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// ---- Running ---------------------------------------------------------------------------------------------------------------------------

// In the child: prlimit64(_, RLIMIT_MEMLOCK, new != NULL, _) and setrlimit(RLIMIT_MEMLOCK, _) return 0 at once.
static int fake_memlock_limit(void)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setrlimit, 5, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prlimit64, 0, 6),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, RLIMIT_MEMLOCK, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO),
	};
	struct sock_fprog program = {.len = sizeof insns / sizeof *insns, .filter = insns};

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

// In the child: it becomes the program.
static void become(const struct part *part, int null, int output, bool fake_memlock)
{
	int input = part->input != NULL ? open(part->input, O_RDONLY | O_CLOEXEC) : null;

	if (input < 0 || dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0)
		return;
	for (char **word = part->environment; word < part->words; word++)
		putenv(*word);
	if (!fake_memlock || fake_memlock_limit() == 0)
		execv(part->words[0], part->words);
}

// One run of one program. -1 with a message when it could not be done or the program failed.
static int run_part(struct command *command, const struct part *part, int null, int output, struct sample *sample)
{
	struct rusage usage;
	uint64_t start = now(), end;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		become(part, null, output, command->fake_memlock);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) < 0) {
		perror("bench: starting a command");
		return -1;
	}
	end = now();
	if (status != 0) {
		fprintf(stderr, "bench: %s (%s): %s %d\n", command->name, part->words[0],
			WIFSIGNALED(status) ? "killed by signal" : "ended with", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
		return -1;
	}
	sample->wall_ns += end - start;
	sample->cpu_ns += (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000u +
			  (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000u;
	if (usage.ru_maxrss > command->rss_kb)
		command->rss_kb = usage.ru_maxrss;
	return 0;
}

static int run_once(struct command *command, int null, int output, struct sample *ret_sample)
{
	*ret_sample = (struct sample){0};
	for (size_t i = 0; i < command->part_count; i++)
		if (run_part(command, &command->parts[i], null, output, ret_sample) < 0)
			return -1;
	return 0;
}

// The next command of the same group, or `count`.
static size_t group_end(const struct command *commands, size_t count, size_t begin)
{
	size_t length = strcspn(commands[begin].name, "/"), end = begin + 1;

	if (commands[begin].name[length] == '\0')
		return end;
	while (end < count && strncmp(commands[end].name, commands[begin].name, length + 1) == 0)
		end++;
	return end;
}

// A new order of `order`. The seed is fixed: the same orders in every bench.
static void shuffle(size_t *order, size_t count)
{
	static uint64_t state = 88172645463325252u;

	for (size_t i = count - 1; i > 0; i--) {
		size_t other, kept = order[i];

		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		other = (size_t)(state % (i + 1));
		order[i] = order[other];
		order[other] = kept;
	}
}

static int run_all(struct command *commands, size_t count, const struct options *options)
{
	struct timespec gap = {.tv_sec = options->gap_ms / 1000, .tv_nsec = (long)(options->gap_ms % 1000) * 1000000};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int output = open(options->output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	size_t order[COMMANDS_MAX], groups = 0;

	if (null < 0 || output < 0) {
		perror("bench: /dev/null or the output file");
		return -1;
	}
	for (size_t begin = 0; begin < count; begin = group_end(commands, count, begin))
		order[groups++] = begin;
	for (unsigned round = 0; round < options->warm_up + options->rounds; round++) {
		shuffle(order, groups);
		for (size_t i = 0; i < groups; i++)
			for (size_t at = order[i]; at < group_end(commands, count, order[i]); at++) {
				struct sample sample;

				if (options->gap_ms > 0)
					nanosleep(&gap, NULL);
				if (run_once(&commands[at], null, output, &sample) < 0)
					return -1;
				if (round >= options->warm_up)
					commands[at].samples[round - options->warm_up] = sample;
			}
	}
	close(null);
	close(output);
	return 0;
}

// ---- Results ---------------------------------------------------------------------------------------------------------------------------

static int compare_wall(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;

	return x->wall_ns < y->wall_ns ? -1 : x->wall_ns > y->wall_ns;
}

static int compare_cpu(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;

	return x->cpu_ns < y->cpu_ns ? -1 : x->cpu_ns > y->cpu_ns;
}

// Sorts the command's samples.
static struct result summarize(struct command *command, unsigned rounds)
{
	unsigned half = rounds / 2, tenth = rounds / 10;
	struct result result;

	qsort(command->samples, rounds, sizeof *command->samples, compare_cpu);
	result.cpu_min = (double)command->samples[0].cpu_ns / 1e6;
	result.cpu_median = (double)command->samples[half].cpu_ns / 1e6;
	qsort(command->samples, rounds, sizeof *command->samples, compare_wall);
	result.wall_min = (double)command->samples[0].wall_ns / 1e6;
	result.wall_p10 = (double)command->samples[tenth].wall_ns / 1e6;
	result.wall_median = (double)command->samples[half].wall_ns / 1e6;
	return result;
}

// Which of `commands` the one at `index` is compared with for baseline number `baseline`; `count`: none.
static size_t baseline_index(const struct command *commands, size_t count, size_t index, const struct options *options, size_t baseline)
{
	const char *step = strchr(commands[index].name, '/'), *name = options->baselines[baseline];
	size_t length = strlen(name);

	for (size_t i = 0; i < count; i++)
		if (strncmp(commands[i].name, name, length) == 0 && strcmp(commands[i].name + length, step != NULL ? step : "") == 0)
			return i;
	return count;
}

static const struct result *baseline_of(const struct command *commands, const struct result *results, size_t count, size_t index,
					const struct options *options, size_t baseline)
{
	return &results[baseline_index(commands, count, index, options, baseline)];
}

static bool reported(const struct command *command)
{
	return strstr(command->name, "/-") == NULL;
}

static void print_json(const struct command *commands, const struct result *results, size_t count, const struct options *options)
{
	printf("{\"title\": \"%s\", \"rounds\": %u, \"gap_ms\": %u, \"commands\": [", options->title, options->rounds, options->gap_ms);
	for (size_t i = 0; i < count; i++) {
		const struct result *r = &results[i];

		if (!reported(&commands[i]))
			continue;
		printf("%s\n  {\"name\": \"%s\", \"wall_ms\": {\"median\": %.3f, \"p10\": %.3f, \"min\": %.3f}, "
		       "\"cpu_ms\": {\"median\": %.3f, \"min\": %.3f}, \"peak_rss_kb\": %ld, \"ratio\": {",
		       i > 0 ? "," : "", commands[i].name, r->wall_median, r->wall_p10, r->wall_min, r->cpu_median, r->cpu_min, commands[i].rss_kb);
		for (size_t b = 0; b < options->baseline_count; b++)
			printf("%s\"%s\": {\"wall\": %.3f, \"cpu\": %.3f}", b > 0 ? ", " : "", options->baselines[b],
			       r->wall_median / baseline_of(commands, results, count, i, options, b)->wall_median,
			       r->cpu_median / baseline_of(commands, results, count, i, options, b)->cpu_median);
		printf("}}");
	}
	printf("\n]}\n");
}

static void print_table(const struct command *commands, const struct result *results, size_t count, const struct options *options)
{
	bool markdown = options->format == FORMAT_MARKDOWN;
	const char *edge = markdown ? "|" : "", *bar = markdown ? " | " : "  ";

	printf(markdown ? "**%s**\n\n" : "%s\n", options->title);
	printf("%s%-22s%s%8s%s%8s%s%8s%s%8s%s%8s%s%8s", edge, "", bar, "wall ms", bar, "p10", bar, "min", bar, "cpu ms", bar, "min", bar, "RSS KB");
	for (size_t b = 0; b < options->baseline_count; b++)
		printf("%sx %-6s%s%8s", bar, options->baselines[b], bar, "cpu");
	printf("%s\n", edge);
	if (markdown) {
		printf("|---|---:|---:|---:|---:|---:|---:|");
		for (size_t b = 0; b < options->baseline_count; b++)
			printf("---:|---:|");
		putchar('\n');
	}
	for (size_t i = 0; i < count; i++) {
		const struct result *r = &results[i];

		if (!reported(&commands[i]))
			continue;
		printf("%s%-22s%s%8.2f%s%8.2f%s%8.2f%s%8.2f%s%8.2f%s%8ld", edge, commands[i].name, bar, r->wall_median, bar, r->wall_p10, bar,
		       r->wall_min, bar, r->cpu_median, bar, r->cpu_min, bar, commands[i].rss_kb);
		for (size_t b = 0; b < options->baseline_count; b++)
			printf("%s%8.2f%s%8.2f", bar, r->wall_median / baseline_of(commands, results, count, i, options, b)->wall_median, bar,
			       r->cpu_median / baseline_of(commands, results, count, i, options, b)->cpu_median);
		printf("%s\n", edge);
	}
	putchar('\n');
}

static void print_results(struct command *commands, size_t count, const struct options *options)
{
	struct result results[COMMANDS_MAX];

	for (size_t i = 0; i < count; i++)
		results[i] = summarize(&commands[i], options->rounds);
	if (options->format == FORMAT_JSON)
		print_json(commands, results, count, options);
	else
		print_table(commands, results, count, options);
}

// ---- Command line ----------------------------------------------------------------------------------------------------------------------

__attribute__((noreturn)) static void usage(const char *complaint)
{
	fprintf(stderr, "bench: %s\nusage: bench [-n ROUNDS] [-w WARM_UP_ROUNDS] [-g GAP_MS] [-b BASELINE]... [-m NAME]... [-t TITLE]\n"
			"             [-o FILE] [--format text|markdown|json] NAME=COMMAND...\n", complaint);
	exit(2);
}

static unsigned parse_number(const char *text, unsigned long least)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end != '\0' || number < least || number > 1000000)
		usage("a number is wrong");
	return (unsigned)number;
}

static enum format parse_format(const char *text)
{
	static const char *const names[] = {[FORMAT_TEXT] = "text", [FORMAT_MARKDOWN] = "markdown", [FORMAT_JSON] = "json"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(text, names[i]) == 0)
			return (enum format)i;
	usage("--format is text, markdown or json");
}

static void parse_options(int argc, char **argv, struct options *options)
{
	static const struct option names[] = {{"format", required_argument, NULL, 'f'}, {NULL, 0, NULL, 0}};
	int option;

	while ((option = getopt_long(argc, argv, "+n:w:g:b:m:t:o:f:", names, NULL)) != -1)
		switch (option) {
		case 'n': options->rounds = parse_number(optarg, 1); break;
		case 'w': options->warm_up = parse_number(optarg, 0); break;
		case 'g': options->gap_ms = parse_number(optarg, 0); break;
		case 'o': options->output = optarg; break;
		case 't': options->title = optarg; break;
		case 'f': options->format = parse_format(optarg); break;
		case 'b':
			if (options->baseline_count == BASELINES_MAX)
				usage("too many baselines");
			options->baselines[options->baseline_count++] = optarg;
			break;
		case 'm':
			if (options->fake_memlock_count == COMMANDS_MAX)
				usage("too many -m");
			options->fake_memlock[options->fake_memlock_count++] = optarg;
			break;
		default: usage("unknown option");
		}
}

// The words from `begin` on, which end with a NULL, as one more program of the command.
static void add_part(struct command *command, char **begin, char **end)
{
	struct part *part = &command->parts[command->part_count];

	if (command->part_count++ == PARTS_MAX)
		usage("a command has too many parts");
	*part = (struct part){.environment = begin, .words = begin};
	if (end > begin && end[-1][0] == '<') {
		part->input = &end[-1][1];
		end[-1] = NULL;
	}
	while (*part->words != NULL && (*part->words)[0] != '/' && strchr(*part->words, '=') != NULL)
		part->words++;
	if (*part->words == NULL)
		usage("a command is empty");
}

// "NAME=COMMAND", which is cut into its words in place.
static void parse_command(char *argument, const struct options *options, struct command *ret_command)
{
	char *equals = strchr(argument, '='), *position;
	size_t words = 0, begin = 0;

	if (equals == NULL)
		usage("a command is NAME=COMMAND");
	*equals = '\0';
	ret_command->name = argument;
	for (char *word = strtok_r(equals + 1, " ", &position); word != NULL; word = strtok_r(NULL, " ", &position)) {
		if (words == WORDS_MAX)
			usage("a command has too many words");
		if (strcmp(word, ";") != 0) {
			ret_command->words[words++] = word;
			continue;
		}
		add_part(ret_command, &ret_command->words[begin], &ret_command->words[words]);
		begin = ++words;
	}
	add_part(ret_command, &ret_command->words[begin], &ret_command->words[words]);
	for (size_t i = 0; i < options->fake_memlock_count; i++)
		ret_command->fake_memlock |= strcmp(options->fake_memlock[i], argument) == 0;
	ret_command->samples = calloc(options->rounds, sizeof *ret_command->samples);
	if (ret_command->samples == NULL)
		usage("out of memory");
}

int main(int argc, char **argv)
{
	static struct command commands[COMMANDS_MAX];
	struct options options = {.rounds = 50, .warm_up = 3, .title = "bench", .output = "/dev/null"};
	size_t count;

	parse_options(argc, argv, &options);
	count = (size_t)(argc - optind);
	if (count == 0 || count > COMMANDS_MAX)
		usage("1 to 64 commands");
	for (size_t i = 0; i < count; i++)
		parse_command(argv[optind + (int)i], &options, &commands[i]);
	for (size_t b = 0; b < options.baseline_count; b++)
		for (size_t i = 0; i < count; i++)
			if (baseline_index(commands, count, i, &options, b) == count)
				usage("a baseline is none of the commands, or lacks a step of another group");
	if (run_all(commands, count, &options) < 0)
		return 1;
	print_results(commands, count, &options);
	return 0;
}
