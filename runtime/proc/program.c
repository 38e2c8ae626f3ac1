// program.c: see program.h. Search, the check against our own binary, and execve.
//
// CVE-2019-5736: an image whose program is /proc/self/exe, a link to it, or a script with `#!/proc/self/exe` makes the runtime execute
// the host's copy of itself inside the container. While that runs, its /proc/PID/exe is a way from inside to the host's file, which root in the container
// can open for writing as soon as it is not executing any more. (Loading the image's libraries into it, the other half of the attack, needs a dynamic binary; ours is
// static.) So a file is compared with our binary by device and inode, which no link can disguise, and with `#!` lines followed as the kernel follows them.
//
// For a program that is readable this costs open, fstat and read; the fd is closed by execve itself. The execve is by path, not by the
// checked fd: by fd, scripts fail (an O_CLOEXEC fd is gone when the interpreter opens it) and before Linux 6.14 the process is called "3" in ps. Between
// check and execve somebody in the container could swap the file. In `run` nobody is there yet: the pid and mount namespaces are new. For `exec`, where
// somebody is, this check is the second line: the first is that minirun executes from a read-only clone of its binary's mount, which nothing can open for writing.
#include "proc/program_file.h"
#include "proc/program.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char default_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

struct self {
	unsigned long dev, ino;
};

// What is done with a file that has passed the checks: executing it, or seeing whether that would be permitted. An errno; 0 when found.
typedef int final_function(const struct program *program, const char *path);

