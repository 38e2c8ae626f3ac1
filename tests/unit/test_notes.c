// test_notes.c: the notes between minirun and the container's first process: who is gone is known whatever is still unread.
#include "play/notes.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static void gone_behind_unread_notes(void **state)
{
	struct error err = ERROR_INIT;
	int ends[2], index = -1, fd = -1;

	(void)state;
	assert_int_equal(notes_pair(ends, &err), 0);
	assert_false(notes_peer_gone(ends[1]));
	assert_int_equal(note_done(ends[0], 7, -1, &err), 0);
	assert_false(notes_peer_gone(ends[1]));
	close(ends[0]);
	assert_true(notes_peer_gone(ends[1]));
	assert_int_equal(note_receive(ends[1], &index, &fd, &err), NOTE_DONE);
	assert_int_equal(index, 7);
	assert_int_equal(note_receive(ends[1], &index, &fd, &err), NOTE_EOF);
	close(ends[1]);
}

// A peer that ends with unread notes leaves ECONNRESET on this side.
static void gone_with_our_notes_unread(void **state)
{
	struct error err = ERROR_INIT;
	int ends[2];

	(void)state;
	assert_int_equal(notes_pair(ends, &err), 0);
	assert_int_equal(note_done(ends[1], 3, -1, &err), 0);
	close(ends[0]);
	assert_true(notes_peer_gone(ends[1]));
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gone_behind_unread_notes),
		cmocka_unit_test(gone_with_our_notes_unread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
