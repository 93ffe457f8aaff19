// SPDX-License-Identifier: GPL-2.0-only
/* Which arguments of a system call nobody sees afterwards: by the code of this C library, and by code made for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "criu/arch/arch.h"

#ifdef __x86_64__
#define RDX 2
#define R10 3
#define R8 4

#define DEAD(argument, ...)                                                               \
	{                                                                                 \
		argument, true, { __VA_ARGS__ }, sizeof((unsigned char[]){ __VA_ARGS__ }) \
	}
#define READ(argument, ...)                                                                \
	{                                                                                  \
		argument, false, { __VA_ARGS__ }, sizeof((unsigned char[]){ __VA_ARGS__ }) \
	}

static const struct {
	unsigned int argument;
	bool dead;
	unsigned char code[40];
	size_t size;
} pieces[] = {
	DEAD(R10, 0xc3),				     /* ret */
	DEAD(R10, 0x48, 0x3d, 0, 0xf0, 0xff, 0xff, 0xc3),    /* cmp $-4096,%rax; ret */
	DEAD(R10, 0xe8, 0, 0, 0, 0),			     /* call */
	READ(R8, 0xe8, 0, 0, 0, 0),			     /* which has it for an argument, or not */
	DEAD(R10, 0x41, 0xba, 1, 0, 0, 0, 0x4c, 0x89, 0xd0), /* mov $1,%r10d, which is read then */
	DEAD(R10, 0x49, 0xba, 1, 2, 3, 4, 5, 6, 7, 8),	     /* movabs */
	DEAD(R10, 0x45, 0x31, 0xd2),			     /* xor %r10d,%r10d */
	READ(R10, 0x66, 0x45, 0x31, 0xd2),		     /* of 16 bits: the rest stays */
	READ(R10, 0x45, 0x29, 0xd2, 0xc3),		     /* sub */
	READ(R10, 0x45, 0x89, 0xd2, 0xc3),		     /* mov %r10d,%r10d */
	DEAD(R10, 0x41, 0x89, 0xca),			     /* mov %ecx,%r10d */
	READ(R10, 0x41, 0x88, 0xca),			     /* mov %cl,%r10b */
	READ(R10, 0x44, 0x89, 0xd1, 0xc3),		     /* mov %r10d,%ecx */
	DEAD(R10, 0x4c, 0x8b, 0x54, 0x24, 8),		     /* mov 8(%rsp),%r10 */
	READ(R10, 0x4d, 0x8b, 0x12),			     /* mov (%r10),%r10 */
	READ(R10, 0x42, 0x8b, 0x04, 0x90),		     /* mov (%rax,%r10,4),%eax */
	DEAD(R10, 0x8b, 0x04, 0x90, 0xc3),		     /* mov (%rax,%rdx,4),%eax */
	READ(RDX, 0x8b, 0x04, 0x90, 0xc3),
	READ(R10, 0x41, 0x52),					/* push %r10 */
	DEAD(R10, 0x41, 0x5a),					/* pop %r10 */
	READ(R10, 0x0f, 0x05, 0xc3),				/* syscall */
	READ(R10, 0x74, 4, 0xc3, 0x90, 0x90, 0x90, 0x41, 0x52), /* je: both ways */
	DEAD(R10, 0x74, 4, 0xc3, 0x90, 0x90, 0x90, 0x41, 0x5a),
	DEAD(R10, 0x0f, 0x84, 1, 0, 0, 0, 0xc3, 0xc3), /* je, far */
	DEAD(R10, 0xeb, 0xfe),			       /* a jump to itself */
	READ(R10, 0xeb, 0x70),			       /* to somewhere else */
	READ(R10, 0xff, 0xe0),			       /* jmp *%rax */
	DEAD(R10, 0xff, 0xd0),			       /* call *%rax */
	READ(R10, 0x41, 0xff, 0xd2),		       /* call *%r10 */
	READ(R10, 0x90),			       /* the code ends, as far as it is known */
	READ(R10, 0x48),
	READ(R10, 0xc5, 0xf8, 0x77, 0xc3),				 /* vzeroupper: not known */
	DEAD(R10, 0xf3, 0x0f, 0x1e, 0xfa, 0xc3),			 /* endbr64 */
	DEAD(R10, 0x66, 0x0f, 0x1f, 0x44, 0, 0, 0xc3),			 /* nopw */
	DEAD(R10, 0x64, 0x89, 0x02, 0xb8, 0xff, 0xff, 0xff, 0xff, 0xc3), /* mov %eax,%fs:(%rdx); mov $-1,%eax */
	READ(RDX, 0x64, 0x89, 0x02, 0xb8, 0xff, 0xff, 0xff, 0xff, 0xc3),
	DEAD(RDX, 0x48, 0x8b, 0x15, 9, 0xa1, 0x0c, 0), /* mov 0xca109(%rip),%rdx */
	READ(RDX, 0x48, 0xf7, 0xf1, 0xc3),	       /* div %rcx */
	DEAD(RDX, 0xf7, 0xd8, 0xc3),		       /* neg %eax */
	DEAD(R8, 0x41, 0xf6, 0xc1, 1, 0xc3),	       /* test $1,%r9b */
	READ(R8, 0x41, 0xf6, 0xc0, 1, 0xc3),	       /* test $1,%r8b */
};

