// SPDX-License-Identifier: GPL-2.0-only
/* Code that takes the place of the first bytes of a vdso function. All of it leaves by the rules of the System V ABI. */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

#include "criu/arch/arch.h"
#include "criu/util/macros.h"

/* System calls with the same arguments. */
static const struct {
	const char *name;
	int number;
} calls[] = {
	{ "__vdso_clock_gettime", SYS_clock_gettime },
	{ "__vdso_clock_getres", SYS_clock_getres },
	{ "__vdso_gettimeofday", SYS_gettimeofday },
	{ "__vdso_time", SYS_time },
	{ "__vdso_getcpu", SYS_getcpu },
	{ "__vdso_getrandom", SYS_getrandom },
};

uint64_t arch_get_ip(const CoreEntry *core)
{
	return core->thread_info && core->thread_info->gpregs ? core->thread_info->gpregs->ip : 0;
}

size_t arch_vdso_jump(uint8_t *code, uint64_t from, uint64_t to)
{
	const size_t length = 5; /* jmp rel32 */
	int64_t distance = (int64_t)(to - from - length);
	int32_t relative = (int32_t)distance;

	if (relative != distance)
		return 0;
	code[0] = 0xe9;
	memcpy(code + 1, &relative, sizeof(relative));
	return length;
}

static size_t add(uint8_t *code, size_t at, const void *bytes, size_t length)
{
	memcpy(code + at, bytes, length);
	return at + length;
}

size_t arch_vdso_call(uint8_t *code, const char *name)
{
	/* mov $-ENOSYS, %rax; ret */
	static const uint8_t no_such_call[] = { 0x48, 0xc7, 0xc0, 0x100 - ENOSYS, 0xff, 0xff, 0xff, 0xc3 };
	/* cmp $-1, %r8; jne past no_such_call: the question for the size of a state, which the kernel does not know */
	static const uint8_t unless_query[] = { 0x49, 0x83, 0xf8, 0xff, 0x75, sizeof(no_such_call) };
	static const uint8_t call_and_return[] = { 0x0f, 0x05, 0xc3 };
	size_t at = 0;

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		if (strcmp(name, calls[i].name))
			continue;
		if (calls[i].number == SYS_getrandom) {
			at = add(code, at, unless_query, sizeof(unless_query));
			at = add(code, at, no_such_call, sizeof(no_such_call));
		}
		code[at++] = 0xb8; /* mov $number, %eax */
		at = add(code, at, &calls[i].number, sizeof(calls[i].number));
		return add(code, at, call_and_return, sizeof(call_and_return));
	}
	return add(code, at, no_such_call, sizeof(no_such_call));
}
