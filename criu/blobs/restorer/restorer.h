/* SPDX-License-Identifier: GPL-2.0-only */
/* The arguments of the restorer blob: one arena behind its code, offsets from the arena's start instead of
 * pointers. Filled in the new process by the kinds (plan_task, plan_thread), used by the blob's table of steps. */
#ifndef CRIU_BLOBS_RESTORER_RESTORER_H
#define CRIU_BLOBS_RESTORER_RESTORER_H

#include <stdint.h>

#include "criu/blobs/controls.h"

#define RESTORER_NODES_MAX 1024

/* A mapping to be put into place. */
struct restorer_mapping {
	uint64_t start, length;
	uint64_t staging; /* moved from there; 0: mapped from @fd (or anonymous) at once */
	uint64_t offset;
	uint64_t madvise; /* bit n: madvise(MADV_n) */
	uint32_t prot, flags;
	int32_t fd;
	int32_t lock;	  /* mlock it: enum restorer_lock_kind */
	uint64_t segment; /* bytes of System V segment @fd, which is attached; 0: it is none */
	uint32_t read_only;
	uint32_t cornered; /* the kernel chooses the place: it is given no choice */
};

enum restorer_lock_kind { RESTORER_UNLOCKED, RESTORER_LOCKED, RESTORER_LOCKED_ON_FAULT };

/* Kinds of mappings that few have: lists of their own. */
struct restorer_memory_name {
	uint64_t start, length;
	char name[80];
};

/* Pages that fault, in memory that is not gathered before. */
struct restorer_memory_guard {
	uint64_t start, length;
};

struct restorer_memory_policy {
	uint64_t start, length;
	uint64_t nodes[16];
	uint32_t mode;
	uint32_t pad;
};

/* Buffers of an io_uring: offsets of struct iovec[], and of uint64_t[] if they have tags. */
struct restorer_ring_buffers {
	int32_t fd;
	uint32_t nr, buffers, tags;
};

/* An io_uring of a thread: to be bound to it and brought forward by no-ops, or a number for it. */
struct restorer_ring {
	int32_t fd, number;		 /* -1: none */
	uint32_t bound, step, read, all; /* completions that were read, and all of them */
	uint32_t tail, head;		 /* where those are that are moved forward */
};

/* Memory registered with a userfaultfd: offsets of pairs of uint64_t, start and end of runs of pages. */
struct restorer_fault_area {
	uint64_t start, length, mode;
	int32_t fd;
	uint32_t protected, nr_protected;
	uint32_t mapped, nr_mapped, pad;
};

/* An AIO context; the memory at @address is that of the old ring. */
struct restorer_aio {
	uint64_t address, length;
	uint32_t requests, pad;
};

struct restorer_memory_key {
	uint64_t start, length;
	uint32_t prot, key;
};

struct restorer_sigaction {
	uint64_t handler, flags, restorer, mask;
};

struct restorer_siginfo {
	uint8_t bytes[128];
};

struct restorer_itimer {
	int64_t interval_sec, interval_usec, value_sec, value_usec;
};

struct restorer_posix_timer {
	int32_t id, clock, notify, signal;
	uint64_t value;
	int32_t notify_tid, overrun;
	int64_t interval_sec, interval_nsec, value_sec, value_nsec;
};

/* A registration by mq_notify. */
struct restorer_notice {
	uint64_t value;
	int32_t fd, notify, signal, pad; /* signal of SIGEV_THREAD: a descriptor */
	uint8_t cookie[32];		 /* sent to that */
};

/* A POSIX lock; length 0: to the end of the file, however long it gets. */
struct restorer_lock {
	int64_t start, length;
	int32_t fd;
	int16_t type; /* F_RDLCK, F_WRLCK */
};

struct restorer_limit {
	uint64_t soft, hard;
};

struct restorer_credentials {
	uint32_t uid, gid, euid, egid, suid, sgid, fsuid, fsgid;
	uint32_t inheritable[2], permitted[2], effective[2], bounding[2], ambient[2];
	uint32_t securebits;
	uint32_t no_new_privs;
	uint32_t groups, nr_groups; /* offset of u32 gid[] */
	uint32_t last_cap;
};

/* One seccomp filter: offset of struct sock_filter[]. */
struct restorer_filter {
	uint32_t code, length, flags;
};

/* A number in a table of a thread, filled from the service range. */
struct restorer_fd {
	int32_t service, fd;
	uint32_t cloexec;
};

/* Tasks that share a descriptor table: futexes. */
struct restorer_table {
	uint32_t ready;	 /* of those who borrow it: they need no service descriptor any more */
	uint32_t placed; /* 1: it is as it has to be */
};

/* A host and its guests, tasks that live in its address space: futexes. */
struct restorer_house {
	uint32_t entered;  /* guests that have come into the blob: the old memory is not needed any more */
	uint32_t complete; /* 1: so is the new */
};

