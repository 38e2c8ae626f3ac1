// skip.h: skips a cmocka test because the running kernel lacks something; other reasons do not exist. Include after <cmocka.h>.
#ifndef TESTS_SKIP_H
#define TESTS_SKIP_H

// `feature` is a string literal that names it: SKIP_WITHOUT_KERNEL("no pids controller in cgroup v2").
// cmocka's skip() takes no reason, so tests/run takes it from this line.
#define SKIP_WITHOUT_KERNEL(feature) \
	do { \
		print_message("kernel: " feature "\n"); \
		skip(); \
	} while (0)

#endif
