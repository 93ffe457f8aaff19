/* SPDX-License-Identifier: GPL-2.0-only */
/* The contracts of the families of kinds. A kind is one file with both sides, dump and restore, and one line in
 * kinds.def. A phase calls the functions of a family below; it never names a kind.
 *
 * Functions of kinds log what fails, once, and return 0 or -errno. */
#ifndef CRIU_OBJECTS_KINDS_H
#define CRIU_OBJECTS_KINDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "criu/model/dump.h"
#include "criu/model/restore.h"

struct compel_thread;
struct restorer_task;
struct restorer_thread;
struct page_source;

/* --- descriptors ---------------------------------------------------------------------------------------------- */

struct fd_kind {
	const char *name; /* log prefix, test folder */
	FdTypes type;	  /* of the records it reads and writes */
	/* Where several kinds have one type (protocols of AF_INET): is this record mine? NULL: yes. Asked before load. */
	bool (*reads)(const FileEntry *record);
	const struct fd_kind *base; /* asked next: common fields */
	/* Dump. Asked in the order of kinds.def; the first that says yes takes the descriptor. */
	bool (*matches)(const struct fd_info *fd);
	/* Calls dump_refuse() for what cannot be kept. Nothing has been touched yet. */
	int (*survey)(struct dump *dump, const struct fd_info *fd);
	/* Fills @record (type and id are set) for the open file description behind @fd. Called once a description. */
	int (*dump)(struct dump *dump, const struct fd_info *fd, FileEntry *record);
	/* Restore. Checks the record (input from strangers) and the host; restore_refuse() for what is missing. */
	int (*load)(struct restore *restore, struct file *file);
	/* Opens the description anew; -EAGAIN: ask again when others have been opened. Offset, flags and owner
	 * included. The descriptor is the caller's, close-on-exec. */
	int (*open)(struct restore *restore, struct file *file, int *ret_fd);
	/* Both in the process that runs the restore, for each opened file; may be NULL. reopen: all tasks exist and
	 * have not placed their descriptors. finish: the tasks have their memory and wait for the handover. */
	int (*reopen)(struct restore *restore, struct file *file);
	int (*finish)(struct restore *restore, struct file *file);
	bool comes_last; /* its reopen and finish look at what those of other kinds have made */
	/* Like let_go of a global kind, and behind those. Such files stay open here and in the guardian until then, for what
	 * only the tasks may hold must be closed when they close it. */
	void (*let_go)(struct restore *restore, struct file *file);
	/* In each task, before its table is filled: brings what reopen has made anew to the number file->fd; may be
	 * NULL. */
	int (*fetch)(struct restore *restore, const struct file *file);
	/* In each task, after its table is complete (controlling terminal...); may be NULL. Of files that are in no table, but
	 * in flight, in the root task. */
	int (*attach)(struct restore *restore, struct task *task, const struct file *file, int fd);
};

/* --- mappings ------------------------------------------------------------------------------------------------- */

struct mapping_kind {
	const char *name;
	/* Dump: takes the mapping; sets no state. */
	bool (*matches)(const struct mapping *mapping);
	int (*survey)(struct dump *dump, const struct task *task, struct mapping *mapping);
	/* Completes the vma_entry: status, flags, shmid. Start, end, prot, pgoff, madv are filled already. */
	int (*dump)(struct dump *dump, struct task *task, struct mapping *mapping);
	/* Restore: does this kind read such a record? By its status bits. */
	bool (*reads)(const VmaEntry *record);
	int (*load)(struct restore *restore, struct task *task, struct mapping *mapping);
	/* After all mappings are loaded: compares what the images have with this host, and may make other mappings of
	 * some of @task; may be NULL. */
	int (*check)(struct restore *restore, struct task *task, const struct mapping *mapping,
		     struct page_source *pages);
	/* In the new process, when its private pages are gathered at @memory, before they move into place; may be NULL. */
	void (*filled)(const struct restore *restore, const struct task *task, const struct mapping *mapping,
		       uint8_t *memory);
	/* Gives mapping->fd, the service descriptor to map (or -1), after files are open. */
	int (*open)(struct restore *restore, struct task *task, struct mapping *mapping);
	bool dump_pages; /* private pages that differ from the file (or from zero) are in the task's pagemap */
	bool every_page;  /* all of it is stored (vdso) */
	bool file_behind; /* pages not stored come from a file: unmodified ones are left out */
	bool not_lazy;	  /* its pages are never marked PE_LAZY */
	bool kernels_own; /* of one piece with its like, put into place by the kernel itself */
	bool cornered;	  /* of those that the kernel places by itself: it is left only that place */
	bool left_out;	  /* not a part of the images */
	bool within;	  /* no mapping of its own, but a state of pages of others: mm_entry.guards */
};