static bool same_file(const struct stat *status, const struct self *self)
{
	return status->st_dev == self->dev && status->st_ino == self->ino;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

bool program_interpreter(const struct program_head *head, char interpreter[static HEAD_SIZE])
{
	const char *begin = head->bytes + 2, *end;

	if (head->length < 2 || memcmp(head->bytes, "#!", 2) != 0)
		return false;
	while (blank(*begin))
		begin++;
	for (end = begin; *end != '\0' && *end != '\n' && !blank(*end); end++)
		;
	if (end == begin)
		return false;
	memcpy(interpreter, begin, (size_t)(end - begin));
	interpreter[end - begin] = '\0';
	return true;
}

// Opens for reading, without waiting (FIFO) and without effects on a terminal.
static int open_program(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

// Reads the head and says whether the file is our own.
static bool inspect(int file, const struct self *self, struct program_head *head)
{
	ssize_t length;
	struct stat status;

	head->length = 0;
	if (fstat(file, &status) == 0 && same_file(&status, self))
		return true;
	length = read(file, head->bytes, HEAD_SIZE);
	head->length = length > 0 ? (size_t)length : 0;
	head->bytes[head->length] = '\0';
	return false;
}

// Follows `#!` lines as execve will. false: refused, see `attempt`.
static bool interpreters_allowed(struct program_head *head, const struct self *self, struct program_attempt *attempt)
{
	char interpreter[HEAD_SIZE];

	for (int depth = 0; depth < INTERPRETER_DEPTH && program_interpreter(head, interpreter); depth++) {
		AUTO_FD file = open_program(interpreter);

		if (file < 0 && errno == EACCES) {
			// Without reading it nobody knows where it leads. No interpreter that people use is executable and not readable.
			memcpy(attempt->unreadable, interpreter, sizeof interpreter);
			return false;
		}
		if (file < 0)
			return true; // execve will say
		if (inspect(file, self, head)) {
			attempt->is_self = true;
			return false;
		}
	}
	return true;
}

// A program that may be executed but not read is executed by fd: a script then fails, as it would anyway when its interpreter opened it.
static int execute_unreadable(const struct program *program, const struct self *self, struct program_attempt *attempt)
{
	AUTO_FD file = open(attempt->path, O_PATH | O_CLOEXEC);
	struct stat status;

	if (file < 0 || fstat(file, &status) < 0)
		return errno;
	attempt->is_there = true;
	if (same_file(&status, self)) {
		attempt->is_self = true;
		return EACCES;
	}
	execveat(file, "", program->args, program->env, AT_EMPTY_PATH);
	return errno == ENOENT ? EACCES : errno;
}

static int execute(const struct program *program, const char *path)
{
	execve(path, program->args, program->env);
	return errno;
}

static int see(const struct program *program, const char *path)
{
	struct stat status;

	(void)program;
	if (stat(path, &status) < 0)
		return errno;
	if (!S_ISREG(status.st_mode))
		return EACCES; // execve's answer
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0 ? errno : 0;
}

// Does `final` to attempt->path; returns the errno, 0 if it was found.
static int try_file(const struct program *program, const struct self *self, final_function *final, struct program_attempt *attempt)
{
	AUTO_FD file = open_program(attempt->path);
	struct program_head head;

	attempt->is_there = file >= 0;
	attempt->is_self = false;
	attempt->unreadable[0] = '\0';
	if (file < 0 && errno == EACCES)
		return final == execute ? execute_unreadable(program, self, attempt) : final(program, attempt->path);
	if (file < 0)
		return errno == ENXIO || errno == ENODEV ? EACCES : errno; // sockets and devices: what execve says of them
	attempt->is_self = inspect(file, self, &head);
	if (attempt->is_self || !interpreters_allowed(&head, self, attempt))
		return EACCES;
	return final(program, attempt->path);
}

static const char *path_of(char *const *env)
{
	for (; *env != NULL; env++)
		if (strncmp(*env, "PATH=", 5) == 0)
			return *env + 5;
	return NULL;
}

// Writes DIRECTORY/NAME, or NAME for an empty component, which means the current directory. false: too long to exist.
static bool join_path(const char *directory, size_t length, const char *name, char *ret_path)
{
	int needed = snprintf(ret_path, PATH_MAX, "%.*s%s%s", (int)length, directory, length > 0 ? "/" : "", name);

	return needed > 0 && needed < PATH_MAX;
}

// execvp's rules for going on with the next directory.
static bool try_next(int code)
{
	return code == ENOENT || code == ENOTDIR || code == EACCES || code == ESTALE || code == ENODEV || code == ETIMEDOUT || code == ELOOP || code == ENAMETOOLONG;
}

// What is reported if no directory has the program: a file that could not be executed says more than one that is not there.
static bool says_more(const struct program_attempt *attempt, const struct program_attempt *best)
{
	return best->code == ENOENT && !best->is_there && (attempt->code == EACCES || attempt->is_there);
}

static const char *name_of(const struct program *program)
{
	return program->file != NULL ? program->file : program->args[0];
}

static void search(const struct program *program, const char *path, const struct self *self, final_function *final, struct program_attempt *best)
{
	const char *name = name_of(program);

	best->code = ENOENT;
	for (const char *next = path; next != NULL && name[0] != '\0';) {
		size_t length = strcspn(next, ":");
		struct program_attempt attempt = {0};

		if (join_path(next, length, name, attempt.path)) {
			attempt.code = try_file(program, self, final, &attempt);
			if (says_more(&attempt, best) || !try_next(attempt.code))
				*best = attempt;
			if (!try_next(attempt.code))
				return;
		}
		next = next[length] == ':' ? next + length + 1 : NULL;
	}
}

static void look_up(const struct program *program, const struct self *self, final_function *final, struct program_attempt *attempt)
{
	const char *name = name_of(program), *path = path_of(program->env);

	if (strchr(name, '/') == NULL)
		search(program, path != NULL ? path : default_path, self, final, attempt);
	else if ((size_t)snprintf(attempt->path, sizeof attempt->path, "%s", name) >= sizeof attempt->path)
		attempt->code = ENAMETOOLONG;
	else
		attempt->code = try_file(program, self, final, attempt);
}

int program_find(const struct program *program, unsigned long self_dev, unsigned long self_ino, char *ret_path, struct error *err)
{
	const struct self self = {self_dev, self_ino};
	struct program_attempt attempt = {0};

	look_up(program, &self, see, &attempt);
	if (attempt.code != 0)
		return program_explain(name_of(program), path_of(program->env), &attempt, err);
	memcpy(ret_path, attempt.path, sizeof attempt.path);
	return 0;
}

int program_execute(const struct program *program, unsigned long self_dev, unsigned long self_ino, struct error *err)
{
	const struct self self = {self_dev, self_ino};
	struct program_attempt attempt = {0};

	look_up(program, &self, execute, &attempt);
	return program_explain(name_of(program), path_of(program->env), &attempt, err);
}
