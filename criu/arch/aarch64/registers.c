// SPDX-License-Identifier: GPL-2.0-only
/* aarch64 registers between ptrace and thread_info_aarch64. Kept are general registers, FP/SIMD, the thread pointer
 * and the keys of pointer authentication; a thread with live SVE or SME registers, or with a guarded control stack,
 * is refused. */
#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>

#include <asm/hwcap.h>
#include <asm/ptrace.h>
#include <compel/compel.h>

#include "criu/arch/arch.h"
#include "criu/util/arena.h"
#include "criu/util/macros.h"

#ifndef NT_ARM_PAC_ENABLED_KEYS
#define NT_ARM_PAC_ENABLED_KEYS 0x40a
#endif
#ifndef NT_ARM_SSVE
#define NT_ARM_SSVE 0x40b
#endif
#ifndef NT_ARM_ZA
#define NT_ARM_ZA 0x40c
#endif
#ifndef NT_ARM_GCS
#define NT_ARM_GCS 0x410 /* from 6.13 on */
#endif

#define GENERAL_WORDS 31
#define VECTOR_WORDS 64	 /* of v0 to v31, the lower half first */
#define TOP_PAGE 65536UL /* the largest there is */

/* --- address space --- */

static bool can_map(uint64_t address)
{
	void *at = mmap((void *)address, TOP_PAGE, PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED)
		return errno == EEXIST;
	munmap(at, TOP_PAGE);
	return (uint64_t)at == address;
}

/* Depends on page size and levels of tables of the kernel, and nowhere does it say which. */
uint64_t arch_task_size(void)
{
	static const int bits[] = { 52, 48, 47, 42, 39 };

	for (size_t i = 0; i < ARRAY_SIZE(bits); i++)
		if (can_map((1UL << bits[i]) - TOP_PAGE))
			return 1UL << bits[i];
	return 1UL << 36;
}

/* --- ptrace --- */

/* As much as the kernel has, up to @size. 0 where neither kernel nor processor know such registers. */
static ssize_t get_set(pid_t tid, unsigned int type, void *buffer, size_t size)
{
	struct iovec area = { buffer, size };

	if (ptrace(PTRACE_GETREGSET, tid, (unsigned long)type, &area) == 0)
		return (ssize_t)area.iov_len;
	return errno == EINVAL || errno == ENODEV ? 0 : -errno;
}

static int put_set(pid_t tid, unsigned int type, const void *buffer, size_t size)
{
	struct iovec area = { (void *)buffer, size };

	return ptrace(PTRACE_SETREGSET, tid, (unsigned long)type, &area) ? -errno : 0;
}

static bool has_pointer_authentication(void)
{
	return getauxval(AT_HWCAP) & HWCAP_PACA;
}

/* --- dump --- */

#define INSTRUCTION_LENGTH 4
/* "movz x8, #NUMBER" */
#define MOVZ_X8 0xd2800008U
#define MOVZ_MASK 0xffe0001fU

long arch_restart_call(const struct compel_registers *registers)
{
	return SYS_restart_syscall;
}

bool arch_number_from_code(const struct compel_registers *registers, const struct arch_code *code, long *ret_number)
{
	uint32_t instruction;

	memcpy(&instruction, code->before_ip + ARCH_CODE_BEFORE_IP - INSTRUCTION_LENGTH, sizeof(instruction));
	*ret_number = instruction >> 5 & 0xffff;
	return (instruction & MOVZ_MASK) == MOVZ_X8 && *ret_number != SYS_restart_syscall;
}

/* The kernel has rewound an interrupted call before anybody can look. Only one that goes on by restart_syscall(2)
 * would not find what it needs: it is made anew. */
static void adjust_interrupted_syscall(UserAarch64RegsEntry *general, long call)
{
	if (general->regs[8] == SYS_restart_syscall && call)
		general->regs[8] = call;
}