/* --- state of tasks -------------------------------------------------------------------------------------------- */

struct task_kind {
	const char *name;
	/* Dump; each may be NULL. survey: from outside only. dump_*: after injection, fill the records of
	 * task->threads[i].core, task->mm, task->fs. */
	int (*survey)(struct dump *dump, const struct task *task);
	/* What the parasite must know before it asks: fills fields of @ret that are marked as input. */
	int (*prepare_parasite)(struct dump *dump, struct task *task, struct parasite_task *ret);
	int (*prepare_parasite_thread)(struct dump *dump, struct task *task, struct thread *thread,
				       struct parasite_thread *ret);
	/* When the parasite has answered and is still there: questions of a kind's own, by compel_call(). Their
	 * argument goes to @room, an offset in the data of the blob, PARASITE_ROOM bytes. */
	int (*ask)(struct dump *dump, struct task *task, uint64_t room);
	int (*dump_task)(struct dump *dump, struct task *task);
	int (*dump_thread)(struct dump *dump, struct task *task, struct thread *thread);
	/* Restore; each may be NULL. load: check the records. in_task: runs in the new process before the restorer
	 * (its own memory, descriptors in place). plan_*: fill the arguments of the restorer blob. */
	int (*load)(struct restore *restore, struct task *task);
	/* In the new process, when its private memory is gathered and its children exist; descriptors that others shall
	 * reopen from it (reopen of their kind) are made here. */
	int (*in_birth)(struct restore *restore, struct task *task);
	int (*in_task)(struct restore *restore, struct task *task);
	/* In the leader of a session, as soon as it has founded it: its children inherit what it has. */
	int (*in_session)(struct restore *restore, struct task *task);
	int (*plan_task)(struct restore *restore, struct task *task, struct restorer_task *ret);
	int (*plan_thread)(struct restore *restore, struct task *task, struct thread *thread,
			   struct restorer_thread *ret);
	/* Bytes of the restorer's arguments that plan_* takes beyond what every task needs. */
	size_t (*room)(struct restore *restore, const struct task *task);
	/* From outside: all tasks exist and wait, and none has anything of its own yet. */
	int (*in_tree)(struct restore *restore, struct task *task);
	/* From outside, when all threads of the tree exist and wait for the handover. */
	int (*finish_thread)(struct restore *restore, struct task *task, struct thread *thread);
	/* The same of the task, and all open files are as they are to be. */
	int (*finish_task)(struct restore *restore, struct task *task);
};

/* --- objects that are collected and restored as a whole --------------------------------------------------------- */

/* Things that several tasks refer to and that have images of their own (shared memory). */
struct global_kind {
	const char *name;
	int (*dump)(struct dump *dump); /* after the tasks' records, before the inventory */
	/* It is settled that the tree ends now, and nothing can fail any more: its objects go without a word to others. */
	void (*dump_kill)(struct dump *dump);
	/* Once, when the images are complete and the tree is not to run on (@keep), or in any other case. */
	void (*dump_end)(struct dump *dump, bool keep);
	int (*load)(struct restore *restore);	/* reads its images */
	int (*make)(struct restore *restore);	/* before files are opened */
	int (*finish)(struct restore *restore); /* when every task has mapped and opened what it has */
	/* Right before the tree is let go: what was made in the host stays from here on, also if we are killed. */
	void (*commit)(struct restore *restore);
	/* Behind the commit, before the tasks run. If we are killed then the guardian calls it, maybe once more. */
	void (*let_go)(struct restore *restore);
	/* The restore has failed before that, and its tasks have ended: what was made in the host goes. */
	void (*undo)(struct restore *restore);
	/* All runs, nothing can fail any more: what a second attempt would have needed may go. */
	void (*restore_end)(struct restore *restore);
};

/* --- namespaces ------------------------------------------------------------------------------------------------ */

/* A type of namespaces. criu/objects/namespace/namespaces.c finds them, makes them and lets the tree in; a kind knows what is in
 * one. All functions but load run in the process that dumps or restores, which has entered the namespace by then. */
