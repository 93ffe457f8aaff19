/* SPDX-License-Identifier: LGPL-2.1-only */
#ifndef COMPEL_ARCH_AARCH64_REGISTERS_H
#define COMPEL_ARCH_AARCH64_REGISTERS_H

struct compel_registers {
	struct user_regs_struct native; /* NT_PRSTATUS */
	int64_t syscall_number;		/* NT_ARM_SYSTEM_CALL; -1: in none */
};

/* svc #0; b to itself: in e_entry, which a vdso has no use for. */
#define COMPEL_STUB_OFFSET 24
#define COMPEL_STUB_SIZE 8
#define COMPEL_SPIN_OFFSET 4
/* The same stub at this offset of every blob: its last system call is made there. */
#define COMPEL_BLOB_STUB 8
#define COMPEL_PAGE_MAX 65536UL

static inline uint64_t compel_ip(const struct compel_registers *registers)
{
	return registers->native.pc;
}

static inline void compel_set_ip(struct compel_registers *registers, uint64_t ip)
{
	registers->native.pc = ip;
}

static inline uint64_t compel_sp(const struct compel_registers *registers)
{
	return registers->native.sp;
}

static inline void compel_set_sp(struct compel_registers *registers, uint64_t sp)
{
	registers->native.sp = sp;
}

#define COMPEL_PSTATE_32BIT 0x10

/* Whether the thread runs 32 bit code. */
static inline bool compel_is_compat(const struct compel_registers *registers)
{
	return registers->native.pstate & COMPEL_PSTATE_32BIT;
}

/* Result of the last system call. */
static inline long compel_result(const struct compel_registers *registers)
{
	return (long)registers->native.regs[0];
}

static inline void compel_set_result(struct compel_registers *registers, long result)
{
	registers->native.regs[0] = (unsigned long)result;
}

/* Number of the system call the thread is in; negative: in none. */
static inline long compel_syscall_number(const struct compel_registers *registers)
{
	return (long)registers->syscall_number;
}

/* Whichever system call the thread was in is forgotten: the kernel will not restart it. */
static inline void compel_forget_syscall(struct compel_registers *registers)
{
	registers->syscall_number = -1;
}

/* Argument @n (0..5) of a system call. */
static inline uint64_t compel_syscall_argument(const struct compel_registers *registers, unsigned int n)
{
	return n < 6 ? registers->native.regs[n] : 0;
}

static inline void compel_set_syscall_argument(struct compel_registers *registers, unsigned int n, uint64_t value)
{
	if (n < 6)
		registers->native.regs[n] = value;
}

/* To execute a system call instruction. */
static inline void compel_set_syscall(struct compel_registers *registers, long number, const uint64_t arguments[6])
{
	for (unsigned int n = 0; n < 6; n++)
		registers->native.regs[n] = arguments[n];
	registers->native.regs[8] = (unsigned long)number;
}

/* To enter a blob. */
static inline void compel_set_entry(struct compel_registers *registers, const struct compel_entry *entry)
{
	registers->native.regs[0] = entry->command;
	registers->native.regs[1] = entry->argument;
	registers->native.regs[2] = entry->token;
	registers->native.regs[3] = entry->data;
	registers->native.regs[4] = entry->length;
	registers->native.regs[5] = entry->spin;
	registers->native.pstate &= ~0xc00UL; /* BTYPE: a landing pad is not wanted */
}

#endif