static UserAarch64RegsEntry *dump_general(struct arena *arena, const struct compel_registers *registers)
{
	UserAarch64RegsEntry *general = arena_new(arena, UserAarch64RegsEntry);

	user_aarch64_regs_entry__init(general);
	general->n_regs = GENERAL_WORDS;
	general->regs = arena_array(arena, uint64_t, GENERAL_WORDS);
	for (int i = 0; i < GENERAL_WORDS; i++)
		general->regs[i] = registers->native.regs[i];
	general->sp = registers->native.sp;
	general->pc = registers->native.pc;
	general->pstate = registers->native.pstate;
	return general;
}

static UserAarch64FpsimdContextEntry *dump_vectors(struct arena *arena, const struct user_fpsimd_struct *vectors)
{
	UserAarch64FpsimdContextEntry *entry = arena_new(arena, UserAarch64FpsimdContextEntry);

	user_aarch64_fpsimd_context_entry__init(entry);
	entry->n_vregs = VECTOR_WORDS;
	entry->vregs = arena_copy(arena, vectors->vregs, sizeof(vectors->vregs));
	entry->fpsr = vectors->fpsr;
	entry->fpcr = vectors->fpcr;
	return entry;
}

CoreEntry__March arch_machine(void)
{
	return CORE_ENTRY__MARCH__AARCH64;
}

long arch_call_at_ip(const CoreEntry *core)
{
	return (long)core->ti_aarch64->gpregs->regs[8];
}

void arch_set_call(struct compel_registers *registers, long number)
{
	registers->native.regs[8] = (uint64_t)number;
}

uint64_t arch_call_address(const struct compel_registers *registers)
{
	return compel_ip(registers) - INSTRUCTION_LENGTH;
}

void arch_end_call(struct compel_registers *registers, long result)
{
	registers->native.regs[0] = (uint64_t)result;
	registers->native.pc += INSTRUCTION_LENGTH;
}

int arch_dump_registers(struct arena *arena, const struct compel_registers *registers, long call,
			const void *extended, size_t extended_size, CoreEntry *core)
{
	ThreadInfoAarch64 *info = arena_new(arena, ThreadInfoAarch64);
	struct user_fpsimd_struct vectors;

	if (extended_size < sizeof(vectors))
		return -EIO;
	memcpy(&vectors, extended, sizeof(vectors));
	thread_info_aarch64__init(info);
	info->gpregs = dump_general(arena, registers);
	if (registers->syscall_number == SYS_restart_syscall)
		adjust_interrupted_syscall(info->gpregs, call);
	info->fpsimd = dump_vectors(arena, &vectors);
	core->mtype = arch_machine();
	core->ti_aarch64 = info;
	return 0;
}

/* Registers that images have no place for. */
static int refuse_further_registers(pid_t tid)
{
	static const unsigned int vectors[] = { NT_ARM_SVE, NT_ARM_SSVE };
	uint64_t stack_control[3] = {};
	struct user_sve_header header;
	ssize_t size;

	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		size = get_set(tid, vectors[i], &header, sizeof(header));
		if (size < 0)
			return (int)size;
		if (size == sizeof(header) && (header.flags & SVE_PT_REGS_MASK) == SVE_PT_REGS_SVE)
			return -EOPNOTSUPP;
	}
	/* Of the same form: it has contents only while the matrix is in use. */
	size = get_set(tid, NT_ARM_ZA, &header, sizeof(header));
	if (size == sizeof(header) && header.size > sizeof(header))
		return -EOPNOTSUPP;
	if (size >= 0)
		size = get_set(tid, NT_ARM_GCS, stack_control, sizeof(stack_control));
	if (size < 0)
		return (int)size;
	return stack_control[0] ? -EOPNOTSUPP : 0;
}

#define LOW(key) ((uint64_t)(key))
#define HIGH(key) ((uint64_t)((key) >> 64))
#define KEY(low, high) ((__uint128_t)(high) << 64 | (low))

