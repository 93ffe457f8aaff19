/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs from one processor to the next; the same file names in every criu/arch/<arch>/. */
#ifndef CRIU_ARCH_ARCH_H
#define CRIU_ARCH_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core.pb-c.h"
#include "cpuinfo.pb-c.h"

struct arena;
struct clone_args;
struct compel_registers;
struct timespec;

/* Highest user address plus one. */
uint64_t arch_task_size(void);

/* The name of this architecture in images. */
CoreEntry__March arch_machine(void);

/* Code of a thread, to find out which system call was interrupted; zeroes where it cannot be read. */
#define ARCH_CODE_BEFORE_IP 8
#define ARCH_CODE_BEFORE_RETURN 32
struct arch_code {
	unsigned char before_ip[ARCH_CODE_BEFORE_IP];
	unsigned char before_return[ARCH_CODE_BEFORE_RETURN]; /* of the function that it is in: arch_return_address() */
};

/* Where on the stack the thread has the address to return to, if its system calls are made by a function of the vdso;
 * 0: they are not. */
uint64_t arch_return_address(const struct compel_registers *registers);
/* The number of restart_syscall(2), which goes on with another call. */
long arch_restart_call(const struct compel_registers *registers);
/* Which system call the code made, if it loads the number right before the call. */
bool arch_number_from_code(const struct compel_registers *registers, const struct arch_code *code, long *ret_number);
/* Registers as ptrace gives them -> the thread_info of @core. @call: which call restart_syscall(2) would go on with, if
 * the thread is at one; 0: not known. @extended is the whole NT_X86_XSTATE (or like) area. */
int arch_dump_registers(struct arena *arena, const struct compel_registers *registers, long call,
			const void *extended, size_t extended_size, CoreEntry *core);
/* The system call that @core is about to make. */
long arch_call_at_ip(const CoreEntry *core);
/* Where the instruction is by which a thread that was interrupted in a system call makes it again. */
uint64_t arch_call_address(const struct compel_registers *registers);
/* For registers in front of a system call: another one instead; or the call has been made, with this result. */
void arch_set_call(struct compel_registers *registers, long number);
void arch_end_call(struct compel_registers *registers, long result);
/* Code around a system call, which is at @at. */
#define ARCH_CODE_AROUND 1024
struct arch_code_around {
	unsigned char bytes[ARCH_CODE_AROUND];
	size_t size, at;
};
/* Nobody sees after the call what its argument @argument (0..5) was: the register that held it is written, or the function
 * ends or calls another one, before it is read. false: it is read, or that cannot be told. */
bool arch_argument_is_dead(const struct arch_code_around *code, unsigned int argument);
/* Thread-local storage descriptors and the like, read by ptrace from the stopped thread @tid. */
int arch_dump_thread_area(struct arena *arena, pid_t tid, CoreEntry *core);
/* Address that the kernel clears when the thread exits; kept in the architecture's message. */
void arch_set_clear_tid(CoreEntry *core, uint64_t address);
uint64_t arch_get_clear_tid(const CoreEntry *core);

/* Is the message of this architecture there, and sound? -EINVAL with *@ret_reason. */
int arch_check_registers(const CoreEntry *core, const char **ret_reason);
/* Names of the registers that the thread uses and this processor lacks; NULL: none. Owned by @arena. */
const char *arch_missing_registers(struct arena *arena, const CoreEntry *core);
/* The reverse: what compel_set_home() wants. *@ret_extended_size is in: room, out: used; 0 = none. */
int arch_load_registers(const CoreEntry *core, struct compel_registers *ret_registers, void *ret_extended,
			size_t *ret_extended_size);
/* Extended state in @core for which the kernel makes room only when a thread first uses it: bits as in XCR0. */
uint64_t arch_late_features(const CoreEntry *core);
/* Into the stopped thread @tid, by ptrace. */
int arch_restore_thread_area(pid_t tid, const CoreEntry *core);

/* Where a thread's own memory starts, by which its C library finds it. 0 or -errno. */
int arch_thread_pointer(pid_t tid, const struct compel_registers *registers, uint64_t *ret_pointer);
/* Ends restartable sequences of the calling thread, whose memory will go. 0 or -errno. */
int arch_unregister_rseq(void);
/* futex(2) that leaves errno alone: the thread-local storage may be another's. */
long arch_futex(uint32_t *word, int operation, uint32_t value, const struct timespec *timeout);
/* clone3(2) on a stack of its own: the new process runs @main(@argument), which does not return. -errno: none. */
long arch_spawn(struct clone_args *args, uint64_t stack, void (*main)(void *), void *argument);

/* Calls the blob at @address on @stack with (@command, @argument); never comes back. */
void arch_enter_blob(uint64_t address, unsigned int command, void *argument, uint64_t stack)
	__attribute__((noreturn));

/* 0 when @core has none. */
uint64_t arch_get_ip(const CoreEntry *core);

/* A jump at address @from to @to. Returns its length, or 0: it does not reach so far. */
#define ARCH_VDSO_JUMP_SIZE 5
size_t arch_vdso_jump(uint8_t code[ARCH_VDSO_JUMP_SIZE], uint64_t from, uint64_t to);
/* Takes a thread that has done the first instructions of the function @entry back to it: @code is what stood there.
 * False: they are not known. */
bool arch_vdso_rewind(CoreEntry *core, uint64_t entry, const uint8_t code[ARCH_VDSO_JUMP_SIZE],
		      bool (*read_word)(void *context, uint64_t address, uint64_t *ret), void *context);

/* What this processor has; not @all: only what arch_compare_cpu() looks at. -ENOTSUP: not known on this architecture. */
int arch_read_cpu(struct arena *arena, bool all, CpuinfoEntry **ret);
/* Names to @report what @there has and @here lacks, of the groups in @what (set of enum cpu_capability). -EBADMSG:
 * @there is of another architecture. */
typedef void (*arch_report)(void *context, unsigned int group, const char *name);
int arch_compare_cpu(const CpuinfoEntry *there, const CpuinfoEntry *here, unsigned int what,
		     arch_report report, void *context);

/* --- 32-bit code (compat.c) --- */

/* Does the thread run 32-bit code? */
bool arch_thread_is_compat(const CoreEntry *core);
/* The native system call which does what call @number of 32-bit code does, and how large a struct timespec of it is; -1:
 * not known, or without a time. Not of 32-bit code: @number. */
long arch_native_call(bool compat, long number, size_t *ret_time_size);
/* For registers of 32-bit code in front of @instruction: to make the system call with these arguments. false: it is no
 * call, or they do not fit. */
bool arch_begin_compat_call(struct compel_registers *registers, uint16_t instruction, const uint64_t arguments[6]);
/* Robust futex list of 32-bit code of thread @tid, of which the native call knows nothing; 0: none. The kernel must
 * have 32-bit calls. */
int arch_get_compat_robust_list(pid_t tid, uint32_t *ret_head);
/* Length of its head, by which it is told in images. */
#define ARCH_COMPAT_ROBUST_LENGTH 12
/* open(2) as 32-bit code calls it: without O_LARGEFILE unless @flags have it. The descriptor or -errno. */
int arch_open_small(const char *path, int flags, int mode);
/* Maps vvar and vdso of 32-bit code from @address on, in a process that has none. */
int arch_map_compat_vdso(uint64_t address);

#endif
