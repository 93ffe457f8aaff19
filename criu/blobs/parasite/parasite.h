/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parasite is asked and what it answers: state that the kernel tells only the task itself. Shared by the
 * blob and its host; plain fixed-size fields, no pointers. */
#ifndef CRIU_BLOBS_PARASITE_PARASITE_H
#define CRIU_BLOBS_PARASITE_PARASITE_H

#include <stdint.h>

#include "criu/blobs/controls.h"

enum parasite_command {
	PARASITE_TASK = 1,    /* argument: struct parasite_task */
	PARASITE_THREAD,      /* argument: struct parasite_thread */
	PARASITE_TIMERS,      /* argument: struct parasite_timers */
	PARASITE_POLICY,      /* argument: struct parasite_policy */
	PARASITE_AIO,	      /* argument: struct parasite_aio */
	PARASITE_ADJUSTMENTS, /* argument: struct parasite_adjustments */
	PARASITE_IO_URING,    /* argument: struct parasite_io_uring */
	PARASITE_CONTINUED,   /* argument: struct parasite_continued; 1: yes */
};

#define PARASITE_SIGNALS 64
#define PARASITE_MAPPINGS 64
#define PARASITE_TIMERS_BATCH 12 /* of task_kind.ask: they fit into its room */
#define PARASITE_NODES_MAX 1024	 /* CONFIG_NODES_SHIFT is at most 10 */

enum parasite_keyring {
	PARASITE_KEYRING_THREAD,
	PARASITE_KEYRING_PROCESS,
	PARASITE_KEYRING_SESSION,
	PARASITE_KEYRINGS
};
#define PARASITE_KEY_NAME 64

enum parasite_rseq {
	PARASITE_RSEQ_UNASKED,
	PARASITE_RSEQ_THERE,
	PARASITE_RSEQ_NONE,
	PARASITE_RSEQ_ELSEWHERE
};

/* Layout of struct sigaction of the kernel (rt_sigaction(2)) on 64-bit machines with SA_RESTORER. */
struct parasite_sigaction {
	uint64_t handler, flags, restorer, mask;
};

struct parasite_itimer {
	int64_t interval_sec, interval_usec, value_sec, value_usec;
};

struct parasite_posix_timer {
	int32_t id; /* set by the host: ids of /proc/PID/timers */
	int32_t overrun;
	int64_t interval_sec, interval_nsec, value_sec, value_nsec;
};

struct parasite_task {
	struct parasite_sigaction actions[PARASITE_SIGNALS]; /* [n - 1] = signal n */
	struct parasite_itimer itimers[3];		     /* ITIMER_REAL, VIRTUAL, PROF */
	uint64_t brk;
	int32_t dumpable, child_subreaper;
	int32_t has_ldt;		 /* segments of its own (modify_ldt) */
	int32_t membarrier;		 /* registrations, < 0: the kernel cannot tell */
	int64_t controls[TASK_CONTROLS]; /* controls.def: values or -errno */
	uint32_t protection_keys;	 /* bit n: pkey_alloc() gave key n */
	uint32_t continued, pad;	 /* there is a child of which PARASITE_CONTINUED says yes */
	uint32_t locks_future;		 /* mappings made now are locked: mlockall(MCL_FUTURE) */
	uint32_t nr_mappings;		 /* in: of @mappings, their addresses */
	uint32_t has_policies; /* out: one of them has a memory policy; in: they are too many to be asked for */
	uint64_t mappings[PARASITE_MAPPINGS];
};

/* Some of the POSIX timers of the task. */
struct parasite_timers {
	uint32_t nr, pad;
	struct parasite_posix_timer items[PARASITE_TIMERS_BATCH];
};

struct parasite_thread {
	uint64_t altstack_sp, altstack_size;
	uint32_t altstack_flags;
	int32_t pdeath_signal;
	uint64_t clear_child_tid; /* PR_GET_TID_ADDRESS */
	int32_t securebits;
	/* For kernels that do not tell an rseq registration by ptrace (before 5.13): is it at this place? */
	uint64_t rseq_guess; /* in; 0: do not ask */
	uint32_t rseq_guess_size, rseq_guess_signature;
	int32_t rseq_answer;		     /* enum parasite_rseq */
	int32_t numa_mode;		     /* get_mempolicy(2), < 0: -errno */
	uint32_t registered_rings, ring_pad; /* bit n: IORING_REGISTER_RING_FDS gave number n to an io_uring */
	uint64_t numa_nodes[PARASITE_NODES_MAX / 64];
	/* Keyrings (keyctl(2)). */
	int32_t session_known; /* in: a session keyring that need not be looked into */
	int32_t keys[PARASITE_KEYRINGS]; /* how many keys are in each that are not the kernel's own keyrings of a user; -errno */
	char key_name[PARASITE_KEY_NAME];		    /* what describes the first of them */
	int64_t controls[THREAD_CONTROLS];		    /* controls.def: values or -errno */
	uint8_t rseq_room[64] __attribute__((aligned(32))); /* to try whether there is none */
};

#define PARASITE_NODES 1024

/* The memory policy of the mapping at an address (mbind(2)). */
struct parasite_policy {
	uint64_t address; /* in */
	int32_t mode;	  /* MPOL_* with flags; 0 (MPOL_DEFAULT): it has none of its own */
	int32_t pad;
	uint64_t nodes[PARASITE_NODES / 64];
};

/* Has the task this AIO context? -EINVAL: no. */
struct parasite_aio {
	uint64_t context;
};

#define PARASITE_ADJUSTMENTS_BATCH 200

/* What the end of the process adds to some semaphores of a set (SEM_UNDO). */
struct parasite_adjustments {
	int32_t set;	    /* in: its id */
	uint32_t first, nr; /* in: which of its semaphores */
	int16_t values[PARASITE_ADJUSTMENTS_BATCH];
};

/* adjustments.c */
long parasite_read_adjustments(struct parasite_adjustments *adjustments);

/* Completes what waits for the thread to do so, of an io_uring; asks what was registered with it, if it answers to the
 * thread: results of questions whose argument cannot be read. */
struct parasite_io_uring {
	int32_t fd, ask; /* in */
	int32_t eventfd, napi, region;
	int32_t groups; /* there is a group of provided buffers */
};

/* Goes this child on after a stop, and the task has not been told yet? */
struct parasite_continued {
	int32_t pid;
};

/* For questions of kinds (task_kind.ask). */
#define PARASITE_ROOM 512

#endif