static PacAddressKeys *dump_address_keys(struct arena *arena, const struct user_pac_address_keys *keys,
					 uint64_t enabled)
{
	PacAddressKeys *entry = arena_new(arena, PacAddressKeys);

	pac_address_keys__init(entry);
	entry->apiakey_lo = LOW(keys->apiakey);
	entry->apiakey_hi = HIGH(keys->apiakey);
	entry->apibkey_lo = LOW(keys->apibkey);
	entry->apibkey_hi = HIGH(keys->apibkey);
	entry->apdakey_lo = LOW(keys->apdakey);
	entry->apdakey_hi = HIGH(keys->apdakey);
	entry->apdbkey_lo = LOW(keys->apdbkey);
	entry->apdbkey_hi = HIGH(keys->apdbkey);
	entry->pac_enabled_key = enabled;
	return entry;
}

static PacGenericKeys *dump_generic_key(struct arena *arena, const struct user_pac_generic_keys *keys)
{
	PacGenericKeys *entry = arena_new(arena, PacGenericKeys);

	pac_generic_keys__init(entry);
	entry->apgakey_lo = LOW(keys->apgakey);
	entry->apgakey_hi = HIGH(keys->apgakey);
	return entry;
}

/* Return addresses on the stacks are signed with these keys. Kernels without CONFIG_CHECKPOINT_RESTORE hide them. */
static int dump_keys(struct arena *arena, pid_t tid, ThreadInfoAarch64 *info)
{
	struct user_pac_address_keys address;
	struct user_pac_generic_keys generic;
	uint64_t enabled = 0;
	ssize_t size;

	if (!has_pointer_authentication())
		return 0;
	size = get_set(tid, NT_ARM_PACA_KEYS, &address, sizeof(address));
	if (size != sizeof(address))
		return size < 0 ? (int)size : -EOPNOTSUPP;
	size = get_set(tid, NT_ARM_PAC_ENABLED_KEYS, &enabled, sizeof(enabled));
	if (size != sizeof(enabled))
		return size < 0 ? (int)size : -EOPNOTSUPP;
	info->pac_keys = arena_new(arena, PacKeys);
	pac_keys__init(info->pac_keys);
	info->pac_keys->pac_address_keys = dump_address_keys(arena, &address, enabled);
	size = get_set(tid, NT_ARM_PACG_KEYS, &generic, sizeof(generic));
	if (size == sizeof(generic))
		info->pac_keys->pac_generic_keys = dump_generic_key(arena, &generic);
	return size < 0 ? (int)size : 0;
}

int arch_dump_thread_area(struct arena *arena, pid_t tid, CoreEntry *core)
{
	ssize_t size = get_set(tid, NT_ARM_TLS, &core->ti_aarch64->tls, sizeof(core->ti_aarch64->tls));
	int error;

	if (size != sizeof(core->ti_aarch64->tls))
		return size < 0 ? (int)size : -EIO;
	error = refuse_further_registers(tid);
	return error < 0 ? error : dump_keys(arena, tid, core->ti_aarch64);
}

int arch_thread_pointer(pid_t tid, const struct compel_registers *registers, uint64_t *ret_pointer)
{
	ssize_t size = get_set(tid, NT_ARM_TLS, ret_pointer, sizeof(*ret_pointer));

	return size < 0 ? (int)size : 0;
}

void arch_set_clear_tid(CoreEntry *core, uint64_t address)
{
	core->ti_aarch64->clear_tid_addr = address;
}

uint64_t arch_get_clear_tid(const CoreEntry *core)
{
	return core->ti_aarch64->clear_tid_addr;
}

/* --- restore --- */

const char *arch_missing_registers(struct arena *arena, const CoreEntry *core)
{
	return NULL;
}

uint64_t arch_late_features(const CoreEntry *core)
{
	return 0;
}

