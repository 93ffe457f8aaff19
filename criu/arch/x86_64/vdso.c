// SPDX-License-Identifier: GPL-2.0-only
/* What stands at the entry of a vdso function, and a jump that takes its place. */
#include <stdbool.h>
#include <string.h>

#include "criu/arch/arch.h"
#include "criu/util/macros.h"

uint64_t arch_get_ip(const CoreEntry *core)
{
	return core->thread_info && core->thread_info->gpregs ? core->thread_info->gpregs->ip : 0;
}

size_t arch_vdso_jump(uint8_t code[ARCH_VDSO_JUMP_SIZE], uint64_t from, uint64_t to)
{
	int64_t distance = (int64_t)(to - from - ARCH_VDSO_JUMP_SIZE);
	int32_t relative = (int32_t)distance;

	if (relative != distance)
		return 0;
	code[0] = 0xe9; /* jmp rel32 */
	memcpy(code + 1, &relative, sizeof(relative));
	return ARCH_VDSO_JUMP_SIZE;
}

/* Registers of a thread on its way through a prologue. */
enum effect {
	NOTHING, /* but flags, and registers that hold no argument of a function of three */
	PUSHED_RBP,
	MOVED_RBP, /* the old value is where PUSHED_RBP has put it */
};

#define OF(...)             \
	{                   \
		__VA_ARGS__ \
	}

/* The instructions that compilers begin these functions with. */
static const struct {
	uint8_t bytes[4], mask[4];
	size_t length;
	enum effect effect;
} instructions[] = {
	{ OF(0xf3, 0x0f, 0x1e, 0xfa), OF(0xff, 0xff, 0xff, 0xff), 4, NOTHING }, /* endbr64 */
	{ OF(0x55), OF(0xff), 1, PUSHED_RBP },					/* push %rbp */
	{ OF(0x48, 0x89, 0xe5), OF(0xff, 0xff, 0xff), 3, MOVED_RBP },		/* mov %rsp, %rbp */
	{ OF(0x49, 0x89, 0xc1), OF(0xff, 0xff, 0xc7), 3, NOTHING },		/* mov ..., %r9 */
	{ OF(0x49, 0x89, 0xc2), OF(0xff, 0xff, 0xc6), 3, NOTHING },		/* mov ..., %r10 or %r11 */
	{ OF(0x41, 0x89, 0xc2), OF(0xff, 0xff, 0xc6), 3, NOTHING },		/* mov ..., %r10d or %r11d */
	{ OF(0x83, 0xf8), OF(0xff, 0xf8), 3, NOTHING },				/* cmp $..., ... */
	{ OF(0x89, 0xc0), OF(0xff, 0xc7), 2, NOTHING },				/* mov ..., %eax */
	{ OF(0x31, 0xc9), OF(0xff, 0xff), 2, NOTHING },				/* xor %ecx, %ecx */
};

static int find_instruction(const uint8_t *code, size_t room)
{
	for (size_t i = 0; i < ARRAY_SIZE(instructions); i++) {
		bool same = instructions[i].length <= room;

		for (size_t j = 0; same && j < sizeof(instructions[i].bytes); j++)
			same = !instructions[i].mask[j] ||
			       (code[j] & instructions[i].mask[j]) == instructions[i].bytes[j];
		if (same)
			return (int)i;
	}
	return -1;
}

bool arch_vdso_rewind(CoreEntry *core, uint64_t entry, const uint8_t code[ARCH_VDSO_JUMP_SIZE],
		      bool (*read_word)(void *context, uint64_t address, uint64_t *ret), void *context)
{
	UserX86RegsEntry *registers = core->thread_info->gpregs;
	uint64_t done = registers->ip - entry, frame;
	bool pushed = false, moved = false;
	size_t at = 0;

	while (at < done) {
		int found = find_instruction(code + at, ARCH_VDSO_JUMP_SIZE - at);

		if (found < 0 || (instructions[found].effect == MOVED_RBP && !pushed))
			return false;
		pushed = pushed || instructions[found].effect == PUSHED_RBP;
		moved = moved || instructions[found].effect == MOVED_RBP;
		at += instructions[found].length;
	}
	if (at != done || (moved && !read_word(context, registers->sp, &frame)))
		return false;
	if (moved)
		registers->bp = frame;
	if (pushed)
		registers->sp += sizeof(uint64_t);
	registers->ip = entry;
	return true;
}
