// assert.h: what is asserted of functions that report by a struct error; the test has one called `err`. Include after <cmocka.h>.
#ifndef TESTS_ASSERT_H
#define TESTS_ASSERT_H

#define assert_ok(call)                                                        \
	do {                                                                   \
		err = ERROR_INIT;                                              \
		if ((call) < 0)                                                \
			fail_msg("%s: %s", #call, err.text);                   \
	} while (0)

#define assert_fails(call, code_, text_)                                       \
	do {                                                                   \
		err = ERROR_INIT;                                              \
		assert_int_equal(call, -1);                                    \
		if (err.code != (code_) || strstr(err.text, (text_)) == NULL)  \
			fail_msg("%s: got %d, '%s'", #call, err.code, err.text); \
	} while (0)

#endif
