/* SPDX-License-Identifier: LGPL-2.1-only */
/* What the files of libcompel share. */
#ifndef COMPEL_SRC_INTERNAL_H
#define COMPEL_SRC_INTERNAL_H

#include <compel/compel.h>

#include "compel/src/ledger.h"

/* The largest page of the architecture, which is right for smaller ones too. */
#define COMPEL_PAGE COMPEL_PAGE_MAX
#define COMPEL_STACK_SIZE (16UL << 10)
#define COMPEL_SCRATCH COMPEL_PAGE
#define COMPEL_FDS_MAX 256
#define COMPEL_ROUND(n) (((n) + COMPEL_PAGE - 1) & ~(COMPEL_PAGE - 1))
#define COMPEL_ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* struct compel_thread.state */
enum thread_state {
	THREAD_NEW,	/* seized, its first stop not seen yet */
	THREAD_STOPPED, /* in PTRACE_EVENT_STOP with registers of its own */
	THREAD_AWAY,	/* in PTRACE_EVENT_STOP with foreign registers */
	THREAD_RUNNING, /* foreign code runs */
	THREAD_SYSCALL, /* in the syscall-exit-stop of foreign code: the registers it had must not be put back here */
	THREAD_ASLEEP, /* not stopped: in a system call of its own, at whose end it stops */
	THREAD_GONE,
};

struct compel_injection {
	uint64_t code, code_size;
	uint64_t data, data_size;
	uint64_t scratch; /* one page of our own, behind the data */
	uint64_t calls;	  /* so far */
	bool writable;	  /* the data is; made so by the first call */
};

/* --- error.c --- */
/* Keeps the text of the failure and returns @error, a negative errno. */
__attribute__((format(printf, 2, 3))) int compel_fail(int error, const char *format, ...);
void compel_clear_error(void);
/* "pid 7" or "pid 7, thread 9"; a static buffer. */
const char *compel_thread_name(const struct compel_thread *thread);

/* --- clock.c --- */
uint64_t compel_now(void); /* CLOCK_MONOTONIC in nanoseconds */
#define COMPEL_TIMEOUT 10  /* seconds, where nobody says another */
#define COMPEL_SECOND 1000000000ULL
/* For one system call of foreign code, and for a thread to stop afterwards. */
#define COMPEL_PATIENCE (60 * COMPEL_SECOND)
/* Gives way to the other side, the longer the more often it was called. @round counts the calls. */
void compel_pause(unsigned int *round);

/* --- thread.c: one ptrace tracee --- */
struct thread_stop {
	int signal; /* SIGTRAP | 0x80: a syscall-stop */
	int event;  /* PTRACE_EVENT_STOP or 0 */
};
static inline bool thread_is_gone(const struct compel_thread *thread)
{
	return thread->dead || thread->state == THREAD_GONE;
}

/* Seizes and asks it to stop. -ESRCH: gone; -ENODATA: a zombie; -EBUSY, -EPERM with text. */
int thread_seize(struct compel_thread *thread);
bool thread_has_seccomp(struct compel_thread *thread);
/* Waits for the PTRACE_EVENT_STOP. -ESRCH: it died; -ETIME with text. */
int thread_wait_event_stop(struct compel_thread *thread, uint64_t deadline, int *ret_stop_signal);
int thread_wait(struct compel_thread *thread, uint64_t deadline, struct thread_stop *ret_stop);
/* Does not wait: 1 if there is a stop, 0 if not. */
int thread_look(struct compel_thread *thread, struct thread_stop *ret_stop);
int thread_resume(struct compel_thread *thread, int request, int signal);
int thread_get_registers(const struct compel_thread *thread, struct compel_registers *ret_registers);
int thread_set_registers(const struct compel_thread *thread, const struct compel_registers *registers);
int thread_get_blocked(const struct compel_thread *thread, uint64_t *ret_blocked);
int thread_set_blocked(const struct compel_thread *thread, uint64_t blocked);
ssize_t thread_get_extended(const struct compel_thread *thread, void *buffer, size_t size);
int thread_set_extended(const struct compel_thread *thread, const void *buffer, size_t size);
int thread_peek(const struct compel_thread *thread, uint64_t address, uint64_t *ret_word);
int thread_poke(const struct compel_thread *thread, uint64_t address, uint64_t word);
void thread_detach(struct compel_thread *thread);
/* Takes the tracer's share of a dead tracee away; a child of ours is left for its parent code to wait for. */
void thread_reap(struct compel_thread *thread);

