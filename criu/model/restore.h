/* SPDX-License-Identifier: GPL-2.0-only */
/* The context of a restore: the model read from images, and what has been made of it so far. */
#ifndef CRIU_MODEL_RESTORE_H
#define CRIU_MODEL_RESTORE_H

#include <signal.h>
#include <stdint.h>

#include "inventory.pb-c.h"

#include "criu/model/namespace.h"
#include "criu/model/refusal.h"
#include "criu/model/task.h"
#include "criu/util/arena.h"

struct options;
struct kernel;
struct image_directory;
struct compel_ledger;
struct compel_process;
struct restore_shared;

struct restore_stats {
	uint64_t pages_compared, pages_skipped_cow, pages_restored;
	uint64_t forking_time, restore_time;
};

/* An open file description to be made: one file_entry. Opened once, by the process that runs the restore, at a
 * number of the service range; the tasks inherit it and put it where their descriptor tables want it. */
struct file {
	const struct fd_kind *kind;
	FileEntry *record;
	uint32_t id;
	int fd;	       /* service number, -EBADF until opened */
	bool wanted;   /* some descriptor, mapping, cwd, root or exe refers to it */
	bool held;     /* a descriptor does, or one in flight: its flags can be seen */
	bool in_table; /* some descriptor table has it */
	void *object;  /* the kind's own */
};

/* What a new task prepares for its restorer blob, in place. */
struct restore_arguments {
	char *memory;
	size_t size, used;
};

struct restore {
	const struct options *options;
	struct kernel *kernel;
	struct arena arena;
	struct image_directory *images;
	int work_dir;
	InventoryEntry *inventory;
	struct task_list tasks;
	unsigned int nr_tasks, nr_threads;
	unsigned int nr_shared; /* groups of tasks that share a table or directories (criu/model/sharing.h) */
	struct task *root;
	struct file *files; /* sorted by id */
	size_t nr_files;
	struct namespace_list namespaces;
	LIST_HEAD(, shared_memory) shared_memory;
	struct refusal_list refusals;
	unsigned int nr_refusals;
	void *kind_state;    /* objects/kinds.c: what kinds remember during the run, by kind and id */
	int service_fd_base; /* descriptors of the toolkit in tasks are at or above it, theirs below */
	int service_fd_next;
	struct restore_shared *shared;	    /* memory shared with the tasks: stages, errors, figures */
	struct restore_arguments arguments; /* in a new task only */
	struct compel_ledger *ledger;
	struct compel_process **processes; /* seized for the handover, by index of the task; NULL: zombie */
	struct restore_stats stats;
	bool stopped_by_script; /* post-restore */
	uint64_t started;	/* CLOCK_MONOTONIC, microseconds */
	pid_t guardian;		/* 0: none */
	pid_t holder;		/* holds back our end while tasks are under seccomp; 0: none */
	const volatile sig_atomic_t *cancelled; /* set by a signal: give up at the next look */
};

#endif