struct namespace_kind {
	const char *name;
	enum namespace_type type;
	/* Those of criu are its business as well: something in them may belong to the tree (namespace->own is false). */
	bool shared_too;
	/* Dump; each may be NULL. survey: refuses what cannot be kept. dump: writes the images of its id. */
	int (*survey)(struct dump *dump, struct namespace *namespace);
	int (*dump)(struct dump *dump, struct namespace *namespace);
	/* Restore; each may be NULL. load: reads and checks the images. fill: before files are opened; the namespace is new if
	 * it is own. finish: when every task has mapped and opened what it has. */
	int (*load)(struct restore *restore, struct namespace *namespace);
	/* Of one that load has found to be given from outside: a descriptor of the caller. Not within it. */
	int (*open)(struct restore *restore, struct namespace *namespace, int *ret_fd);
	int (*fill)(struct restore *restore, struct namespace *namespace);
	int (*finish)(struct restore *restore, struct namespace *namespace);
	/* As of a global kind, and not within the namespace. */
	void (*commit)(struct restore *restore);
	void (*undo)(struct restore *restore);
	void (*restore_end)(struct restore *restore);
};

/* --- the lists (kinds.def) --------------------------------------------------------------------------------------- */

extern const struct fd_kind *const fd_kinds[];
extern const struct mapping_kind *const mapping_kinds[];
extern const struct task_kind *const task_kinds[];
extern const struct global_kind *const global_kinds[];
extern const struct namespace_kind *const namespace_kinds[];
extern const size_t nr_fd_kinds, nr_mapping_kinds, nr_task_kinds, nr_global_kinds, nr_namespace_kinds;

/* Dump: fills fd->socket of sockets, which kinds of sockets match by. */
int fd_look_at_socket(struct dump *dump, struct fd_info *fd);
/* When the tables are known: fills dump->flight from the queues of sockets. Its descriptors are ours. */
int fd_collect_in_flight(struct dump *dump, int (*collect)(struct dump *dump, struct fd_info *fd));
const struct fd_kind *fd_kind_find(const struct fd_info *fd);
const struct fd_kind *fd_kind_of_record(const FileEntry *record);
const struct mapping_kind *mapping_kind_find(const struct mapping *mapping);
const struct mapping_kind *mapping_kind_of_record(const VmaEntry *record);

/* Adds a reason to the run and logs it: "task 12 (bash): descriptor 5 ('socket:[77]'): sockets are not ...". */
void dump_refuse(struct dump *dump, const struct task *task, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void restore_refuse(struct restore *restore, const struct task *task, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* "descriptor 5 ('/tmp/x')" for messages; owned by the arena. */
const char *fd_describe(struct dump *dump, const struct fd_info *fd);

/* For finish_thread: @thread as it sleeps in its restorer; NULL if it is not there. */
struct compel_thread *restore_seized_thread(const struct restore *restore, const struct thread *thread);

/* Memory of a kind during a run, found again by @kind and @id; zeroed when new. @ret_new may be NULL. */
void *kind_state_get(void **kind_state, struct arena *arena, const void *kind, uint64_t id, size_t size,
		     bool *ret_new);
void *kind_state_find(void *const *kind_state, const void *kind, uint64_t id);

/* --- files, used by every family (file.c) ----------------------------------------------------------------------- */

/* Appends a file_entry to files.img. */
int dump_write_file(struct dump *dump, const FileEntry *record);
uint32_t dump_new_file_id(struct dump *dump);
/* The record of a path that a task refers to other than by descriptor: cwd, root, exe, mapped file. @proc_link is
 * the name below /proc/PID ("cwd", "exe", "map_files/..."), @flags how it is to be opened again. Equal files get
 * one id. Refuses by name what cannot be found again. */
int dump_path_file(struct dump *dump, const struct task *task, const char *proc_link, uint32_t flags,
		   uint32_t *ret_id);
/* The same for a survey: nothing is written. */
int dump_survey_path(struct dump *dump, const struct task *task, const char *proc_link, uint32_t flags);

/* Fills restore->files from files.img and its predecessors; restore_free_files() is the last act of a run. */
int restore_load_files(struct restore *restore);
void restore_free_files(struct restore *restore);
/* NULL without one. Who keeps it sets its wanted. */
struct file *restore_find_file(const struct restore *restore, uint32_t id);
/* Moves @fd to the service range; closes @fd. Returns the new number or -errno. */
int restore_service_fd(struct restore *restore, int fd);

#endif
