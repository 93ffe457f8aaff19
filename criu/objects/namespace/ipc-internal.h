/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of IPC namespaces share: System V objects as records, with what else is known of them. */
#ifndef CRIU_OBJECTS_NAMESPACE_IPC_INTERNAL_H
#define CRIU_OBJECTS_NAMESPACE_IPC_INTERNAL_H

#include <sys/ipc.h>
#include <sys/queue.h>

#include "ipc-msg.pb-c.h"
#include "ipc-sem.pb-c.h"
#include "ipc-shm.pb-c.h"
#include "ipc-var.pb-c.h"

#include "criu/image/file.h"
#include "criu/objects/kinds.h"

enum ipc_sort { IPC_SEGMENTS, IPC_SETS, IPC_QUEUES, IPC_SORTS };

/* Bits of a segment's mode, which belong to the kernel. */
#define IPC_MODE_DEST 01000U
#define IPC_MODE_LOCKED 02000U

struct ipc_message {
	IpcMsg record;
	void *text;
};

/* One object: a segment of shared memory, a set of semaphores or a queue of messages. */
struct ipc_object {
	TAILQ_ENTRY(ipc_object) link;
	enum ipc_sort sort;
	int id;
	IpcDescEntry desc;
	union {
		IpcShmEntry segment;
		IpcSemEntry set;
		IpcMsgEntry queue;
	};
	/* dump: who uses it. In the namespace of criu only what belongs to the tree is kept. */
	bool wanted;
	bool perhaps;	       /* nobody alive is known to use it, and its creator may have been the tree */
	const uint32_t *users; /* the last ones, as far as the kernel tells; 0: none */
	size_t nr_users;
	unsigned long nr_attached;   /* of a segment: mappings, of the tree or not */
	unsigned long nr_in_tree;    /* mappings of the tree */
	const struct task *attached; /* the first task of the tree with one */
	const struct mapping *mapping;
	/* restore */
	uint16_t *values;	      /* of the semaphores */
	struct ipc_message *messages; /* of the queue */
	void *raw;		      /* contents of a segment that are in its record's file */
	bool is_there;		      /* on this host, since the dump */
};

TAILQ_HEAD(ipc_objects, ipc_object);

struct ipc_contents {
	struct ipc_objects objects;
	IpcVarEntry *settings; /* restore; of an own namespace */
};

/* Each sort of objects. 0 or -errno; those of restore log. */
struct ipc_sort_ops {
	const char *name;    /* "shared memory segment" */
	const char *next_id; /* name in /proc/sys/kernel */
	enum image_kind image;
	/* Of index @index of the kernel: fills @ret_object. Returns its id, or -1 without one. */
	int (*read)(struct arena *arena, int index, struct ipc_object *ret_object);
	/* Highest index, -1: there are none. */
	int (*last_index)(void);
	/* The record and what follows it, but for contents in images of their own. */
	int (*write)(struct dump *dump, struct ipc_object *object, struct image_file *image);
	/* Takes @message, reads what follows. -EBADMSG: not such a record. */
	int (*load)(struct restore *restore, struct ipc_object *object, const ProtobufCMessage *message,
		    struct image_file *image);
	/* A new object as the record wants it, without contents. Returns its id or -1. */
	int (*create)(const struct ipc_object *object);
	/* Contents, owner and mode. */
	int (*fill)(struct restore *restore, const struct ipc_object *object);
	/* Of a host's object, by the record of another: is it the same? */
	bool (*same)(const struct ipc_object *a, const struct ipc_object *b);
	int (*remove)(int id);
};

extern const struct ipc_sort_ops ipc_segment_ops, ipc_set_ops, ipc_queue_ops;
const struct ipc_sort_ops *ipc_sort_ops(enum ipc_sort sort);

/* ipc-posix-queues.c: of an own namespace. All but load are called within it. */
int ipc_posix_queues_survey(struct dump *dump, const struct namespace *namespace);
int ipc_posix_queues_dump(struct dump *dump, const struct namespace *namespace);
int ipc_posix_queues_load(struct restore *restore, const struct namespace *namespace);
int ipc_posix_queues_fill(struct restore *restore, const struct namespace *namespace);

/* ipc-object.c */
int ipc_collect(struct arena *arena, struct ipc_contents *contents);
struct ipc_object *ipc_find(const struct ipc_contents *contents, enum ipc_sort sort, int id);
void ipc_desc_from_kernel(const struct ipc_perm *perm, int id, IpcDescEntry *ret_desc);
/* What IPC_SET takes. */
void ipc_desc_to_kernel(const IpcDescEntry *desc, struct ipc_perm *ret_perm);
int ipc_write_objects(struct dump *dump, const struct namespace *namespace, enum ipc_sort sort);
int ipc_load_objects(struct restore *restore, const struct namespace *namespace, enum ipc_sort sort);
/* Makes it with its id and for its creator. */
int ipc_make_object(const struct ipc_object *object);

/* ipc-settings.c: sysctls. */
int ipc_read_number(const char *name, uint64_t *ret_value);
int ipc_write_text(const char *name, const char *text);
int ipc_settings_survey(struct dump *dump, const struct namespace *namespace);
int ipc_settings_dump(struct dump *dump, uint32_t id);
int ipc_settings_load(struct restore *restore, uint32_t id, IpcVarEntry **ret_settings);
/* Limits that no object reaches, until ipc_settings_apply(). */
int ipc_settings_widen(void);
int ipc_settings_apply(const IpcVarEntry *settings);

/* ipc-users.c: what of the namespace of criu belongs to the tree. */
int ipc_find_users(struct dump *dump, const struct namespace *namespace);
int ipc_check_host(struct restore *restore, struct ipc_contents *contents);

/* ipc-janitor.c: objects made in the namespace of criu go again if we fail or are killed. */
int ipc_janitor_note(struct restore *restore, enum ipc_sort sort, int id);
/* It could not be made: what has its id belongs to somebody else. */
void ipc_janitor_forget_last(struct restore *restore);
/* They are the tree's now. */
void ipc_janitor_keep(struct restore *restore);
/* What is not kept goes. */
void ipc_janitor_end(struct restore *restore);

#endif
