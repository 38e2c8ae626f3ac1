// test_proc_program.c: every way in which a program cannot be executed, and the words and exit code for it; PATH search; our own binary refused.
#include "proc/program.h"

#include "tests/unit/in_child.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cmocka.h>

static char directory[] = "/tmp/test_proc_program.XXXXXX";

static void write_file(const char *name, const void *data, size_t length, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);

	if (fd < 0 || write(fd, data, length) != (ssize_t)length || fchmod(fd, mode) < 0)
		abort();
	close(fd);
}

static void write_script(const char *name, const char *text, mode_t mode)
{
	write_file(name, text, strlen(text), mode);
}

// An ELF program of `machine` with nothing but, if given, a PT_INTERP.
static void write_elf(const char *name, unsigned machine, const char *interpreter)
{
	struct {
		Elf64_Ehdr header;
		Elf64_Phdr entry;
		char text[64];
	} file = {0};

	memcpy(file.header.e_ident, ELFMAG, SELFMAG);
	file.header.e_ident[EI_CLASS] = ELFCLASS64;
	file.header.e_ident[EI_DATA] = ELFDATA2LSB;
	file.header.e_type = ET_EXEC;
	file.header.e_machine = (Elf64_Half)machine;
	file.header.e_version = 1;
	file.header.e_ehsize = sizeof file.header;
	file.header.e_phoff = offsetof(__typeof__(file), entry);
	file.header.e_phentsize = sizeof file.entry;
	file.header.e_phnum = 1;
	file.entry.p_type = interpreter != NULL ? PT_INTERP : PT_NOTE;
	file.entry.p_offset = offsetof(__typeof__(file), text);
	if (interpreter != NULL) {
		strcpy(file.text, interpreter);
		file.entry.p_filesz = file.entry.p_memsz = strlen(interpreter) + 1;
	}
	write_file(name, &file, sizeof file, 0755);
}

#if defined(__x86_64__)
enum { NATIVE = EM_X86_64 };
#elif defined(__aarch64__)
enum { NATIVE = EM_AARCH64 };
#else
#error "say which ELF machine this is"
#endif

// The process that calls program_execute() and its answer, in memory that both see.
struct trial {
	char *args[3];
	char *env[2];
	unsigned long dev, ino;
	uid_t uid;
	struct error err;
};

static struct trial *trial;

static int run_trial(void *unused)
{
	struct program program = {.args = trial->args, .env = trial->env};

	(void)unused;
	if (trial->uid != 0 && geteuid() == 0 && setresuid(trial->uid, trial->uid, trial->uid) < 0)
		return 99;
	trial->err = ERROR_INIT;
	(void)program_execute(&program, trial->dev, trial->ino, &trial->err);
	return 98;
}

// Executes `program` with PATH; the result is the program's exit code, 98 if it was not executed (then trial->err says why).
static int attempt(const char *program, const char *path)
{
	static char name[5000], env[8192];

	snprintf(name, sizeof name, "%s", program);
	trial->args[0] = name;
	trial->args[1] = NULL;
	trial->env[0] = NULL;
	if (path != NULL) {
		snprintf(env, sizeof env, "PATH=%s", path);
		trial->env[0] = env;
	}
	return in_child(run_trial, NULL);
}

static void expect(const char *program, const char *path, int exit_code, const char *text)
{
	assert_int_equal(attempt(program, path), 98);
	if (strcmp(trial->err.text, text) != 0)
		fail_msg("\"%s\"\n   is not \"%s\"", trial->err.text, text);
	assert_int_equal(trial->err.exit_code, exit_code);
	assert_int_not_equal(trial->err.code, 0);
}

static void executes(void **state)
{
	(void)state;
	write_script("seven", "#!/bin/sh\nexit 7\n", 0755);
	mkdir("bin", 0755);
	write_script("bin/eight", "#! \t/bin/sh\nexit 8\n", 0755);
	assert_int_equal(attempt("./seven", "/bin"), 7);
	assert_int_equal(attempt("seven", ""), 7);           // an empty PATH, and an empty element, mean the current directory
	assert_int_equal(attempt("seven", "/nowhere::/bin"), 7);
	assert_int_equal(attempt("eight", "/nowhere:seven:bin"), 8);
	assert_int_equal(attempt("true", NULL), 0);          // default PATH
	assert_int_equal(attempt("false", "/usr/bin:/bin"), 1);
}

