/* SPDX-License-Identifier: GPL-2.0-only */
/* The model of a checkpoint: tasks, threads, mappings, descriptors. Plain structs, no system calls. The records
 * which images carry (images/ *.proto) are the leaves; everything is owned by the arena of the run. */
#ifndef CRIU_MODEL_TASK_H
#define CRIU_MODEL_TASK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "core.pb-c.h"
#include "fdinfo.pb-c.h"
#include "file-lock.pb-c.h"
#include "fs.pb-c.h"
#include "memfd.pb-c.h"
#include "mm.pb-c.h"

struct fd_kind;
struct socket_info;
struct mapping_kind;
struct compel_process;
struct compel_thread;
struct parasite_task;
struct parasite_thread;
struct proc_stat;
struct proc_namespaces;
struct proc_status;
struct guest;
struct restorer_house;

/* Values of task_core_entry.task_state (format sheet, section 5.1). */
enum task_state { TASK_ALIVE = 1, TASK_DEAD = 2, TASK_STOPPED = 3 };

/* One mapping of a task: a line of /proc/PID/smaps on dump, a vma_entry on restore. */
struct mapped_file;

struct mapping {
	const struct mapping_kind *kind;
	VmaEntry *record;
	/* dump: what smaps and stat of map_files said */
	const char *name; /* path or [name]; without " (deleted)" */
	bool deleted;
	bool anonymous;	    /* no file behind it, and private */
	uint64_t vm_flags;  /* set of PROC_VM_* of criu/kernel/proc/mappings.h */
	bool populated;	    /* has private pages, in memory or swapped out */
	bool has_relatives; /* some of its pages are mapped by others, too */
	dev_t dev;
	ino_t inode;
	struct shared_memory *shared;
	struct mapped_file *file; /* of its kind */
	/* restore */
	uint64_t staging; /* where its private contents are gathered before the restorer moves them; 0 = nowhere */
	bool inherited; /* staging area comes from the parent task by fork: pages may be shared */
	int fd;		/* open file to map, -1 = none; a number of the service range. Of a segment: its id */
	uint64_t segment; /* bytes of the System V segment to be attached; 0: it is none */
	bool read_only;	  /* that, for reading only */
};

/* A shared memory object that is not a file of any file system: anonymous shared memory, memfd. */
struct shared_memory {
	LIST_ENTRY(shared_memory) link;
	uint64_t id; /* vma_entry.shmid / memfd inode: names pagemap-shmem-ID.img */
	dev_t dev;
	ino_t inode;
	uint64_t size;	       /* bytes */
	uint32_t hugetlb_flag; /* dump: as in its record */
	uint32_t file_id;      /* of its MEMFD record, when mappings refer to it; 0: none */
	uint32_t program_id;   /* likewise, of tasks that execute it */
	uint32_t inode_id;     /* of its record in memfd.img */
	const char *name;
	bool keep_zeros; /* dump: a page of zeros is one, too: somebody handles faults of missing pages */
	int fd;		 /* dump: opened through map_files; restore: the object made anew */
	/* restore */
	MemfdInodeEntry *record;
	int read_only_fd; /* the same, open for reading only; -EBADF until needed */
	const char *inherit_key;
	bool inherited; /* given by the caller */
	bool is_taken;	/* the description that made it belongs to a file */
};

/* A number in a descriptor table. Several may point to one open file description (same file_id). */
struct fd_info {
	struct task *task; /* dump: whose /proc shows it; of threads with a table of their own, a copy with their number */
	int fd;
	const struct fd_kind *kind;
	uint32_t file_id;
	bool cloexec;
	/* dump: readlink, stat and fdinfo of /proc/PID/fd/N */
	const char *link; /* text of the link: path, "pipe:[12]", "anon_inode:[eventfd]" */
	struct stat stat;
	uint32_t flags; /* F_GETFL value as fdinfo gives it, without O_CLOEXEC */
	uint64_t pos;
	int mnt_id;
	const char *fdinfo;    /* the whole text of /proc/PID/fdinfo/N */
	bool locks;	       /* fdinfo has lock lines */
	const char *in_flight; /* the socket whose queue it is in; task is who has that, and fd is ours */
	const struct socket_info *socket; /* criu/objects/socket/socket.h; NULL: it is none */
};

