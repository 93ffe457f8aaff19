/* SPDX-License-Identifier: GPL-2.0-only */
/* The context of a dump: everything it knows and has made. There is no other state. */
#ifndef CRIU_MODEL_DUMP_H
#define CRIU_MODEL_DUMP_H

#include <signal.h>
#include <stdint.h>

#include "criu/model/namespace.h"
#include "criu/model/refusal.h"
#include "criu/model/task.h"
#include "criu/util/arena.h"
#include "criu/util/progress.h"

struct options;
struct kernel;
struct image_directory;
struct image_file;
struct compel_ledger;
struct compel_tree;
struct freezer;
struct peek_guard;
struct traffic_lock;
struct repair_guard;

/* A cgroup set must have a number in images; that of the dumper stands for "where the restorer is". */
#define DUMPER_CGROUP_SET 1

/* Figures for stats-dump; times in microseconds, counts in pages. */
struct dump_stats {
	uint64_t freezing_time, frozen_time, memdump_time, memwrite_time;
	uint64_t pages_scanned, pages_skipped_parent, pages_written, pages_lazy;
	uint64_t shared_scanned, shared_skipped_parent, shared_written;
};

struct waits;

struct dump {
	const struct options *options;
	struct kernel *kernel;
	struct arena arena;
	struct image_directory *images;
	int work_dir; /* directory of stats and logs */
	struct compel_ledger *ledger;
	struct freezer *freezer;	   /* shared with the guardian */
	struct traffic_lock *network_lock; /* likewise */
	struct repair_guard *repair_guard; /* likewise */
	struct peek_guard *peek_guard;	   /* likewise */
	struct compel_tree *tree;	   /* the frozen processes; NULL before freeze and after release */
	struct task_list tasks;		   /* parents before children; the root first */
	unsigned int nr_tasks, nr_threads;
	struct task *flight; /* its fds: descriptors that are in the queue of a socket, and perhaps nowhere else */
	struct namespace_list namespaces; /* those of the dumper first */
	struct waits *waits; /* criu/collect/waits.h: what was seen of threads before they were stopped */
	LIST_HEAD(, shared_memory) shared_memory;
	struct refusal_list refusals;
	unsigned int nr_refusals;
	struct page_room *page_room; /* of dump/pages.c */
	uint32_t last_file_id, last_pages_id, last_kobj_id;
	struct image_file *files;  /* files.img, opened when the first record comes */
	struct image_file *remaps; /* remap-fpath.img, likewise */
	void *file_ids;		   /* objects/file-ids.c: open file descriptions seen so far */
	void *kind_state;	   /* objects/kinds.c: what kinds remember during the run, by kind and id */
	struct dump_stats stats;
	struct progress progress; /* of the step that runs */
	char run_id[37];	  /* text of a UUID */
	int script_status;	  /* exit status of the action script that failed */
	volatile pid_t *apart;	  /* shared with the guardian: a process at work that outlives us; 0: none */
	pid_t holder;		  /* holds back our end while tasks are under seccomp; 0: none */
	uint64_t frozen_since;	  /* CLOCK_MONOTONIC, microseconds */
	const volatile sig_atomic_t *cancelled; /* set by a signal: stop at the next step or task */
};

#endif
