/* SPDX-License-Identifier: LGPL-2.1-only */
/* libcompel: freeze processes, run code inside them, and put everything back to the last register.
 *
 * All functions return 0 (or a count) or -errno. None prints; compel_last_error() tells in words what failed.
 * Nothing here is thread-safe: ptrace(2) ties a tracee to the thread that seized it.
 */
#ifndef COMPEL_COMPEL_H
#define COMPEL_COMPEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <compel/registers.h>

#ifdef __cplusplus
extern "C" {
#endif

#define COMPEL_API __attribute__((visibility("default")))

/* --- The ledger: what must be put back, in memory shared by the worker and its guardian --------------------
 *
 * Everything that changes a target is written here before it is done. If the worker dies (SIGKILL included) its
 * guardian calls compel_ledger_repair(). It is created before the fork that separates the two. */
struct compel_ledger;

enum compel_verdict {
	COMPEL_RESUME, /* put back and let run: the default, until somebody decides otherwise */
	COMPEL_KILL,   /* SIGKILL: a finished dump; a restore that is not committed */
	COMPEL_STOP,   /* put back and leave in group-stop (--leave-stopped) */
};

/* Room for @max_threads threads; memory is used only for those in use. Free with compel_ledger_free(). */
COMPEL_API int compel_ledger_new(unsigned int max_threads, struct compel_ledger **ret_ledger);
COMPEL_API void compel_ledger_free(struct compel_ledger *ledger);
/* One atomic store: what repair does with every process of the ledger from now on. */
COMPEL_API void compel_ledger_set_verdict(struct compel_ledger *ledger, enum compel_verdict verdict);
COMPEL_API enum compel_verdict compel_ledger_verdict(const struct compel_ledger *ledger);
/* Called by the process that outlives the worker: seizes what still runs foreign code, removes foreign mappings
 * and descriptors, puts registers and signal masks back and carries out the verdict; repeats until nothing is left.
 * Returns how many threads had to be put back, or -errno after doing all that could be done. */
COMPEL_API int compel_ledger_repair(struct compel_ledger *ledger);

/* For a process that holds back the end of the worker (PTRACE_O_TRACEEXIT), so that seccomp stays suspended: returns
 * when no thread of the ledger runs code of ours that makes system calls, after @timeout_sec at the latest. */
COMPEL_API void compel_ledger_wait_at_rest(const struct compel_ledger *ledger, unsigned int timeout_sec);

/* --- Frozen processes -------------------------------------------------------------------------------------- */

struct compel_thread {
	pid_t tid;
	/* State the thread had when it was seized. */
	struct compel_registers registers; /* general registers as PTRACE_GETREGSET gives them, orig_ax included */
	uint64_t blocked;		   /* PTRACE_GETSIGMASK: bit n-1 = signal n */
	bool dead;			   /* a thread that has exited: leader with live threads */
	/* private */
	struct compel_process *process;
	unsigned int slot;
	int state;
	int under_seccomp;    /* 1; -1: not; 0: not known yet. Who has read its status may set it */
	bool dispatch_untold; /* the kernel does not tell whether it has syscall user dispatch */
	uint64_t cell, token; /* of the call under way */
};

enum compel_process_state { COMPEL_ALIVE = 1, COMPEL_ZOMBIE = 2, COMPEL_STOPPED = 3 };

struct compel_process {
	pid_t pid, ppid;
	enum compel_process_state state;
	int stop_signal;	       /* COMPEL_STOPPED: the signal of the group-stop; else, if set
					* before a release with COMPEL_STOP: the one to stop it by */
	bool stop_pending;	       /* COMPEL_STOPPED by a SIGSTOP which it takes as soon as it runs */
	int exit_code;		       /* COMPEL_ZOMBIE: wait status */
	struct compel_thread *threads; /* leader first */
	unsigned int nr_threads;
	int pidfd;
	/* private */
	struct compel_ledger *ledger;
	struct compel_injection *injection;
	const struct compel_seize_options *options; /* while it is seized; may be NULL */
	unsigned int slot;
	int mem_fd;
};

struct compel_tree {
	struct compel_process **processes; /* parents before children; the root first */
	unsigned int nr_processes, nr_threads;
	struct compel_ledger *ledger;
	/* private */
	int (*freeze)(void *argument);
	void *argument;
};

struct compel_seize_options {
	unsigned int timeout_sec; /* for all of the tree; 0 = 10 */
	/* Called now and then while the tree is collected (progress); may be NULL. */
	void (*progress)(void *argument, unsigned int nr_processes, unsigned int nr_threads);
	void *argument;
	/* For a tree that stands frozen by its cgroup, in which no thread stops for us: all of it is seized, then @thaw is
	 * called and it stops at once. 0 or -errno, with which the seizing ends. NULL: it is not frozen. */
	int (*thaw)(void *argument, const struct compel_tree *tree);
	/* Called right before a thread is asked to stop, for what shows only while it runs or sleeps. May be NULL. */
	void (*look)(void *argument, pid_t tid);
	void *look_argument;
	/* Called at the release of the tree, unless it is killed, when everything is put back and nothing runs yet. */
	int (*freeze)(void *argument);
};

/* Seizes and stops @root, all its descendants and all their threads; processes and threads that appear meanwhile
 * too, until nothing new does. On failure everything seized runs on. -ETIME: a thread did not stop in time (the
 * text names it, its state and wchan); -EBUSY: a thread is traced already (the text names the tracer); -ESRCH. */
COMPEL_API int compel_seize_tree(struct compel_ledger *ledger, pid_t root,
				 const struct compel_seize_options *options, struct compel_tree **ret_tree);
/* One process with the threads it has; what restore uses for the tasks it made. */
COMPEL_API int compel_seize_process(struct compel_ledger *ledger, pid_t pid, unsigned int timeout_sec,
				    struct compel_process **ret_process);
/* The same in two parts, so that many can be asked to stop before the first is waited for. What was started must be
 * finished, or released with COMPEL_KILL. */
COMPEL_API int compel_seize_start(struct compel_ledger *ledger, pid_t pid, struct compel_process **ret_process);
COMPEL_API int compel_seize_finish(struct compel_process *process, unsigned int timeout_sec);
/* Whether seccomp is suspended for seized threads (PTRACE_O_SUSPEND_SECCOMP: CAP_SYS_ADMIN, and no filter of our own).
 * Without it nothing can be run in threads that are under seccomp. Known once a thread was seized. */
COMPEL_API bool compel_suspends_seccomp(void);

/* Lets the threads of a seized process run on, traced as before, and stops them again: the state that struct
 * compel_thread shows is that of the new stop. Nothing may have been done to the process in between or before. */
COMPEL_API int compel_run_process(struct compel_process *process);
COMPEL_API int compel_stop_process(struct compel_process *process, unsigned int timeout_sec);

/* Puts everything back that was changed and lets go according to @verdict. With COMPEL_RESUME a process that was
 * stopped when seized is left stopped. Frees @tree / @process. */
COMPEL_API int compel_release_tree(struct compel_tree *tree, enum compel_verdict verdict);
COMPEL_API int compel_release_process(struct compel_process *process, enum compel_verdict verdict);

/* --- State of a stopped thread ------------------------------------------------------------------------------ */

/* The xsave area (NT_X86_XSTATE; on aarch64 NT_PRFPREG) into @buffer; returns its length. */
COMPEL_API ssize_t compel_get_extended_registers(struct compel_thread *thread, void *buffer, size_t size);
/* What the thread is to run with once it is released, instead of what it had: restore's last act. Takes effect at
 * release (or at repair). @extended may be NULL. */
COMPEL_API int compel_set_home(struct compel_thread *thread, const struct compel_registers *registers,
			       const void *extended, size_t extended_size, uint64_t blocked);
/* The general registers of what compel_set_home() said. */
COMPEL_API int compel_get_home(const struct compel_thread *thread, struct compel_registers *ret_registers);
COMPEL_API int compel_change_home(struct compel_thread *thread, const struct compel_registers *registers);
/* The registers with which a thread that ran by itself is let go, and thread->registers. They differ from what it had in one
 * word at most, so that whoever looks at any moment finds all of them. */
COMPEL_API int compel_change_word(struct compel_thread *thread, const struct compel_registers *registers);
/* Syscall user dispatch of a thread: struct ptrace_sud_config of linux/ptrace.h; mode 0: off. */
struct compel_dispatch {
	uint64_t mode, selector, offset, length;
};
/* What the thread has while it is at home; -EIO: this kernel (before 6.4) does not tell. */
COMPEL_API int compel_get_dispatch(const struct compel_thread *thread, struct compel_dispatch *ret_dispatch);
COMPEL_API int compel_set_dispatch(const struct compel_thread *thread, const struct compel_dispatch *dispatch);
/* What it is to have once it is released with the registers of compel_set_home(). */
COMPEL_API int compel_set_home_dispatch(struct compel_thread *thread, const struct compel_dispatch *dispatch);
/* On kernels before 5.13, which do not tell where the rseq area of a thread is, but the caller knows: if the thread
 * stopped inside a restartable sequence, it is to go on at the abort handler. Before anything is run in it. */
COMPEL_API void compel_abort_sequence(struct compel_thread *thread, uint64_t area, uint32_t signature);
/* Sets the thread, whose home is given, to code at @ip with all signals blocked. Whichever system call it was in is
 * forgotten: should its tracer die, it is there that it goes on, until repair comes. */
COMPEL_API int compel_divert(struct compel_thread *thread, uint64_t ip);

/* [@address, @address + @length) is to be unmapped from the process before it is released. */
COMPEL_API int compel_add_unmap(struct compel_process *process, uint64_t address, uint64_t length);
/* The same range, but another process of the address space has it unmapped (compel_add_unmap), and is released after this
 * one: threads found in it are put back, nothing else. */
COMPEL_API int compel_add_foreign(struct compel_process *process, uint64_t address, uint64_t length);
/* Should we be killed before it is released, the repair leaves it stopped, whatever the verdict on the others. */
COMPEL_API int compel_set_stop(struct compel_process *process);

/* --- Memory and descriptors ---------------------------------------------------------------------------------- */

/* Whole transfers or -errno (-EIO for a short one). Protection of the target's pages does not matter. */
COMPEL_API int compel_read(struct compel_process *process, uint64_t address, void *buffer, size_t length);
COMPEL_API int compel_write(struct compel_process *process, uint64_t address, const void *buffer, size_t length);
/* A duplicate of descriptor @remote of the process, close-on-exec (pidfd_getfd). */
COMPEL_API int compel_get_fd(struct compel_process *process, int remote, int *ret_fd);
/* Installs a duplicate of @fd in the process, close-on-exec; *@ret_remote is its number there. It belongs to the
 * injection, which must exist: the cure closes it. */
COMPEL_API int compel_send_fd(struct compel_process *process, int fd, int *ret_remote);

/* --- Running code in a process --------------------------------------------------------------------------------- */

/* One system call, made by @thread. *@ret_value is what the kernel returned (-errno in the target's terms). */
COMPEL_API int compel_syscall(struct compel_thread *thread, long number, const uint64_t arguments[6],
			      long *ret_value);

/* Result of an interrupted system call that goes on by restart_syscall(2): -ERESTART_RESTARTBLOCK of the kernel. */
#define COMPEL_RESTART_BLOCK (-516L)

/* The same, but the call is interrupted as soon as it would sleep. If *@ret_value is COMPEL_RESTART_BLOCK, the
 * thread goes on with it by restart_syscall(2), whose deadline is that of the call just begun. */
COMPEL_API int compel_begin_syscall(struct compel_thread *thread, long number, const uint64_t arguments[6],
				    long *ret_value);
/* The same with the call in front of which @registers are, in code of the process itself. */
COMPEL_API int compel_begin_own_syscall(struct compel_thread *thread,
					const struct compel_registers *registers, long *ret_value);
/* A thread that was stopped in a call with result COMPEL_RESTART_BLOCK goes on with it: 1 it sleeps again, and has to
 * be stopped by compel_stop_sleep(); 0 the call has ended, and the thread is stopped with new registers. */
COMPEL_API int compel_resume_sleep(struct compel_thread *thread);
COMPEL_API int compel_stop_sleep(struct compel_thread *thread);

struct compel_blob {
	const void *code; /* position independent, entry at offset 0 */
	size_t size;
};

/* Maps @blob (read and execute) and @data_size bytes of private zeroed memory (read and write) behind it into the
 * process, both rounded up to pages, at @address, which must be free; 0 = choose a free place. */
COMPEL_API int compel_inject(struct compel_process *process, const struct compel_blob *blob, size_t data_size,
			     uint64_t address);
/* Address of the data area in the target; its last 16 KiB are the stack of the calls. 0 without injection. */
COMPEL_API uint64_t compel_data_address(const struct compel_process *process);
/* Calls the blob's entry in @thread: long entry(unsigned int command, void *argument), argument = data area +
 * @offset. *@ret_value is what it returned. Other threads stay stopped. */
COMPEL_API int compel_call(struct compel_thread *thread, unsigned int command, uint64_t offset, long *ret_value);
/* The same in two halves, so that threads of one process or of several run side by side. Each has a stack of its own,
 * which ends at @stack_end in the data area (a multiple of 64). The first call into an injection is made alone. */
COMPEL_API int compel_call_start(struct compel_thread *thread, unsigned int command, uint64_t offset,
				 uint64_t stack_end);
COMPEL_API int compel_call_finish(struct compel_thread *thread, long *ret_value);
/* Unmaps the blob and puts registers, mask and stub back; the process stays stopped. Called by release if needed. */
COMPEL_API int compel_cure(struct compel_process *process);

/* Why the last call failed, in words: "pid 12: is traced by pid 7 (gdb)". "" after a success. Owned by the library. */
COMPEL_API const char *compel_last_error(void);

#ifdef __cplusplus
}
#endif
#endif
