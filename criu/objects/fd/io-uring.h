/* SPDX-License-Identifier: GPL-2.0-only */
/* The sides of the kind io_uring, each in a file. */
#ifndef CRIU_OBJECTS_FD_IO_URING_H
#define CRIU_OBJECTS_FD_IO_URING_H

#include "criu/objects/fd/io-uring-inside.h"
#include "criu/objects/fd/io-uring-internal.h"
#include "criu/objects/kinds.h"

#define RING_HAS_PERSONALITIES \
	"has personalities registered, which cannot be read back; unregister them before the dump"

/* What fdinfo says. */
struct ring_info {
	uint32_t sq_mask, cq_mask, positions[RING_POSITIONS], sq_thread, files;
	bool personalities, napi, in_list, waiting, overflow, complete;
};

struct ring_dump {
	int fd; /* a duplicate, -EBADF */
	struct ring_info info;
	struct ring_inside inside;
	struct ring_memory memory;
	uint32_t setup_flags;
	bool has_array;
	bool single;   /* answers to one thread only */
	bool answered; /* that one was asked */
};

struct ring_dump *ring_find(struct dump *dump, const struct fd_info *fd, bool *ret_new);
int ring_read_info(int fd, struct ring_info *ret);
/* NULL, or what speaks against keeping a ring that answers so. */
struct parasite_io_uring;
const char *ring_wrong_answer(const struct parasite_io_uring *answer);
/* The same of a ring whose inside is known, and its record. */
const char *ring_find_unkept(struct dump *dump, const struct fd_info *fd, const struct ring_inside *inside);
void ring_record_registered(struct dump *dump, const struct ring_inside *inside, IoUringEntry *record);
/* Nothing is in flight, and there are as many completions as requests. @fd is a descriptor of ours. */
bool ring_is_idle(struct dump *dump, int fd, const struct ring_info *info);

/* The number by which @thread has the ring open, or -ENOENT. */
int ring_find_number(const struct task *task, const struct thread *thread, uint32_t file_id);

/* Is it to be bound to the thread that alone may submit? Then that brings it forward. */
bool ring_is_bound(const IoUringEntry *record);
int ring_load_registered(struct restore *restore, const struct file *file);
int ring_reopen(struct restore *restore, struct file *file);
int ring_finish(struct restore *restore, struct file *file);

int ring_load(struct restore *restore, struct file *file);
int ring_open(struct restore *restore, struct file *file, int *ret_fd);
int ring_attach(struct restore *restore, struct task *task, const struct file *file, int fd);

#endif