/* --- reaper.c: dead tracees that hold up others --- */
/* A second thread of ours watches while threads of @process are seized. */
void reaper_start(struct compel_process *process);
void reaper_stop(void);
/* Around a system call that may block: the reaper may look at the process. */
void reaper_release(void);
void reaper_hold(void);
/* Reaps @tid if it is dead and ours to reap. */
bool reaper_take(pid_t tid);
/* Takes dead threads of @process away, but not its leader nor @except. */
void reaper_collect(struct compel_process *process, const struct compel_thread *except);

/* --- tidset.c: numbers seen already --- */
struct tidset;
int tidset_new(struct tidset **ret_set);
void tidset_free(struct tidset *set);
int tidset_add(struct tidset *set, pid_t tid); /* 1: added; 0: was there */

/* --- process.c --- */
/* Of a zombie all is known at once, see its state. @ahead: where there is one thread it is seized and asked to stop;
 * process_seize_threads() waits for it. */
int process_new(struct compel_ledger *ledger, pid_t pid, bool ahead,
		const struct compel_seize_options *options, struct compel_process **ret_process);
/* For repair: takes over slot @slot of the ledger instead of claiming one. */
int process_adopt(struct compel_ledger *ledger, unsigned int slot, struct compel_process **ret_process);
void process_free(struct compel_process *process);
/* Seizes all threads until no new one appears; fills in state and registers. -ESRCH: gone. */
int process_seize_threads(struct compel_process *process, uint64_t deadline);
/* Of a process that is frozen by its cgroup: seizes its threads, which stop when it is thawed. */
int process_seize_frozen(struct compel_process *process);
/* Lets threads that were stopped within the vdso run out of it. 1: some ran, and may have made other threads; 0, or
 * -errno. */
int process_leave_vdso(struct compel_process *process, uint64_t deadline);
struct compel_thread *process_live_thread(const struct compel_process *process);
int process_open_memory(struct compel_process *process);
void process_detach(struct compel_process *process);
/* SIGKILL, unless its pid means another process by now. */
void process_kill(const struct compel_process *process);
/* After process_kill(): until it is gone, a few seconds at most. */
void process_wait_dead(struct compel_process *process);

/* --- home.c: leaving and getting back to the state the thread had --- */
/* Before foreign registers are set: home goes to the ledger. @extended: foreign code may use vector registers. */
int home_save(struct compel_thread *thread, bool extended);
/* Sets foreign registers, blocks all signals. Home must be saved. */
int home_leave(struct compel_thread *thread, const struct compel_registers *registers);
/* To PTRACE_EVENT_STOP from wherever foreign code has it. */
int home_event_stop(struct compel_thread *thread);
/* Everything back, if home is saved; the thread is in PTRACE_EVENT_STOP afterwards. */
int home_return(struct compel_thread *thread);
/* Takes the thread, stopped anew by repair, for away if its IP is in a range of ours. */
bool home_is_foreign(const struct compel_process *process, uint64_t ip);
struct ledger_thread *home_slot(const struct compel_thread *thread);

/* --- restart.c --- */
/* Registers and mask of a thread that has just stopped. A system call that our stopping ended with EINTR, though
 * there is no signal, is made again. */
int thread_capture(struct compel_thread *thread);

/* --- rseq.c --- */
/* If the thread stopped inside a restartable sequence, the IP that it goes on with is that of the abort handler. */
void rseq_abort(struct compel_thread *thread);

/* What the blob leaves at the start of its stack; the token last. */
struct result_cell {
	int64_t value;
	uint64_t token;
};

/* --- dispatch.c: syscall user dispatch, which would take our system calls for those of a foreign system --- */
bool dispatch_read(struct compel_thread *thread, struct compel_dispatch *ret_dispatch); /* true: it is on */
int dispatch_switch_off(const struct compel_thread *thread);
/* @blocked without what must not be blocked while foreign code runs. */
uint64_t dispatch_let_through(const struct compel_thread *thread, uint64_t blocked);
/* Foreign code was stopped by @signal. 0: which is not its fault; it is resumed with the signal. */
int dispatch_judge(struct compel_thread *thread, int signal);

