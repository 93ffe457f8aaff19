// SPDX-License-Identifier: GPL-2.0-only
/* Whether a register in which a system call has an argument is read after the call, before it is written anew. The code
 * is followed on all its ways until the function ends or calls another one; what is not known here counts as reading. It
 * knows what compilers make of functions around a system call, by the opcode map of the AMD64 Architecture Programmer's
 * Manual, volume 3, appendix A. */
#include "criu/arch/arch.h"

#include <string.h>

#include "criu/util/macros.h"

#define RDX 2
#define R8 8
#define R10 10
#define SYSCALL_LENGTH 2
#define NO_REGISTER (-1)
#define SIB_FOLLOWS 4
#define NO_BASE 5
#define NO_INDEX 4
#define IN_REGISTER 3 /* of the mod field: no memory */

enum after {
	GOES_ON,
	READS, /* or not known */
	WRITES,
	RETURNS,
	CALLS,
	JUMPS,
	BRANCHES,
};

/* How an opcode goes on, and what it does with its operands. */
#define MODRM 1
#define IMM8 2
#define IMM32 4	      /* 16 bits after an operand-size prefix */
#define TO_REG 8      /* the register of modrm is only written */
#define TO_RM 16      /* the other one is */
#define IN_OPCODE 32  /* the low bits of the opcode name a register */
#define TO_OPCODE 64  /* which is only written */
#define VECTOR 128    /* registers of modrm are others than these */
#define TEST_IMM 256  /* an immediate with the first two of the group */
#define XOR_SELF 512  /* written when both are the same */
#define IMM_WIDE 1024 /* 64 bits with REX.W */
#define MOV 2048      /* only the first of the group is known */
#define UNKNOWN 4096

struct instruction {
	const uint8_t *code;
	size_t at, end;
	bool is_narrow;
	unsigned int rex;
	unsigned int mod, reg, rm;
	int base, index; /* of memory */
	int64_t relative;
};

static bool take(struct instruction *insn, uint8_t *ret)
{
	if (insn->at >= insn->end)
		return false;
	*ret = insn->code[insn->at++];
	return true;
}

static bool take_signed(struct instruction *insn, size_t size, int64_t *ret)
{
	uint64_t value = 0;

	if (insn->end - insn->at < size)
		return false;
	memcpy(&value, insn->code + insn->at, size);
	insn->at += size;
	*ret = (int64_t)(value << (64 - 8 * size)) >> (64 - 8 * size);
	return true;
}

/* Prefixes: operand size, repetition (as part of an opcode, and endbr64), segments. */
static bool take_opcode(struct instruction *insn, uint8_t *ret)
{
	while (take(insn, ret)) {
		if (*ret == 0x66)
			insn->is_narrow = true;
		else if ((*ret & 0xf0) == 0x40)
			insn->rex = *ret;
		else if (*ret != 0xf2 && *ret != 0xf3 && *ret != 0x64 && *ret != 0x65 && *ret != 0x2e && *ret != 0x3e)
			return true;
	}
	return false;
}

static bool take_memory(struct instruction *insn)
{
	uint8_t sib = 0;
	int64_t ignored;
	size_t displacement = insn->mod == 1 ? 1 : insn->mod == 2 ? 4 : 0;

	insn->base = (int)(insn->rm | (insn->rex & 1) << 3);
	if (insn->rm == SIB_FOLLOWS) {
		if (!take(insn, &sib))
			return false;
		insn->base = (sib & 7) | (insn->rex & 1) << 3;
		insn->index = (sib >> 3 & 7) | (insn->rex & 2) << 2;
		if (insn->index == NO_INDEX)
			insn->index = NO_REGISTER;
	}
	if (insn->mod == 0 && (insn->base & 7) == NO_BASE) {
		insn->base = NO_REGISTER; /* an address of 32 bits, alone or from rip on */
		displacement = 4;
	}
	return !displacement || take_signed(insn, displacement, &ignored);
}

static bool take_modrm(struct instruction *insn)
{
	uint8_t modrm;

	if (!take(insn, &modrm))
		return false;
	insn->mod = modrm >> 6;
	insn->reg = (modrm >> 3 & 7) | (insn->rex & 4) << 1;
	insn->rm = modrm & 7;
	if (insn->mod != IN_REGISTER)
		return take_memory(insn);
	insn->rm |= (insn->rex & 1) << 3;
	return true;
}

