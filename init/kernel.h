// kernel.h: system calls without a C library, for x86-64 and 64-bit Arm. The fifth argument is always 0, as prctl(2) wants it. Results are the kernel's: -errno on failure.
#ifndef MINIRUN_INIT_KERNEL_H
#define MINIRUN_INIT_KERNEL_H

#include <asm/unistd.h>

static inline long system_call(long number, long a, long b, long c, long d)
{
#if defined(__x86_64__)
	register long fourth __asm__("r10") = d;
	register long fifth __asm__("r8") = 0;
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "0"(number), "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth) : "rcx", "r11", "memory");
	return result;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = 0;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
	return x0;
#else
#error "write system_call() and START for this machine"
#endif
}

// The first instruction of the program: hands the stack, as execve(2) has left it, to reaper(): argc, then the pointers of argv, NULL, those of the environment.
#if defined(__x86_64__)
#define START "xor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall reaper\n\thlt\n"
#elif defined(__aarch64__)
#define START "mov x29, #0\n\tmov x30, #0\n\tmov x0, sp\n\tbl reaper\n\tbrk #0\n"
#endif

#endif