/* --- run.c: foreign code without stops --- */
/* 1: done; 0: not yet; -ESRCH: the process is gone. */
typedef int (*run_done_fn)(void *argument);
int run_start(struct compel_thread *thread);
/* Asks @done up to @rounds times; its answer, or -errno with text. */
int run_watch(struct compel_thread *thread, run_done_fn done, void *argument, unsigned int rounds);
/* To PTRACE_EVENT_STOP, with foreign registers. */
int run_stop(struct compel_thread *thread);

/* --- stub.c: system calls made by a thread --- */
/* Whether code of ours can be run in it. */
int stub_check(struct compel_thread *thread);
int stub_poke(struct compel_thread *thread);
/* The bytes of the page as they were; no thread may be on them. */
int stub_remove(struct compel_thread *thread);
int stub_syscall(struct compel_thread *thread, long number, const uint64_t arguments[6], long *ret_value);
/* Runs until the next syscall-stop. */
int thread_run_to_syscall_stop(struct compel_thread *thread);

bool is_restart(long value);

/* --- gate.c: threads under seccomp --- */
/* stub_syscall() and the start of a blob for them. The thread is set to @registers. */
int gate_syscall(struct compel_thread *thread, const struct compel_registers *registers, long *ret_value);
int gate_start(struct compel_thread *thread, const struct compel_registers *registers);

/* Whether the blob has reached the loop at its end. */
bool blob_is_at_end(const struct compel_thread *thread, const struct compel_registers *registers);

/* --- inject.c --- */
/* Before the kernel writes there, if no call has been made yet. */
int injection_make_writable(struct compel_thread *thread);

/* --- put-back.c --- */
/* All threads home, foreign mappings, descriptors and the stub gone. Does all it can, returns the first error. */
int process_put_back(struct compel_process *process);
/* The thread that does what is to be done: one that is away already, if there is one. NULL: none lives. */
struct compel_thread *process_worker(const struct compel_process *process);
struct ledger_process *process_slot(const struct compel_process *process);
/* One that was let go with SIGSTOP pending: until it has stopped, a second at most. */
void process_wait_stopped(const struct compel_process *process);

/* --- stop.c --- */
/* When all who could send one are stopped: a SIGSTOP that waits comes before anything else that the process does. */
void process_look_for_stop(struct compel_process *process);
/* To be called before process_put_back(): group-stop by process->stop_signal, or SIGSTOP. Not 0: it has not worked. */
int process_stop(struct compel_process *process);

/* --- memory.c --- */
int process_read(struct compel_process *process, uint64_t address, void *buffer, size_t length);
int process_write(struct compel_process *process, uint64_t address, const void *buffer, size_t length);

/* --- arch/: what the instruction set decides --- */
extern const uint8_t compel_stub_code[COMPEL_STUB_SIZE];
int arch_get_registers(pid_t tid, struct compel_registers *ret_registers);
int arch_set_registers(pid_t tid, const struct compel_registers *registers);
ssize_t arch_get_extended(pid_t tid, void *buffer, size_t size);
int arch_set_extended(pid_t tid, const void *buffer, size_t size);
/* System calls by names which architectures have in common, for the remote side. */
extern const long arch_nr_mmap, arch_nr_mprotect, arch_nr_munmap, arch_nr_close, arch_nr_socketpair,
	arch_nr_recvmsg;
/* Whether the kernel decides on a restart only after the stop in which registers are set. */
extern const bool arch_can_restart;
/* Whether a thread of 32 bit code can be made to run ours. */
extern const bool arch_runs_in_compat;
/* AUDIT_ARCH_* of a system call of 32 bit code. */
extern const uint32_t arch_audit_compat;
extern const long arch_compat_vfork, arch_compat_clone;
/* The same as restart.c says of native system calls, for the one of 32 bit code that @registers are in. */
bool arch_compat_repeats(const struct compel_registers *registers);
/* Where a signal frame keeps the instruction pointer, from the stack pointer at the entry of the handler; 0: unknown. */
extern const long arch_frame_ip;

#endif