static void pieces_of_code(void **state)
{
	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		struct arch_code_around code = { .size = pieces[i].size + 2 };

		memcpy(code.bytes + 2, pieces[i].code, pieces[i].size);
		if (arch_argument_is_dead(&code, pieces[i].argument) != pieces[i].dead)
			fail_msg("piece %zu: %02x %02x %02x ...", i, pieces[i].code[0], pieces[i].code[1],
				 pieces[i].code[2]);
	}
}

static void loops(void **state)
{
	/* syscall; test %eax,%eax; je to the syscall, which has all arguments again */
	struct arch_code_around code = { .bytes = { 0x0f, 0x05, 0x85, 0xc0, 0x74, 0xfa, 0xc3 }, .size = 7 };

	assert_false(arch_argument_is_dead(&code, R10));
	code.bytes[5] = 0xfc; /* to the test */
	assert_true(arch_argument_is_dead(&code, R10));
}

static void only_some_arguments(void **state)
{
	struct arch_code_around code = { .bytes = { 0x0f, 0x05, 0xc3 }, .size = 3 };

	for (unsigned int argument = 0; argument < 8; argument++)
		assert_int_equal(arch_argument_is_dead(&code, argument), argument >= RDX && argument <= R8);
	code.at = 2;
	assert_false(arch_argument_is_dead(&code, R10));
}

/* Of each function all system calls that it makes. */
static void of_the_library(void **state)
{
	const unsigned char *functions[] = { (void *)epoll_wait, (void *)epoll_pwait };
	unsigned int found = 0;

	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++)
		for (size_t n = 0; n < 128; n++) {
			struct arch_code_around code = { .size = ARCH_CODE_AROUND, .at = n };

			if (functions[i][n] != 0x0f || functions[i][n + 1] != 0x05)
				continue;
			found++;
			memcpy(code.bytes, functions[i], code.size);
			assert_true(arch_argument_is_dead(&code, R10));
		}
	assert_true(found >= 2);
}

static void garbage(void **state)
{
	struct arch_code_around code = { .size = ARCH_CODE_AROUND };

	srand(1);
	for (unsigned int n = 0; n < 20000; n++) {
		code.size = n % ARCH_CODE_AROUND;
		for (size_t i = 0; i < code.size; i++)
			code.bytes[i] = (unsigned char)rand();
		code.at = n % 7;
		arch_argument_is_dead(&code, n % 6);
	}
}
#endif

int main(void)
{
#ifdef __x86_64__
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_of_code),
		cmocka_unit_test(loops),
		cmocka_unit_test(only_some_arguments),
		cmocka_unit_test(of_the_library),
		cmocka_unit_test(garbage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
#else
	return 0;
#endif
}