/* What clone(2) can share and unshare(2) can part. */
enum share_kind { SHARE_FILES, SHARE_FS, SHARE_NR };

struct thread {
	pid_t tid;
	bool dead; /* a leader that has exited while others go on */
	struct task *task;
	CoreEntry *core;
	/* What it shares, by the ids of images (criu/model/sharing.h). Its own only where they differ from the task's. */
	uint32_t ids[SHARE_NR];
	struct fd_info *fds; /* of a table of its own, by number */
	unsigned int nr_fds;
	FsEntry *fs;	      /* of directories of its own */
	unsigned int creator; /* index of the thread that makes it, so that it shares with that one */
	/* dump */
	struct compel_thread *compel;
	struct proc_stat *stat;
	struct proc_status *status;
	const struct parasite_thread *parasite;
	long call_number; /* the call that restart_syscall(2) goes on with; 0: none, or not known */
	bool has_call_rest;
	uint64_t call_rest; /* nanoseconds until its time-out */
	int proc_fd; /* of one with ids of its own: O_PATH of /proc/TID, where its table and directories show */
};

/* How a task shares one thing with others. */
struct share {
	struct share_group *group;   /* those that share it; NULL: it is its own */
	struct share_group *inherit; /* what it is forked with; NULL: a copy of what its creator has */
	unsigned int below;	     /* members of that among it and its descendants */
};

struct task {
	TAILQ_ENTRY(task) link; /* in tasks of the run: parents before children */
	TAILQ_ENTRY(task) sibling;
	TAILQ_HEAD(, task) children;
	struct task *parent;	    /* NULL: the root of the tree */
	pid_t pid, ppid, pgid, sid; /* as in pstree_entry; sid and pgid may belong to nobody in the tree */
	pid_t birth_sid;	    /* session it is born into (criu/model/sessions.h) */
	bool early;		    /* forked before its parent founds a session */
	bool orphaned;		    /* the leader of that session has ended: a stand-in forks it */
	enum task_state state;
	struct thread *threads; /* the leader first */
	unsigned int nr_threads;
	struct task *creator;  /* who forks it: its parent, or a sibling whose address space it shares */
	bool creates_siblings; /* such ones */
	struct task *vm_owner; /* the first of those who share its address space; NULL: it is the first */
	struct share share[SHARE_NR];
	unsigned int nr_guests; /* how many others those are, in the first of them */
	unsigned int carrier;	/* forked by a helper of its parent, together with those of this number */
	const char *sharing_refusal; /* why it cannot share what it shared; NULL: it can */
	TaskKobjIdsEntry *ids;
	MmEntry *mm;
	FsEntry *fs;
	struct mapping *mappings; /* by address */
	unsigned int nr_mappings;
	struct fd_info *fds; /* by number */
	unsigned int nr_fds;
	bool is_32bit; /* a 32-bit program: its signal handlers are, at least. Restore: some of it wants 32-bit calls */
	/* dump */
	struct compel_process *compel;
	int proc_fd;		     /* O_PATH of /proc/PID, -EBADF if none */
	const struct task *shown_as; /* in messages; NULL: itself */
	struct proc_stat *stat;
	struct proc_status *status;
	const struct proc_namespaces *namespaces; /* dump: of its first living thread */
	const struct parasite_task *parasite;
	/* restore */
	FileLockEntry **locks; /* file locks that it sets, not all that it holds */
	unsigned int nr_locks;
	unsigned int index; /* in the memory shared by all tasks of a restore */
	uint64_t kernels_own; /* where the kernel puts vvar and vdso of its own, the lowest address; 0: nowhere */
	uint64_t restorer; /* address of its restorer blob */
	uint64_t restorer_size;
	bool compat_vdso;	      /* the vdso of 32-bit code is to be mapped */
	bool ends_under_seccomp;      /* its restorer's last steps are made while it is seized */
	struct guest *guest;	      /* in its host (criu/restore/guest.h) */
	struct restorer_house *house; /* of it and its guests */
};

TAILQ_HEAD(task_list, task);

/* The leader, or, should that have exited, the first thread that has not. */
static inline struct thread *task_live_thread(const struct task *task)
{
	return &task->threads[task->threads[0].dead && task->nr_threads > 1 ? 1 : 0];
}

static inline CoreEntry *task_core(const struct task *task)
{
	return task->threads[0].core;
}

#endif