static void not_found(void **state)
{
	char longest[4200], text[4300];

	(void)state;
	expect("nothere", "/bin:/usr/bin", 127, "exec: \"nothere\": executable file not found in $PATH; the container's PATH is \"/bin:/usr/bin\"");
	expect("nothere", NULL, 127, "exec: \"nothere\": executable file not found in $PATH; the container has no PATH, so all sbin and bin of /usr/local, /usr and / were searched");
	expect("", "/bin", 127, "exec: \"\": executable file not found in $PATH; the container's PATH is \"/bin\"");
	expect("/nothere", "/bin", 127, "exec: \"/nothere\": no such file or directory");
	write_script("plain", "x", 0644);
	expect("./plain/x", "/bin", 127, "exec: \"./plain/x\": not a directory");
	assert_int_equal(symlink("/gone/away", "broken"), 0);
	expect("./broken", "/bin", 127, "exec: \"./broken\": no such file or directory; ./broken is a symbolic link to /gone/away, which does not exist in the container");
	memset(longest, 'x', sizeof longest);
	longest[0] = '/';
	longest[sizeof longest - 1] = '\0';
	assert_int_equal(attempt(longest, "/bin"), 98);
	snprintf(text, sizeof text, "%s", trial->err.text);
	assert_int_equal(trial->err.code, ENAMETOOLONG);
	assert_int_equal(trial->err.exit_code, 126);
	assert_non_null(strstr(text, "exec: \"/xxx"));
}

static void missing_interpreter(void **state)
{
	(void)state;
	write_script("python", "#!/usr/bin/python9 -u\n", 0755);
	expect("./python", "/bin", 127, "exec: \"./python\": no such file or directory; its #! interpreter /usr/bin/python9 does not exist in the container");
	expect("python", ".", 127, "exec: \"python\": no such file or directory; its #! interpreter /usr/bin/python9 does not exist in the container");
	write_script("windows", "#!/bin/sh\r\nexit 0\r\n", 0755);
	expect("./windows", "/bin", 127, "exec: \"./windows\": no such file or directory; its #! interpreter /bin/sh\r does not exist in the container; "
	       "the #! line ends with a carriage return: save the file with Unix line endings");
	write_elf("dynamic", NATIVE, "/lib64/ld-none.so.2");
	expect("./dynamic", "/bin", 127, "exec: \"./dynamic\": no such file or directory; its interpreter /lib64/ld-none.so.2 (PT_INTERP) does not exist in the container");
	write_script("chain", "#!./dynamic\n", 0755);
	expect("./chain", "/bin", 127, "exec: \"./chain\": no such file or directory; the interpreter /lib64/ld-none.so.2 of ./dynamic (PT_INTERP) does not exist in the container");
	write_script("chain2", "#!./python\n", 0755);
	expect("./chain2", "/bin", 127, "exec: \"./chain2\": no such file or directory; the #! interpreter /usr/bin/python9 of ./python does not exist in the container");
}

static void denied(void **state)
{
	(void)state;
	write_script("plain", "#!/bin/sh\n", 0644);
	expect("./plain", "/bin", 126, "exec: \"./plain\": permission denied; ./plain is not executable (mode 0644)");
	expect("plain", "/nowhere:.", 126, "exec: \"plain\": permission denied; ./plain is not executable (mode 0644)");
	mkdir("folder", 0755);
	expect("./folder", "/bin", 126, "exec: \"./folder\": permission denied; ./folder is a directory");
	mkfifo("fifo", 0755);
	expect("./fifo", "/bin", 126, "exec: \"./fifo\": permission denied; ./fifo is not a regular file");
	write_script("by-plain", "#!./plain\n", 0755);
	expect("./by-plain", "/bin", 126, "exec: \"./by-plain\": permission denied; ./plain is not executable (mode 0644)");
	// What cannot be executed does not end the search for something that can.
	mkdir("first", 0755);
	mkdir("second", 0755);
	write_script("first/nine", "#!/bin/sh\nexit 1\n", 0644);
	write_script("second/nine", "#!/bin/sh\nexit 9\n", 0755);
	assert_int_equal(attempt("nine", "first:second"), 9);
}

static void wrong_format(void **state)
{
	(void)state;
	write_elf("arm", NATIVE == EM_AARCH64 ? EM_X86_64 : EM_AARCH64, NULL);
	assert_int_equal(attempt("./arm", "/bin"), 98);
	assert_int_equal(trial->err.code, ENOEXEC);
	assert_int_equal(trial->err.exit_code, 126);
	assert_non_null(strstr(trial->err.text, NATIVE == EM_AARCH64 ? "exec: \"./arm\": exec format error; ./arm is a program for x86-64; this machine is"
	                                                            : "exec: \"./arm\": exec format error; ./arm is a program for AArch64; this machine is"));
	write_script("text", "echo hello\n", 0755);
	expect("./text", "/bin", 126, "exec: \"./text\": exec format error; ./text has no #! line; begin it with one, such as #!/bin/sh");
	write_script("empty", "", 0755);
	expect("./empty", "/bin", 126, "exec: \"./empty\": exec format error; ./empty is empty");
	write_script("nothing", "#!\n", 0755);
	expect("./nothing", "/bin", 126, "exec: \"./nothing\": exec format error; the #! line of ./nothing names no interpreter, or is longer than the kernel takes (255 bytes)");
	write_script("marked", "\xef\xbb\xbf#!/bin/sh\n", 0755);
	expect("./marked", "/bin", 126, "exec: \"./marked\": exec format error; ./marked has a byte order mark before its #! line; save it without");
	write_file("data", "\1\2\0\3", 4, 0755);
	expect("./data", "/bin", 126, "exec: \"./data\": exec format error; ./data is neither an ELF program nor a script with a #! line");
}