static unsigned int shape_of_one(uint8_t opcode)
{
	switch (opcode) {
	case 0x00 ... 0x3f:
		switch (opcode & 7) {
		case 0 ... 3:
			return opcode >> 3 == 6 ? MODRM | XOR_SELF : MODRM;
		case 4:
			return IMM8;
		case 5:
			return IMM32;
		}
		return UNKNOWN;
	case 0x50 ... 0x57:
	case 0x90: /* nop is xchg of rax with itself */
		return IN_OPCODE;
	case 0x58 ... 0x5f:
		return TO_OPCODE;
	case 0x63: /* movsxd */
	case 0x8b:
	case 0x8d: /* lea */
		return MODRM | TO_REG;
	case 0x68:
	case 0xa9:
		return IMM32;
	case 0x6a:
	case 0xa8:
		return IMM8;
	case 0x69:
	case 0x81:
		return MODRM | IMM32;
	case 0x6b:
	case 0x80:
	case 0x83:
	case 0xc0 ... 0xc1:
		return MODRM | IMM8;
	case 0xc6:
		return MODRM | MOV | IMM8;
	case 0x84 ... 0x88:
	case 0x8a:
	case 0xd1:
	case 0xd3:
	case 0xfe:
		return MODRM;
	case 0x89:
		return MODRM | TO_RM;
	case 0x98 ... 0x99: /* cltq, cqto: of rdx it is not told that it is written */
	case 0xc9:	    /* leave */
		return 0;
	case 0xb0 ... 0xb7:
		return IN_OPCODE | IMM8;
	case 0xb8 ... 0xbf:
		return TO_OPCODE | IMM_WIDE;
	case 0xc7:
		return MODRM | MOV | TO_RM | IMM32;
	case 0xf6:
		return MODRM | TEST_IMM | IMM8;
	case 0xf7:
		return MODRM | TEST_IMM | IMM32;
	}
	return UNKNOWN;
}

/* Of those behind 0x0f. */
static unsigned int shape_of_two(uint8_t opcode)
{
	switch (opcode) {
	case 0x18 ... 0x1f: /* nop, endbr64 */
	case 0x10 ... 0x11: /* moves of vectors, pxor */
	case 0x28 ... 0x29:
	case 0x57:
	case 0x6f:
	case 0x7f:
	case 0xef:
		return MODRM | VECTOR;
	case 0x40 ... 0x4f: /* cmov */
	case 0x90 ... 0x9f: /* set */
	case 0xa3:	    /* bit tests */
	case 0xab:
	case 0xb3:
	case 0xbb:
	case 0xaf:	    /* imul */
	case 0xb0 ... 0xb1: /* cmpxchg, of rax */
	case 0xc0 ... 0xc1: /* xadd */
		return MODRM;
	case 0xba:
		return MODRM | IMM8;
	case 0xb6 ... 0xb7: /* movzx, movsx */
	case 0xbe ... 0xbf:
		return MODRM | TO_REG;
	}
	return UNKNOWN;
}

/* What it does to register @reg, once all of it is read. */
static enum after effect(const struct instruction *insn, uint8_t opcode, unsigned int shape, int reg)
{
	bool writes = !insn->is_narrow;
	int of_opcode = (int)((opcode & 7) | (insn->rex & 1) << 3);

	if (shape & (IN_OPCODE | TO_OPCODE) && of_opcode == reg)
		return shape & TO_OPCODE && writes ? WRITES : READS;
	if (!(shape & MODRM))
		return GOES_ON;
	if (insn->base == reg || insn->index == reg)
		return READS;
	if (shape & VECTOR)
		return GOES_ON;
	/* mul and div have rdx for an operand. */
	if (shape & TEST_IMM && (insn->reg & 7) >= 4 && reg == RDX)
		return READS;
	if (insn->mod == IN_REGISTER && (int)insn->reg == reg && insn->rm == insn->reg)
		return shape & XOR_SELF && opcode & 1 && writes ? WRITES : READS;
	if (insn->mod == IN_REGISTER && (int)insn->rm == reg)
		return shape & TO_RM && writes ? WRITES : READS;
	if ((int)insn->reg == reg && !(shape & TEST_IMM))
		return shape & TO_REG && writes ? WRITES : READS;
	return GOES_ON;
}

static enum after decode_operands(struct instruction *insn, uint8_t opcode, unsigned int shape, int reg)
{
	bool has_immediate = true;
	size_t wide = shape & IMM_WIDE && insn->rex & 8 ? 8 : insn->is_narrow ? 2 : 4;
	int64_t ignored;

