// test_base.c: the base library: strict parsers, errors, whole files, the arena, the log.
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mountinfo.h"
#include "base/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
// cmocka wants the ones above first
#include <cmocka.h>

// --- parse ---

static void numbers_are_read_whole_or_not_at_all(void **state)
{
	static const struct { const char *text; uint64_t max, value; bool valid; } samples[] = {
		{"0", 9, 0, true}, {"9", 9, 9, true}, {"10", 9, 0, false}, {"007", 9, 7, true}, {"18446744073709551615", UINT64_MAX, UINT64_MAX, true},
		{"18446744073709551616", UINT64_MAX, 0, false}, {"99999999999999999999999", UINT64_MAX, 0, false}, {"", 9, 0, false}, {" 1", 9, 0, false},
		{"1 ", 9, 0, false}, {"+1", 9, 0, false}, {"-1", 9, 0, false}, {"-0", 9, 0, false}, {"0x1", 99, 0, false}, {"1e1", 99, 0, false}, {"1\n", 9, 0, false}, {"a", 9, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		uint64_t value = 4711;

		if (parse_u64(samples[i].text, samples[i].max, &value) != samples[i].valid || value != (samples[i].valid ? samples[i].value : 4711))
			fail_msg("'%s'", samples[i].text);
	}
}

static void signed_numbers_reach_both_ends(void **state)
{
	static const struct { const char *text; int64_t value; bool valid; } samples[] = {
		{"0", 0, true}, {"-0", 0, true}, {"-1", -1, true}, {"9223372036854775807", INT64_MAX, true}, {"9223372036854775808", 0, false},
		{"-9223372036854775808", INT64_MIN, true}, {"-9223372036854775809", 0, false}, {"--1", 0, false}, {"-", 0, false}, {"", 0, false}, {"+1", 0, false}, {"- 1", 0, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		int64_t value = 4711;

		if (parse_i64(samples[i].text, &value) != samples[i].valid || value != (samples[i].valid ? samples[i].value : 4711))
			fail_msg("'%s'", samples[i].text);
	}
}

static void container_ids_are_plain_names(void **state)
{
	static const char *const good[] = {"a", "A", "0", "_", "+", "-", "a.b", "a..b", "a.", "lab-1_x+y.z", "-rf"};
	static const char *const bad[] = {"", ".", "..", ".a", "../x", "a/b", "/", "a b", "a\n", "a\tb", "a:b", "a%b", "\xc3\xa4", "a*", "a\\b", "a$b", "a;b"};
	char longest[CONTAINER_ID_MAX + 2];

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		if (!valid_container_id(good[i]))
			fail_msg("'%s' is refused", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (valid_container_id(bad[i]))
			fail_msg("'%s' is taken", bad[i]);
	memset(longest, 'a', sizeof longest);
	longest[CONTAINER_ID_MAX] = '\0';
	assert_true(valid_container_id(longest));
	longest[CONTAINER_ID_MAX] = 'a';
	longest[CONTAINER_ID_MAX + 1] = '\0';
	assert_false(valid_container_id(longest));
	// Every byte by itself: 26 + 26 + 10 + three signs.
	for (int byte = 1, count = 0; byte <= 256; byte++) {
		char id[2] = {(char)byte, '\0'};

		if (byte == 256)
			assert_int_equal(count, 65);
		else
			count += valid_container_id(id);
	}
}

static void interface_names_are_what_the_kernel_takes(void **state)
{
	(void)state;
	assert_true(valid_interface_name("eth0"));
	assert_true(valid_interface_name("123456789012345"));
	assert_true(valid_interface_name("..."));
	assert_false(valid_interface_name("1234567890123456"));
	assert_false(valid_interface_name(""));
	assert_false(valid_interface_name("."));
	assert_false(valid_interface_name(".."));
	assert_false(valid_interface_name("a/b"));
	assert_false(valid_interface_name("a:b"));
	assert_false(valid_interface_name("a b"));
	assert_false(valid_interface_name("a\n"));
}

static void cgroup_paths_stay_below_their_mount(void **state)
{
	static const char *const good[] = {"/a", "a", "/a/b", "a/b/c", "/a.b", "/...", "/.a", "/a/..b"};
	static const char *const bad[] = {"", "/", "//", "/a/", "/a//b", "//a", ".", "..", "/.", "/..", "/a/..", "/a/../b", "/a/./b", "../a", "./a"};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		if (!valid_cgroup_path(good[i]))
			fail_msg("'%s' is refused", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (valid_cgroup_path(bad[i]))
			fail_msg("'%s' is taken", bad[i]);
}

static void signals_have_names_and_numbers(void **state)
{
	const struct { const char *text; int number; } samples[] = {
		{"1", 1}, {"9", 9}, {"64", 64}, {"TERM", SIGTERM}, {"SIGTERM", SIGTERM}, {"sigterm", SIGTERM}, {"Term", SIGTERM}, {"KILL", SIGKILL}, {"USR1", SIGUSR1}, {"WINCH", SIGWINCH},
		{"IOT", SIGABRT}, {"CLD", SIGCHLD}, {"RTMIN", SIGRTMIN}, {"SIGRTMIN+3", SIGRTMIN + 3}, {"RTMAX", SIGRTMAX}, {"rtmax-1", SIGRTMAX - 1}, {"RTMIN+0", SIGRTMIN},
		{"0", -1}, {"65", -1}, {"-1", -1}, {"", -1}, {"SIG", -1}, {"SIGSIGTERM", -1}, {"TERM ", -1}, {" TERM", -1}, {"TER", -1}, {"TERMS", -1}, {"RTMIN+99", -1}, {"RTMIN-1", -1}, {"RTMAX+1", -1}, {"RTMIN+", -1},
		{"RTMIN3", -1}, {"15x", -1}, {"+15", -1}, {"99999999999999999999", -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
		if (parse_signal(samples[i].text) != samples[i].number)
			fail_msg("'%s' is %d", samples[i].text, parse_signal(samples[i].text));
}

static void sizes_have_units(void **state)
{
	static const struct { const char *text; int64_t bytes; } good[] = {
		{"0", 0}, {"1", 1}, {"100b", 100}, {"64k", 65536}, {"64KB", 65536}, {"64KiB", 65536}, {"512m", 512 << 20}, {"1g", 1 << 30}, {"1.5G", 3 << 29},
		{"0.1k", 102}, {"1.999999999999k", 2047}, {"2T", INT64_C(2) << 40}, {"3p", INT64_C(3) << 50}, {"9223372036854775807", INT64_MAX}, {"8191p", INT64_C(8191) << 50},
	};
	static const char *const bad[] = {"", "-1", "m", "1x", "1 m", "1mm", "1bb", "1ki", "1.", "1.m", ".5m", "1e3", "+1", "9223372036854775808", "8192p", "99999999999999999999"};
	int64_t bytes;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		assert_true(parse_bytes(good[i].text, &bytes));
		assert_int_equal(bytes, good[i].bytes);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(parse_bytes(bad[i], &bytes));
}

static void the_hash_is_fnv_1a(void **state)
{
	(void)state;
	// Vectors of the algorithm's authors (isthe.com/chongo/tech/comp/fnv).
	assert_true(hash_bytes("", 0) == UINT64_C(0xcbf29ce484222325));
	assert_true(hash_bytes("a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
	assert_true(hash_bytes("foobar", 6) == UINT64_C(0x85944171f73967e8));
}

// --- error ---

static void errors_are_never_a_success_and_never_overflow(void **state)
{
	struct error err = ERROR_INIT;
	char longer[2 * ERROR_TEXT_MAX];

	(void)state;
	assert_int_equal(err.step, -1);
	assert_int_equal(error_set(&err, 0, "x"), -1);
	assert_int_equal(err.code, EIO);
	assert_int_equal(error_errno(&err, ENOENT, "cannot open %s", "/x"), -1);
	assert_int_equal(err.code, ENOENT);
	assert_string_equal(err.text, "cannot open /x: No such file or directory");
	assert_int_equal(error_prefix(&err, "mounts[%d]", 3), -1);
	assert_string_equal(err.text, "mounts[3]: cannot open /x: No such file or directory");
	assert_int_equal(error_hint(&err, "make %s", "it"), -1);
	assert_string_equal(err.text, "mounts[3]: cannot open /x: No such file or directory; make it");
	assert_int_equal(err.code, ENOENT);

	memset(longer, 'x', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	error_set(&err, EINVAL, "%s", longer);
	assert_int_equal(strlen(err.text), ERROR_TEXT_MAX - 1);
	error_hint(&err, "%s", longer);
	error_prefix(&err, "%s", longer);
	assert_int_equal(strlen(err.text), ERROR_TEXT_MAX - 1);
	error_set(&err, EINVAL, "short");
	error_prefix(&err, "%s", longer);
	assert_int_equal(strlen(err.text), ERROR_TEXT_MAX - 1);
}

// --- file ---

static int directory = -1;
static char directory_name[] = "/tmp/minirun-base.XXXXXX";

static int make_directory(void **state)
{
	(void)state;
	directory = mkdtemp(directory_name) != NULL ? open(directory_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	return directory < 0 ? -1 : 0;
}

static int remove_directory(void **state)
{
	(void)state;
	close(directory);
	return remove_tree_at(AT_FDCWD, directory_name);
}

static void put(const char *name, const char *text)
{
	assert_int_equal(write_file_atomic_at(directory, name, text, strlen(text), 0600), 0);
}

static void assert_holds(const char *name, const char *text)
{
	char buffer[64];

	assert_int_equal(read_file_at(directory, name, buffer, sizeof buffer), strlen(text));
	assert_string_equal(buffer, text);
}

static void files_are_replaced_whole(void **state)
{
	struct stat info;

	(void)state;
	put("whole", "one");
	assert_holds("whole", "one");
	put("whole", "2");
	assert_holds("whole", "2");
	assert_int_equal(fstatat(directory, "whole", &info, 0), 0);
	assert_int_equal(info.st_mode & 07777, 0600);
	// What stands at the name is replaced, not written through.
	assert_int_equal(symlinkat("whole", directory, "link"), 0);
	put("link", "3");
	assert_holds("whole", "2");
	assert_int_equal(fstatat(directory, "link", &info, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISREG(info.st_mode));
}

static void a_failed_replacement_leaves_nothing(void **state)
{
	struct stat info;
	char name[64];

	(void)state;
	assert_int_equal(mkdirat(directory, "taken", 0700), 0);
	assert_int_equal(write_file_atomic_at(directory, "taken", "x", 1, 0600), -1);
	assert_int_equal(errno, EISDIR);
	snprintf(name, sizeof name, "taken.%d.tmp", getpid());
	assert_int_equal(fstatat(directory, name, &info, 0), -1);
	assert_int_equal(write_file_atomic_at(directory, "absent/file", "x", 1, 0600), -1);
	assert_int_equal(errno, ENOENT);
}

static void kernel_files_are_written_once_and_not_through_links(void **state)
{
	(void)state;
	put("target", "old");
	assert_int_equal(write_file_at(directory, "target", "new"), 0);
	assert_holds("target", "new");
	assert_int_equal(symlinkat("target", directory, "to-target"), 0);
	assert_int_equal(write_file_at(directory, "to-target", "no"), -1);
	assert_int_equal(errno, ELOOP);
	assert_int_equal(write_file_at(directory, "absent-file", "no"), -1);
	assert_int_equal(errno, ENOENT);
	assert_holds("target", "new");
}

static void reading_has_limits(void **state)
{
	char buffer[4];
	size_t length = 99;
	char *text;

	(void)state;
	put("three", "abc");
	assert_int_equal(read_file_at(directory, "three", buffer, 4), 3);
	assert_int_equal(read_file_at(directory, "three", buffer, 3), -1);
	assert_int_equal(errno, EFBIG);
	put("line", "ab\n");
	assert_int_equal(read_file_at(directory, "line", buffer, 4), 2);
	assert_string_equal(buffer, "ab");
	put("empty", "");
	assert_int_equal(read_file_at(directory, "empty", buffer, 4), 0);
	assert_string_equal(buffer, "");

	text = read_whole_file_at(directory, "three", 3, &length);
	assert_non_null(text);
	assert_int_equal(length, 3);
	assert_string_equal(text, "abc");
	free(text);
	length = 99;
	assert_null(read_whole_file_at(directory, "three", 2, &length));
	assert_int_equal(errno, EFBIG);
	assert_int_equal(length, 99);
	assert_null(read_whole_file_at(directory, ".", 100, &length));
	assert_int_equal(errno, EISDIR);
	// procfs says that its files have no size.
	text = read_whole_file_at(AT_FDCWD, "/proc/self/status", 1 << 20, &length);
	assert_non_null(text);
	assert_true(length > 100 && strlen(text) == length);
	free(text);
	assert_null(read_whole_file_at(AT_FDCWD, "/proc/self/status", 10, &length));
	assert_int_equal(errno, EFBIG);
}

static void trees_are_removed_without_following_links(void **state)
{
	struct stat info;
	int depth = 0;

	(void)state;
	assert_int_equal(mkdirat(directory, "keep", 0700), 0);
	put("keep/file", "kept");
	assert_int_equal(mkdirat(directory, "tree", 0700), 0);
	assert_int_equal(symlinkat("../keep", directory, "tree/link"), 0);
	put("tree/file", "x");
	// Deeper than a process has file descriptors by default.
	for (int at = openat(directory, "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC); depth < 3000; depth++) {
		int next;

		assert_int_equal(mkdirat(at, "d", 0700), 0);
		next = openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(at);
		at = next;
		if (depth == 2999)
			close(at);
	}
	assert_int_equal(remove_tree_at(directory, "tree"), 0);
	assert_int_equal(fstatat(directory, "tree", &info, 0), -1);
	assert_holds("keep/file", "kept");
	assert_int_equal(remove_tree_at(directory, "tree"), 0);
	assert_int_equal(remove_tree_at(directory, "keep/file"), 0);
	assert_int_equal(fstatat(directory, "keep/file", &info, 0), -1);
}

static void all_bytes_are_written(void **state)
{
	int ends[2];
	char buffer[8];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write_all(ends[1], "12345", 5), 0);
	assert_int_equal(write_all(ends[1], "", 0), 0);
	assert_int_equal(read(ends[0], buffer, sizeof buffer), 5);
	close(ends[0]);
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(write_all(ends[1], "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	signal(SIGPIPE, SIG_DFL);
	close(ends[1]);
}

// --- arena ---

static void the_arena_gives_zeroed_aligned_memory_of_its_own(void **state)
{
	struct arena arena = {0};
	unsigned char *blocks[200];

	(void)state;
	for (size_t i = 0; i < 200; i++) {
		size_t size = i * 37;

		blocks[i] = arena_alloc(&arena, size);
		assert_int_equal((uintptr_t)blocks[i] % 16, 0);
		for (size_t j = 0; j < size; j++)
			assert_int_equal(blocks[i][j], 0);
		memset(blocks[i], (int)i, size);
	}
	for (size_t i = 0; i < 200; i++)
		for (size_t j = 0; j < i * 37; j++)
			assert_int_equal(blocks[i][j], i);
	assert_non_null(arena_alloc(&arena, 1 << 20));
	arena_free(&arena);
	assert_null(arena.head);
	arena_free(&arena);
}

static void the_arena_keeps_texts(void **state)
{
	struct arena arena = {0};
	char *longer = arena_alloc(&arena, 40000);

	(void)state;
	memset(longer, 'y', 39999);
	assert_string_equal(arena_strdup(&arena, longer), longer);
	assert_string_equal(arena_strndup(&arena, "abcdef", 3), "abc");
	assert_string_equal(arena_printf(&arena, "%s-%d", "x", 7), "x-7");
	assert_int_equal(strlen(arena_printf(&arena, "%s%s", longer, longer)), 2 * 39999);
	assert_string_equal(arena_printf(&arena, "%s", ""), "");
	arena_free(&arena);
}

// --- fds ---

static void fds_are_handed_on(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int taken;

	(void)state;
	assert_true(fd >= 0);
	taken = take_fd(&fd);
	assert_int_equal(fd, -1);
	assert_true(fcntl(taken, F_GETFD) >= 0);
	errno = 77;
	close_fd(&taken);
	assert_int_equal(taken, -1);
	assert_int_equal(errno, 77);
	close_fd(&taken);
}

// --- log ---

static void read_log(int fd, char *buffer, size_t size)
{
	ssize_t length = pread(fd, buffer, size - 1, 0);

	assert_true(length >= 0);
	buffer[length] = '\0';
	assert_int_equal(ftruncate(fd, 0), 0);
	lseek(fd, 0, SEEK_SET);
}

static void a_message_is_one_line(void **state)
{
	int fd = openat(directory, "log", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	char text[8192];

	(void)state;
	log_open(fd, LOG_FORM_PLAIN, LOG_LEVEL_WARNING);
	log_error("cannot %s", "do");
	read_log(fd, text, sizeof text);
	assert_string_equal(text, "minirun: cannot do\n");
	log_set_subject("lab1");
	log_warning("a\nb\x1b[31m\x7f");
	read_log(fd, text, sizeof text);
	assert_string_equal(text, "minirun: lab1: warning: a?b?[31m?\n");
	log_info("not wanted");
	log_debug("not wanted");
	read_log(fd, text, sizeof text);
	assert_string_equal(text, "");

	log_open(fd, LOG_FORM_JSON, LOG_LEVEL_DEBUG);
	log_debug("a \"quoted\"\n\\ text\x01");
	read_log(fd, text, sizeof text);
	assert_ptr_equal(strstr(text, "{\"level\":\"debug\",\"msg\":\"a \\\"quoted\\\"\\n\\\\ text\\u0001\",\"time\":\""), text);
	assert_string_equal(text + strlen(text) - 4, "Z\"}\n");
	// What is no UTF-8 (a cut character, an overlong one, a surrogate) must not make the line unreadable.
	log_debug("\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xb3|\xc3|\xc0\xaf|\xed\xa0\x80|\xff\x7f");
	read_log(fd, text, sizeof text);
	assert_non_null(strstr(text, "\"msg\":\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xb3|\\ufffd|\\ufffd\\ufffd|\\ufffd\\ufffd\\ufffd|\\ufffd\\u007f\""));

	log_open(fd, LOG_FORM_LOGRUS, LOG_LEVEL_WARNING);
	log_warning("a \"quoted\"\ntext");
	read_log(fd, text, sizeof text);
	assert_ptr_equal(strstr(text, "time=\"2"), text);
	assert_non_null(strstr(text, "Z\" level=warning msg=\"a \\\"quoted\\\"\\ntext\"\n"));
	log_open(STDERR_FILENO, LOG_FORM_PLAIN, LOG_LEVEL_WARNING);
	log_set_subject(NULL);
	close(fd);
}

static void a_long_message_still_ends_its_line(void **state)
{
	int fd = openat(directory, "long-log", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	char message[4096];
	char text[8192];

	(void)state;
	memset(message, '\n', sizeof message - 1);
	message[sizeof message - 1] = '\0';
	for (int json = 0; json < 2; json++) {
		log_open(fd, json == 1 ? LOG_FORM_JSON : LOG_FORM_PLAIN, LOG_LEVEL_WARNING);
		log_error("%s", message);
		read_log(fd, text, sizeof text);
		assert_true(strlen(text) > 2000);
		assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
		if (json == 1)
			assert_string_equal(text + strlen(text) - 4, "Z\"}\n");
	}
	log_open(STDERR_FILENO, LOG_FORM_PLAIN, LOG_LEVEL_WARNING);
	close(fd);
}

static void mounts_are_read_with_names_as_they_are(void **state)
{
	// Of proc_pid_mountinfo(5), with several optional fields, none, a name with a blank and a backslash, and two lines that are no mounts.
	static const char text[] = "36 35 98:0 /mnt1 /mnt2 rw,noatime shared:1 master:7 - ext3 /dev/root rw,errors=continue\n"
				   "no mount\n"
				   "40 36 0:44 / /a\\040b\\134c ro - tmpfs  ro,size=1k\n"
				   "41 36 0:45 / /shared rw shared:2\n";
	AUTO_ARENA arena = {0};
	struct mounts mounts = {0};
	const struct mountinfo *mount;

	(void)state;
	assert_int_equal(write_file_atomic_at(directory, "mountinfo", text, sizeof text - 1, 0600), 0);
	assert_int_equal(mountinfo_read(&arena, directory, "mountinfo", &mounts), 0);
	assert_int_equal(mounts.count, 2);
	mount = mountinfo_find(&mounts, 36);
	assert_int_equal(mount->parent, 35);
	assert_string_equal(mount->root, "/mnt1");
	assert_string_equal(mount->point, "/mnt2");
	assert_string_equal(mount->options, "rw,noatime");
	assert_true(mount->shared);
	assert_string_equal(mount->type, "ext3");
	assert_string_equal(mount->source, "/dev/root");
	assert_string_equal(mount->super_options, "rw,errors=continue");
	mount = mountinfo_find(&mounts, 40);
	assert_string_equal(mount->point, "/a b\\c");
	assert_false(mount->shared);
	assert_string_equal(mount->source, "");
	assert_null(mountinfo_find(&mounts, 41));
	assert_int_equal(mountinfo_read(&arena, directory, "no such file", &mounts), -1);
	assert_int_equal(errno, ENOENT);
}

static void of_mounts_on_each_other_the_topmost_is_found(void **state)
{
	// Newer kernels list them by id, and use one again that is free: the overlay on the root, and the tmpfs on that one, come before what they lie on. The first mount of all is its own parent.
	static const char text[] = "7 9 0:44 / / rw - overlay overlay rw\n"
				   "8 9 0:45 / /dev rw - devtmpfs dev rw\n"
				   "9 9 254:0 / / rw - ext4 /dev/vda rw\n"
				   "20 30 0:46 / /dev rw - tmpfs tmpfs rw\n"
				   "30 7 0:47 / /dev rw - tmpfs below rw\n"
				   "31 20 0:48 / /dev/pts rw - devpts devpts rw\n";
	AUTO_ARENA arena = {0};
	struct mounts mounts = {0};

	(void)state;
	assert_int_equal(write_file_atomic_at(directory, "mountinfo", text, sizeof text - 1, 0600), 0);
	assert_int_equal(mountinfo_read(&arena, directory, "mountinfo", &mounts), 0);
	assert_int_equal(mountinfo_topmost(&mounts, "/")->id, 7);
	assert_int_equal(mountinfo_topmost(&mounts, "/dev")->id, 20);
	assert_int_equal(mountinfo_topmost(&mounts, "/dev/pts")->id, 31);
	assert_null(mountinfo_topmost(&mounts, "/proc"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_mounts_on_each_other_the_topmost_is_found),
		cmocka_unit_test(mounts_are_read_with_names_as_they_are),
		cmocka_unit_test(numbers_are_read_whole_or_not_at_all),
		cmocka_unit_test(signed_numbers_reach_both_ends),
		cmocka_unit_test(container_ids_are_plain_names),
		cmocka_unit_test(interface_names_are_what_the_kernel_takes),
		cmocka_unit_test(cgroup_paths_stay_below_their_mount),
		cmocka_unit_test(signals_have_names_and_numbers),
		cmocka_unit_test(sizes_have_units),
		cmocka_unit_test(the_hash_is_fnv_1a),
		cmocka_unit_test(errors_are_never_a_success_and_never_overflow),
		cmocka_unit_test(files_are_replaced_whole),
		cmocka_unit_test(a_failed_replacement_leaves_nothing),
		cmocka_unit_test(kernel_files_are_written_once_and_not_through_links),
		cmocka_unit_test(reading_has_limits),
		cmocka_unit_test(trees_are_removed_without_following_links),
		cmocka_unit_test(all_bytes_are_written),
		cmocka_unit_test(the_arena_gives_zeroed_aligned_memory_of_its_own),
		cmocka_unit_test(the_arena_keeps_texts),
		cmocka_unit_test(fds_are_handed_on),
		cmocka_unit_test(a_message_is_one_line),
		cmocka_unit_test(a_long_message_still_ends_its_line),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