static void expect_self(const char *program, const char *path)
{
	assert_int_equal(attempt(program, path), 98);
	assert_int_equal(trial->err.code, EACCES);
	assert_int_equal(trial->err.exit_code, 126);
	if (strstr(trial->err.text, "permission denied; it is, or its #! line leads to, minirun's own binary") == NULL)
		fail_msg("%s", trial->err.text);
}

static void own_binary(void **state)
{
	struct stat status;

	(void)state;
	assert_int_equal(stat("/proc/self/exe", &status), 0);
	trial->dev = status.st_dev;
	trial->ino = status.st_ino;
	expect_self("/proc/self/exe", "/bin");
	assert_int_equal(symlink("/proc/self/exe", "own-link"), 0);
	assert_int_equal(symlink("own-link", "link2"), 0);
	expect_self("./link2", "/bin");
	expect_self("own-link", "/bin:.");
	write_script("script", "#!/proc/self/exe\n", 0755);
	expect_self("./script", "/bin");
	write_script("script2", "#!./link2 x\n", 0755);
	expect_self("./script2", "/bin");
	write_script("script3", "#!./script2\n", 0755);
	expect_self("./script3", "/bin");
	assert_int_equal(attempt("./seven", "/bin"), 7);
	trial->dev = trial->ino = 0;
}

// As an ordinary user, who may execute files that he may not read.
static void unreadable(void **state)
{
	struct stat status;
	char command[600];

	(void)state;
	if (geteuid() != 0)
		skip();
	trial->uid = 65534;
	snprintf(command, sizeof command, "cp /bin/false ./closed && chmod 0111 closed");
	assert_int_equal(system(command), 0);
	assert_int_equal(attempt("./closed", "/bin"), 1);
	// A script that cannot be read leads nobody knows where.
	write_script("closed-script", "#!/proc/self/exe\n", 0111);
	expect("./closed-script", "/bin", 126, "exec: \"./closed-script\": permission denied; user 65534 may execute ./closed-script but not read it, as a script must be");
	write_script("by-closed", "#!./closed-script\n", 0755);
	expect("./by-closed", "/bin", 126, "exec: \"./by-closed\": permission denied; its #! interpreter ./closed-script may not be read by user 65534, and is not executed unseen");
	assert_int_equal(stat("closed", &status), 0);
	trial->dev = status.st_dev;
	trial->ino = status.st_ino;
	expect_self("./closed", "/bin");
	trial->dev = trial->ino = 0;
	write_script("rootly", "#!/bin/sh\n", 0700);
	expect("./rootly", "/bin", 126, "exec: \"./rootly\": permission denied; user 65534 may not execute ./rootly (mode 0700, owner 0:0)");
	mkdir("locked", 0700);
	expect("./locked/x", "/bin", 126, "exec: \"./locked/x\": permission denied; a directory on the way to ./locked/x may not be searched by user 65534");
	trial->uid = 0;
}

static void other_errors(void **state)
{
	char loop[] = "loop";
	int fd;

	(void)state;
	assert_int_equal(symlink(loop, loop), 0);
	assert_int_equal(attempt("./loop", "/bin"), 98);
	assert_int_equal(trial->err.code, ELOOP);
	assert_int_equal(trial->err.exit_code, 126);
	write_script("busy", "#!/bin/sh\nexit 0\n", 0755);
	fd = open("busy", O_WRONLY | O_CLOEXEC);
	expect("./busy", "/bin", 126, "exec: \"./busy\": text file busy; somebody has it open for writing");
	close(fd);
}

static int set_up(void **state)
{
	(void)state;
	trial = mmap(NULL, sizeof *trial, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return trial == MAP_FAILED || mkdtemp(directory) == NULL || chmod(directory, 0755) < 0 || chdir(directory) < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof command, "rm -rf '%s'", directory);
	return chdir("/") < 0 || system(command) != 0 ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(executes), cmocka_unit_test(not_found), cmocka_unit_test(missing_interpreter), cmocka_unit_test(denied),
		cmocka_unit_test(wrong_format), cmocka_unit_test(own_binary), cmocka_unit_test(unreadable), cmocka_unit_test(other_errors),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
