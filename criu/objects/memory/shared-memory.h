/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory objects without a name in any file system, as descriptors and mappings refer to them. */
#ifndef CRIU_OBJECTS_MEMORY_SHARED_MEMORY_H
#define CRIU_OBJECTS_MEMORY_SHARED_MEMORY_H

#include "criu/objects/kinds.h"

/* How /proc calls memfds, in front of their names. */
#define MEMFD_PREFIX "/memfd:"

/* Dump: the object behind a link below /proc/PID ("fd/3", "map_files/..."); opened when it is seen first. */
int shared_memory_find(struct dump *dump, const struct task *task, const char *proc_link, const char *name,
		       struct shared_memory **ret_object);
/* Its file_entry for mappings, written by the end of the dump. */
uint32_t shared_memory_file_id(struct dump *dump, struct shared_memory *object);
/* The same for who executes it. */
uint32_t shared_memory_program_id(struct dump *dump, struct shared_memory *object);
/* Set of F_SEAL_*. */
int shared_memory_seals(const struct shared_memory *object);

/* Dump: contents of memory behind @fd into pagemap-shmem-ID.img. 0 or -errno. */
int shared_memory_write_pages(struct dump *dump, int fd, uint64_t id, uint64_t size);
/* The number names the contents of another sort of memory. */
void shared_memory_reserve_id(struct dump *dump, uint64_t id);
/* Restore: from there; what the image does not have stays as it is. */
int shared_memory_read_pages(struct restore *restore, uint64_t id, uint64_t size, uint8_t *memory);

/* Restore: NULL when there is none. */
struct shared_memory *shared_memory_by_inode(const struct restore *restore, uint32_t inode_id);
/* A service descriptor of the object; *@ret_fd stays with it. */
int shared_memory_fd(struct restore *restore, struct shared_memory *object, bool writable, int *ret_fd);
/* shared-memory-make.c: the object of a record with its contents. */
int shared_memory_make_object(struct restore *restore, struct shared_memory *object);
/* The seals that stand in the way of mapping it. */
int shared_memory_seal_late(const struct shared_memory *object);

#endif
