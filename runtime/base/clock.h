// clock.h: time that only goes forward, for intervals and limits.
#ifndef MINIRUN_BASE_CLOCK_H
#define MINIRUN_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

// Microseconds of CLOCK_MONOTONIC; no system call (vDSO).
static inline int64_t clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static inline int64_t clock_ms(void)
{
	return clock_us() / 1000;
}

#endif
