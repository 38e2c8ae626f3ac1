// test_notes.c: what the two sides of the set-up tell each other, also when one of them dies in the middle.
#include "play/notes.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
// cmocka wants the ones above first
#include <cmocka.h>

static int ends[2];

static int make_pair(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	return notes_pair(ends, &err);
}

static int close_pair(void **state)
{
	(void)state;
	close_fd(&ends[0]);
	close_fd(&ends[1]);
	return 0;
}

static enum note_result receive(int socket, int *index, struct error *err)
{
	int fd = -1;

	*err = ERROR_INIT;
	*index = -7;
	return note_receive(socket, index, &fd, err);
}

static void notes_arrive_in_order(void **state)
{
	struct error err = ERROR_INIT;
	int index;

	(void)state;
	for (int i = 0; i < 100; i += 33)
		assert_int_equal(note_done(ends[0], i, -1, &err), 0);
	for (int i = 0; i < 100; i += 33) {
		assert_int_equal(receive(ends[1], &index, &err), NOTE_DONE);
		assert_int_equal(index, i);
	}
	assert_false(notes_peer_gone(ends[1]));
	close_fd(&ends[0]);
	assert_true(notes_peer_gone(ends[1]));
	assert_int_equal(receive(ends[1], &index, &err), NOTE_EOF);
	assert_int_equal(index, -7);
}

static void an_error_arrives_whole(void **state)
{
	struct error sent = ERROR_INIT, err;
	int index;

	(void)state;
	memset(sent.text, 'x', sizeof sent.text - 1);
	sent.code = 5;
	sent.exit_code = 126;
	sent.step = 42;
	note_error(ends[0], &sent);
	assert_int_equal(receive(ends[1], &index, &err), NOTE_FAILED);
	assert_int_equal(err.code, 5);
	assert_int_equal(err.exit_code, 126);
	assert_int_equal(err.step, 42);
	assert_string_equal(err.text, sent.text);
}

// The kernel reports the unread note as ECONNRESET first; the error must not be lost behind it.
static void the_last_words_of_a_peer_that_left_notes_unread_are_heard(void **state)
{
	struct error sent = ERROR_INIT, err = ERROR_INIT;
	int index;

	(void)state;
	error_set(&sent, 2, "the cause");
	assert_int_equal(note_done(ends[0], 1, -1, &err), 0);
	assert_int_equal(note_done(ends[0], 2, -1, &err), 0);
	assert_int_equal(note_done(ends[1], 3, -1, &err), 0);
	note_error(ends[1], &sent);
	close_fd(&ends[1]);
	assert_int_equal(receive(ends[0], &index, &err), NOTE_DONE);
	assert_int_equal(index, 3);
	assert_int_equal(receive(ends[0], &index, &err), NOTE_FAILED);
	assert_string_equal(err.text, "the cause");
	assert_int_equal(receive(ends[0], &index, &err), NOTE_EOF);
}

static void telling_a_dead_peer_is_no_error_and_no_signal(void **state)
{
	struct error err = ERROR_INIT;
	int index;

	(void)state;
	close_fd(&ends[1]);
	assert_int_equal(note_done(ends[0], 1, -1, &err), 0);
	assert_int_equal(note_done(ends[0], 2, -1, &err), 0);
	note_error(ends[0], &err);
	assert_int_equal(receive(ends[0], &index, &err), NOTE_EOF);
}

static void a_file_goes_with_a_note(void **state)
{
	struct error err = ERROR_INIT;
	struct stat sent, received;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC); // replaced, not leaked
	int index;

	(void)state;
	assert_int_equal(note_done(ends[0], 9, null, &err), 0);
	assert_int_equal(note_receive(ends[1], &index, &fd, &err), NOTE_DONE);
	assert_int_equal(index, 9);
	assert_int_equal(fstat(null, &sent), 0);
	assert_int_equal(fstat(fd, &received), 0);
	assert_true(sent.st_rdev == received.st_rdev);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	// A note without a file leaves the one that is there.
	assert_int_equal(note_done(ends[0], 10, -1, &err), 0);
	assert_int_equal(note_receive(ends[1], &index, &fd, &err), NOTE_DONE);
	assert_int_equal(fstat(fd, &received), 0);
	assert_true(sent.st_rdev == received.st_rdev);
	close(null);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(notes_arrive_in_order, make_pair, close_pair),
		cmocka_unit_test_setup_teardown(an_error_arrives_whole, make_pair, close_pair),
		cmocka_unit_test_setup_teardown(the_last_words_of_a_peer_that_left_notes_unread_are_heard, make_pair, close_pair),
		cmocka_unit_test_setup_teardown(telling_a_dead_peer_is_no_error_and_no_signal, make_pair, close_pair),
		cmocka_unit_test_setup_teardown(a_file_goes_with_a_note, make_pair, close_pair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
