// SPDX-License-Identifier: GPL-2.0-only
#include "criu/objects/shortened-call.h"

#include <time.h>

#include "criu/arch/arch.h"
#include "criu/objects/timed-call.h"

/* What the thread itself may use without moving its stack pointer, and a time. */
#define ROOM_BELOW_STACK (128 + sizeof(struct timespec))
#define PAGE 4096UL

/* As much as can be read. */
static void read_code(struct compel_process *process, uint64_t call, struct arch_code_around *ret)
{
	uint64_t begin = call - ARCH_CODE_AROUND / 2, end = call + ARCH_CODE_AROUND / 2;

	if (compel_read(process, begin, ret->bytes, ARCH_CODE_AROUND / 2) < 0)
		begin = call;
	if (compel_read(process, call, ret->bytes + (call - begin), end - call) < 0) {
		end = (call | (PAGE - 1)) + 1;
		if (end > call + ARCH_CODE_AROUND / 2 ||
		    compel_read(process, call, ret->bytes + (call - begin), end - call) < 0)
			end = call;
	}
	ret->at = call - begin;
	ret->size = end - begin;
}

bool shortened_call(struct compel_process *process, struct compel_registers *registers, uint64_t call,
		    long number, uint64_t rest)
{
	uint64_t value = (rest + MILLISECOND - 1) / MILLISECOND;
	struct arch_code_around code = {};
	struct timespec time;
	bool points;
	int argument = timed_call_time_argument(number, &points);

	read_code(process, call, &code);
	if (argument < 0 || !arch_argument_is_dead(&code, (unsigned int)argument))
		return false;
	if (points) {
		size_t size = timed_call_time(registers, number, rest, &time);

		value = (compel_sp(registers) - ROOM_BELOW_STACK) & ~15UL;
		if (compel_write(process, value, &time, size) < 0)
			return false;
	}
	compel_set_syscall_argument(registers, (unsigned int)argument, value);
	return true;
}
