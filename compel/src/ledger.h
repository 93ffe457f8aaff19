/* SPDX-License-Identifier: LGPL-2.1-only */
/* The ledger: one shared mapping in which stands what must be put back. Written by the worker before it acts, read
 * by the guardian after the worker died.
 *
 * Order of writing, and what a kill finds at each instant (IP is where the thread is; "ours" means the poked stub,
 * the blob or a range to unmap):
 *
 *   worker's step                             killed right after it, repair finds
 *   ----------------------------------------  ---------------------------------------------------------------------
 *   1 thread.registers, blocked, extended     no flag: the thread just runs on
 *   2 thread.flags |= HOME                    IP elsewhere: nothing to put back but syscall user dispatch
 *   3 process.poked = 1, then the stub poked  stub there or not: the word is compared, put back if it is the stub
 *   4 foreign registers set (IP ours)         IP ours: registers, mask, extended registers are put back
 *   5 mask set to all-blocked                 same
 *   6 process.blob = range, then mmap         a mapping of just this shape at this place is unmapped, else nothing
 *   7 foreign code runs                       it runs to its end by itself and spins there; then like 4
 *   8 mask put back (IP ours still)           same; a signal handler may run on top of the spinning thread meanwhile:
 *                                             its frame holds the stub's address, so repair waits until it is back
 *   9 registers put back (IP elsewhere)       nothing to put back, extended and mask were first
 *  10 thread.flags = 0
 *
 * So the mask is never all-blocked while the thread's own code runs, and whether a thread is away is told by its
 * IP, not by a flag that could be early or late. */
#ifndef COMPEL_SRC_LEDGER_H
#define COMPEL_SRC_LEDGER_H

#include <stdatomic.h>

#include <compel/compel.h>

#define LEDGER_EXTENDED_MAX (16UL << 10)
#define LEDGER_UNMAPS 16

/* thread flags */
#define LEDGER_HOME (1U << 0)	  /* registers and blocked are valid */
#define LEDGER_EXTENDED (1U << 1) /* the extended registers too */
#define LEDGER_GIVEN (1U << 2)	  /* by compel_set_home(): not what the thread had */
#define LEDGER_DISPATCH (1U << 3) /* syscall user dispatch was on and was switched off for our system calls */

struct ledger_range {
	uint64_t address, length;
};

struct ledger_process {
	_Atomic pid_t pid;   /* 0: free */
	uint64_t start_time; /* against a pid used again */
	/* The stub: its word in the ELF header of the vdso. */
	uint64_t stub, stub_word; /* address of the word, what it was */
	_Atomic uint32_t poked;
	/* The blob: [address, + length), the first code_size bytes executable. */
	struct ledger_range blob;
	uint64_t blob_code_size;
	_Atomic uint32_t blob_valid;
	/* Where the target itself notes descriptors it got: nr_fds ints, -1 = none. 0: no such place. */
	_Atomic uint64_t fds;
	_Atomic uint32_t nr_fds;
	_Atomic uint32_t stop; /* it is to be stopped, whatever the verdict on the others */
	_Atomic uint32_t nr_unmaps;
	struct ledger_range unmaps[LEDGER_UNMAPS];
	bool kept[LEDGER_UNMAPS]; /* foreign code, which another process of the address space unmaps */
};

struct ledger_thread {
	_Atomic pid_t tid; /* 0: free */
	uint32_t process;
	_Atomic uint32_t flags;
	uint32_t extended_size;
	uint64_t blocked;
	/* Where in its memory a call of foreign code says that it is done, and how (struct result_cell); 0: none is made. */
	_Atomic uint64_t cell, token;
	struct compel_dispatch dispatch;
	struct compel_registers registers;
};

struct compel_ledger {
	size_t size;
	unsigned int max; /* threads, and processes too */
	_Atomic uint32_t verdict;
	_Atomic uint32_t repairing;		  /* slots are looked for, not only claimed */
	_Atomic uint32_t top_process, top_thread; /* slots from here on were never used */
	uint32_t free_processes, free_threads;	  /* released slots below them */
	struct ledger_process *processes;
	struct ledger_thread *threads;
	uint8_t *extended;
};

/* -ENOSPC with text when the ledger is full. */
int ledger_claim_process(struct compel_ledger *ledger, pid_t pid, uint64_t start_time, unsigned int *ret_slot);
/* Whether a slot other than @slot is for @pid too. */
bool ledger_has_other(const struct compel_ledger *ledger, unsigned int slot, pid_t pid);
void ledger_drop_process(struct compel_ledger *ledger, unsigned int slot);
int ledger_claim_thread(struct compel_ledger *ledger, unsigned int process, pid_t tid, unsigned int *ret_slot);
void ledger_drop_thread(struct compel_ledger *ledger, unsigned int slot);
void *ledger_extended(const struct compel_ledger *ledger, unsigned int slot);

#endif