int arch_check_registers(const CoreEntry *core, const char **ret_reason)
{
	const ThreadInfoAarch64 *info = core->ti_aarch64;
	const char *reason = NULL;

	if (core->mtype != CORE_ENTRY__MARCH__AARCH64 || !info)
		reason = "image is of another architecture";
	else if (info->gpregs->n_regs != GENERAL_WORDS)
		reason = "general registers are incomplete";
	else if (info->gpregs->pstate & PSR_MODE32_BIT)
		reason = "32-bit tasks cannot be restored by this build";
	else if (info->fpsimd->n_vregs != VECTOR_WORDS)
		reason = "vector registers are incomplete";
	else if (info->pac_keys && info->pac_keys->pac_address_keys && !has_pointer_authentication())
		reason = "this processor lacks pointer authentication, with which its return addresses are signed";
	if (!reason)
		return 0;
	*ret_reason = reason;
	return -EINVAL;
}

int arch_load_registers(const CoreEntry *core, struct compel_registers *ret_registers, void *ret_extended,
			size_t *ret_extended_size)
{
	const UserAarch64RegsEntry *general = core->ti_aarch64->gpregs;
	const UserAarch64FpsimdContextEntry *entry = core->ti_aarch64->fpsimd;
	struct user_fpsimd_struct vectors = { .fpsr = entry->fpsr, .fpcr = entry->fpcr };

	if (*ret_extended_size < sizeof(vectors))
		return -ENOBUFS;
	memcpy(vectors.vregs, entry->vregs, sizeof(vectors.vregs));
	memcpy(ret_extended, &vectors, sizeof(vectors));
	*ret_extended_size = sizeof(vectors);

	memset(ret_registers, 0, sizeof(*ret_registers));
	for (int i = 0; i < GENERAL_WORDS; i++)
		ret_registers->native.regs[i] = general->regs[i];
	ret_registers->native.sp = general->sp;
	ret_registers->native.pc = general->pc;
	ret_registers->native.pstate = general->pstate;
	/* The restart was worked into the registers at the dump; the kernel must not do it again. */
	ret_registers->syscall_number = -1;
	return 0;
}

static int restore_address_keys(pid_t tid, const PacAddressKeys *entry)
{
	const struct user_pac_address_keys keys = {
		.apiakey = KEY(entry->apiakey_lo, entry->apiakey_hi),
		.apibkey = KEY(entry->apibkey_lo, entry->apibkey_hi),
		.apdakey = KEY(entry->apdakey_lo, entry->apdakey_hi),
		.apdbkey = KEY(entry->apdbkey_lo, entry->apdbkey_hi),
	};
	int error = put_set(tid, NT_ARM_PACA_KEYS, &keys, sizeof(keys));

	return error < 0 ? error
			 : put_set(tid, NT_ARM_PAC_ENABLED_KEYS, &entry->pac_enabled_key,
				   sizeof(entry->pac_enabled_key));
}

static int restore_keys(pid_t tid, const PacKeys *keys)
{
	const uint64_t none = 0;
	int error;

	/* From a processor without: nothing is signed, so nothing may be verified. */
	if (!keys || !keys->pac_address_keys)
		return has_pointer_authentication() ? put_set(tid, NT_ARM_PAC_ENABLED_KEYS, &none, sizeof(none))
						    : 0;
	error = restore_address_keys(tid, keys->pac_address_keys);
	if (!error && keys->pac_generic_keys) {
		const struct user_pac_generic_keys generic = {
			.apgakey = KEY(keys->pac_generic_keys->apgakey_lo, keys->pac_generic_keys->apgakey_hi),
		};

		error = put_set(tid, NT_ARM_PACG_KEYS, &generic, sizeof(generic));
	}
	return error;
}

int arch_restore_thread_area(pid_t tid, const CoreEntry *core)
{
	const ThreadInfoAarch64 *info = core->ti_aarch64;
	int error = put_set(tid, NT_ARM_TLS, &info->tls, sizeof(info->tls));

	return error < 0 ? error : restore_keys(tid, info->pac_keys);
}