	if (shape & UNKNOWN || (shape & MODRM && !take_modrm(insn)))
		return READS;
	if (shape & MOV && insn->reg & 7)
		return READS;
	if (shape & TEST_IMM)
		has_immediate = (insn->reg & 7) < 2;
	if (has_immediate && shape & IMM8 && !take_signed(insn, 1, &ignored))
		return READS;
	if (has_immediate && shape & (IMM32 | IMM_WIDE) && !take_signed(insn, wide, &ignored))
		return READS;
	return effect(insn, opcode, shape, reg);
}

static enum after relative(struct instruction *insn, size_t size, enum after kind)
{
	return take_signed(insn, size, &insn->relative) ? kind : READS;
}

static enum after decode_two(struct instruction *insn, int reg)
{
	uint8_t opcode;

	if (!take(insn, &opcode))
		return READS;
	if (opcode == 0x0b) /* ud2 */
		return RETURNS;
	if (opcode >= 0x80 && opcode <= 0x8f)
		return relative(insn, 4, BRANCHES);
	return decode_operands(insn, opcode, shape_of_two(opcode), reg);
}

/* call, inc, dec and push; a jump to somewhere may be anything. */
static enum after decode_group_5(struct instruction *insn, int reg)
{
	unsigned int kind;

	if (!take_modrm(insn))
		return READS;
	kind = insn->reg & 7;
	if (kind == 3 || kind == 4 || kind == 5 || kind == 7)
		return READS;
	if (insn->base == reg || insn->index == reg || (insn->mod == IN_REGISTER && (int)insn->rm == reg))
		return READS;
	return kind == 2 ? CALLS : GOES_ON;
}

static enum after decode(struct instruction *insn, int reg)
{
	uint8_t opcode;

	if (!take_opcode(insn, &opcode))
		return READS;
	switch (opcode) {
	case 0x0f:
		return decode_two(insn, reg);
	case 0x70 ... 0x7f:
		return relative(insn, 1, BRANCHES);
	case 0xeb:
		return relative(insn, 1, JUMPS);
	case 0xe9:
		return relative(insn, 4, JUMPS);
	case 0xe8:
		return relative(insn, 4, CALLS);
	case 0xc2 ... 0xc3:
		return RETURNS;
	case 0xff:
		return decode_group_5(insn, reg);
	}
	return decode_operands(insn, opcode, shape_of_one(opcode), reg);
}

struct walk {
	const struct arch_code_around *code;
	int reg;
	bool visited[ARCH_CODE_AROUND];
	uint16_t pending[ARCH_CODE_AROUND];
	unsigned int nr_pending;
};

static bool add(struct walk *walk, int64_t at)
{
	if (at < 0 || at >= (int64_t)walk->code->size)
		return false;
	if (!walk->visited[at]) {
		walk->visited[at] = true;
		walk->pending[walk->nr_pending++] = (uint16_t)at;
	}
	return true;
}

static bool step(struct walk *walk, size_t at)
{
	struct instruction insn = {
		.code = walk->code->bytes, .at = at, .end = walk->code->size, .base = NO_REGISTER, .index = NO_REGISTER
	};

	switch (decode(&insn, walk->reg)) {
	case READS:
		return false;
	case WRITES:
	case RETURNS:
		return true;
	case CALLS: /* the others may be arguments */
		return walk->reg == R10;
	case JUMPS:
		return add(walk, (int64_t)insn.at + insn.relative);
	case BRANCHES:
		return add(walk, (int64_t)insn.at + insn.relative) && add(walk, (int64_t)insn.at);
	case GOES_ON:
		return add(walk, (int64_t)insn.at);
	}
	return false;
}

bool arch_argument_is_dead(const struct arch_code_around *code, unsigned int argument)
{
	static const int registers[] = { NO_REGISTER, NO_REGISTER, RDX, R10, R8 };
	struct walk walk = { .code = code };

	if (argument >= ARRAY_SIZE(registers) || registers[argument] == NO_REGISTER)
		return false;
	walk.reg = registers[argument];
	if (!add(&walk, (int64_t)code->at + SYSCALL_LENGTH))
		return false;
	while (walk.nr_pending)
		if (!step(&walk, walk.pending[--walk.nr_pending]))
			return false;
	return true;
}
