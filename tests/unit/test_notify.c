// test_notify.c: what a container may say to the service manager, and what not.
#include "proc/notify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
// cmocka wants the ones above first
#include <cmocka.h>

static void only_what_a_service_may_say_about_itself(void **state)
{
	static const struct { const char *message, *lines; bool ready; } samples[] = {
		{"READY=1", "READY=1\n", true},
		{"READY=1\n", "READY=1\n", true},
		{"READY=0\nREADY=10", "READY=0\nREADY=10\n", false},
		{"STATUS=a b=c\nREADY=1\nERRNO=2", "STATUS=a b=c\nREADY=1\nERRNO=2\n", true},
		{"RELOADING=1\nMONOTONIC_USEC=5\nSTOPPING=1\nWATCHDOG=1\nEXTEND_TIMEOUT_USEC=7", "RELOADING=1\nMONOTONIC_USEC=5\nSTOPPING=1\nWATCHDOG=1\nEXTEND_TIMEOUT_USEC=7\n", false},
		{"MAINPID=1\nFDSTORE=1\nFDNAME=x\nBARRIER=1\nNOTIFYACCESS=all\nWATCHDOG_USEC=1\nMONITOR=1", "", false},
		{"XREADY=1\n READY=1\nready=1\nREADY", "", false},
		{"\n\n\nREADY=1\n\n", "READY=1\n", true},
		{"", "", false},
	};
	char lines[NOTIFY_MESSAGE_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		bool ready;

		assert_int_equal(notify_filter(samples[i].message, strlen(samples[i].message), lines, &ready), strlen(samples[i].lines));
		assert_string_equal(lines, samples[i].lines);
		assert_int_equal(ready, samples[i].ready);
	}
}

static void the_largest_message_fits(void **state)
{
	char message[NOTIFY_MESSAGE_MAX], lines[NOTIFY_MESSAGE_MAX + 1];
	bool ready;

	(void)state;
	memset(message, 'x', sizeof message);
	memcpy(message, "STATUS=", 7);
	// With its newline it would be one byte too long; what follows a line that does not fit is still looked at.
	assert_int_equal(notify_filter(message, sizeof message, lines, &ready), 0);
	assert_int_equal(notify_filter(message, sizeof message - 1, lines, &ready), sizeof message);
	memset(message, '\n', sizeof message);
	assert_int_equal(notify_filter(message, sizeof message, lines, &ready), 0);
	assert_false(ready);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_a_service_may_say_about_itself),
		cmocka_unit_test(the_largest_message_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
