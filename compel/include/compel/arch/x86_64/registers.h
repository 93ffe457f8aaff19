/* SPDX-License-Identifier: LGPL-2.1-only */
#ifndef COMPEL_ARCH_X86_64_REGISTERS_H
#define COMPEL_ARCH_X86_64_REGISTERS_H

struct compel_registers {
	struct user_regs_struct native; /* as PTRACE_GETREGS gives them, for 32 bit code too */
};

/* Selectors of the segments that the kernel sets up for all (arch/x86/include/asm/segment.h). The one of the code
 * decides whether the processor runs it as 32 or as 64 bit code, in any process. */
#define COMPEL_CS_32 0x23
#define COMPEL_CS_64 0x33
#define COMPEL_SS 0x2b

/* jmp to the next instruction; syscall; pause; jmp to the pause: in EI_ABIVERSION and EI_PAD, bytes of the ELF header
 * which nobody reads. */
#define COMPEL_STUB_OFFSET 8
#define COMPEL_STUB_SIZE 8
#define COMPEL_SPIN_OFFSET 4
/* Stub and blob begin with a short jmp. With this as its second byte it jumps to itself: the gate is closed. */
#define COMPEL_GATE_CLOSED 0xfe
/* The same stub at this offset of every blob: its last system call is made there. */
#define COMPEL_BLOB_STUB 8
#define COMPEL_PAGE_MAX 4096UL

static inline uint64_t compel_ip(const struct compel_registers *registers)
{
	return registers->native.rip;
}

static inline void compel_set_ip(struct compel_registers *registers, uint64_t ip)
{
	registers->native.rip = ip;
}

static inline uint64_t compel_sp(const struct compel_registers *registers)
{
	return registers->native.rsp;
}

static inline void compel_set_sp(struct compel_registers *registers, uint64_t sp)
{
	registers->native.rsp = sp;
}

/* Whether the thread runs 32 bit code. */
static inline bool compel_is_compat(const struct compel_registers *registers)
{
	return registers->native.cs == COMPEL_CS_32;
}

/* Foreign code is 64 bit code, whatever the thread runs itself. */
static inline void compel_set_native(struct compel_registers *registers)
{
	registers->native.cs = COMPEL_CS_64;
	registers->native.ss = COMPEL_SS;
}

/* Result of the last system call, or -ERESTART* of an interrupted one. */
static inline long compel_result(const struct compel_registers *registers)
{
	return (long)registers->native.rax;
}

static inline void compel_set_result(struct compel_registers *registers, long result)
{
	registers->native.rax = (unsigned long)result;
}

/* Number of the system call the thread is in; negative: in none. */
static inline long compel_syscall_number(const struct compel_registers *registers)
{
	return (long)registers->native.orig_rax;
}

/* Whichever system call the thread was in is forgotten: the kernel will not restart it. */
static inline void compel_forget_syscall(struct compel_registers *registers)
{
	registers->native.orig_rax = (unsigned long)-1L;
}

/* Argument @n (0..5) of a system call. */
static inline uint64_t compel_syscall_argument(const struct compel_registers *registers, unsigned int n)
{
	const struct user_regs_struct *native = &registers->native;
	const uint64_t arguments[6] = { native->rdi, native->rsi, native->rdx,
					native->r10, native->r8,  native->r9 };
	const uint64_t of_compat[6] = { native->rbx, native->rcx, native->rdx,
					native->rsi, native->rdi, native->rbp };

	if (n >= 6)
		return 0;
	return compel_is_compat(registers) ? (uint32_t)of_compat[n] : arguments[n];
}

/* Of 64-bit code. */
static inline void compel_set_syscall_argument(struct compel_registers *registers, unsigned int n, uint64_t value)
{
	struct user_regs_struct *native = &registers->native;
	unsigned long long *const arguments[6] = { &native->rdi, &native->rsi, &native->rdx,
						   &native->r10, &native->r8,  &native->r9 };

	if (n < 6)
		*arguments[n] = value;
}

/* To execute a system call instruction. */
static inline void compel_set_syscall(struct compel_registers *registers, long number, const uint64_t arguments[6])
{
	struct user_regs_struct *native = &registers->native;

	native->rax = (unsigned long)number;
	native->rdi = arguments[0];
	native->rsi = arguments[1];
	native->rdx = arguments[2];
	native->r10 = arguments[3];
	native->r8 = arguments[4];
	native->r9 = arguments[5];
	compel_set_native(registers);
}

/* To enter a blob. */
static inline void compel_set_entry(struct compel_registers *registers, const struct compel_entry *entry)
{
	registers->native.rdi = entry->command;
	registers->native.rsi = entry->argument;
	registers->native.rdx = entry->token;
	registers->native.r8 = entry->data;
	registers->native.r9 = entry->length;
	registers->native.r10 = entry->spin;
	registers->native.eflags &= ~0x40500UL; /* AC, DF and TF: the ABI wants them clear */
	compel_set_native(registers);
}

#endif