struct restorer_thread {
	int32_t tid;
	uint32_t creator;     /* index of the thread that makes it */
	uint32_t unshared;    /* CLONE_FILES, CLONE_FS: what it does not share with that one */
	uint32_t parts;	      /* it sets up a table or directories of its own */
	uint32_t fds, nr_fds; /* offset of struct restorer_fd[], by number; only with a table of its own */
	int32_t own_table;
	int32_t cwd_fd, root_fd; /* -1: as its creator has them */
	uint32_t umask;
	int32_t exits, exit_status; /* a leader that has exited */
	char comm[16];
	uint64_t robust_list, robust_list_length;
	uint64_t compat_robust_list, compat_robust_list_length; /* of 32-bit code */
	uint64_t clear_child_tid;
	uint64_t altstack_sp, altstack_size;
	uint32_t altstack_flags;
	uint64_t rseq, rseq_signature;
	uint32_t rseq_size;
	int32_t pdeath_signal;
	uint32_t personality;
	uint64_t late_features; /* state that the kernel makes room for at its first use */
	int32_t numa_mode;	/* set_mempolicy(2) */
	uint64_t numa_nodes[RESTORER_NODES_MAX / 64];
	int64_t controls[THREAD_CONTROLS]; /* values or CONTROL_LEAVE */
	struct restorer_credentials credentials;
	uint32_t rings, nr_rings; /* offset of struct restorer_ring[] */
	uint32_t filters, nr_filters; /* its own seccomp filters: offset of struct restorer_filter[], the oldest first */
	uint32_t seccomp_strict;
	uint32_t signals, nr_signals; /* private queue: offset of struct restorer_siginfo[] */
	uint64_t stack;		      /* top of the stack it uses in the blob; absolute */
};

struct restorer_task {
	/* the arena */
	uint64_t base, size;		     /* of blob and arena together; nothing else of ours survives */
	uint64_t staging_start, staging_end; /* kept while old mappings are removed; may be empty */
	uint64_t task_size;		     /* end of user addresses */
	uint64_t shared;		     /* address of struct restorer_shared, mapped within base..size */
	int32_t pid;
	uint32_t threads, nr_threads;	/* offset of struct restorer_thread[]; [0] = leader */
	uint32_t mappings, nr_mappings; /* offset of struct restorer_mapping[], by address */
	uint32_t service_fd_base;	/* closed from here on, after mapping */
	uint64_t house;	       /* address of struct restorer_house; 0: it is alone in its address space */
	uint32_t nr_guests;    /* 0 in guests */
	int32_t table;	       /* its number among the shared tables, -1: it is not shared */
	uint32_t nr_borrowers; /* others who share it, when it is ours to set up; 0: we borrow it */
	uint32_t nr_parting, parted; /* threads that set up something of their own, and how many have done so; futex */
	uint32_t locks, nr_locks; /* offset of struct restorer_lock[] */
	/* the address space */
	uint64_t vdso_start;  /* lowest address of vvar and vdso; 0: none */
	uint32_t vdso_compat; /* for 32-bit code */
	uint64_t start_code, end_code, start_data, end_data, start_brk, brk, start_stack;
	uint64_t arg_start, arg_end, env_start, env_end;
	uint32_t auxv, auxv_size;		/* offset, bytes */
	uint32_t ring_buffers, nr_ring_buffers; /* offset of struct restorer_ring_buffers[] */
	uint32_t fault_areas, nr_fault_areas;	/* offset of struct restorer_fault_area[] */
	uint32_t holds_off_huge_pages;		/* until those are registered */
	uint32_t aios, nr_aios;			/* offset of struct restorer_aio[] */
	uint32_t guards, nr_guards;		/* offset of struct restorer_memory_guard[] */
	uint32_t names, nr_names;		/* offset of struct restorer_memory_name[] */
	uint32_t policies, nr_policies;		/* offset of struct restorer_memory_policy[] */
	uint32_t key_users, nr_key_users;	/* offset of struct restorer_memory_key[] */
	uint32_t keys;				/* bit n: key n is allocated */
	uint32_t hidden_key;			/* of memory that can be executed only; 0: none */
	uint32_t lock_future;			/* flags of mlockall() */
	int32_t exe_fd;
	int32_t dumpable, child_subreaper;
	int64_t controls[TASK_CONTROLS]; /* values or CONTROL_LEAVE */
	uint32_t membarrier;
	/* signals and timers */
	struct restorer_sigaction actions[64];
	uint64_t compat_actions; /* bit n: actions[n] is of 32-bit code */
	struct restorer_itimer itimers[3];
	uint32_t timers, nr_timers;   /* offset of struct restorer_posix_timer[] */
	uint32_t notices, nr_notices; /* of message queues */
	uint32_t signals, nr_signals; /* shared queue */
	struct restorer_limit limits[16];
	/* which limits differ from what the task has, bit n = RLIMIT n */
	uint32_t set_limits;
	uint32_t threads_queued; /* futex: threads that have their pending signals */
	uint32_t threads_done;	 /* futex: threads that have done their steps */
	uint32_t ends_under_seccomp;
	uint32_t filters, nr_filters; /* seccomp filters of all threads, the oldest first */
	uint32_t filters_done;	      /* futex: these are installed */
};

/* After all steps of steps.def. */
#define RESTORER_LAST_STEP "dumpable flag cannot be set"

enum restorer_step {
	RESTORER_NO_STEP,
#define TASK_STEP(name, text) RESTORER_STEP_##name,
#define THREAD_STEP(name, text) RESTORER_STEP_##name,
#include "criu/blobs/restorer/steps.def"
	RESTORER_STEP_set_dumpable,
};

/* Shared by all tasks of a restore and the process that runs it. Counters are futexes. */
struct restorer_shared {
	uint32_t failed; /* set by whoever fails first: everybody leaves */
	uint32_t parked; /* threads that wait for the handover */
	uint32_t gated;	 /* threads that wait to be seized before they come under seccomp */
	uint32_t gate;	 /* 1: they are */
	uint32_t never;	 /* what parked threads sleep on */
	uint32_t leave;	 /* 1: leaders that had exited do so again */
	int32_t error;	 /* of the first failure in a blob: -errno */
	int32_t error_pid;
	uint32_t error_step;  /* number in the blob's table */
	uint64_t error_value; /* address, id: what the step worked on */
	struct restorer_table tables[];
};

#endif
