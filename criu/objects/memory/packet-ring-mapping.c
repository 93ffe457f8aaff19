// SPDX-License-Identifier: GPL-2.0-only
/* Mappings of the ring of a packet socket. Its contents are kept with the descriptor, by which it is found. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "criu/model/fd-walk.h"
#include "criu/objects/memory/memory.h"
#include "criu/objects/socket/packet-ring.h"
#include "criu/util/log.h"

extern const struct fd_kind packet_socket_kind;

static bool packet_ring_matches(const struct mapping *mapping)
{
	return mapping->name && !strncmp(mapping->name, "socket:[", 8);
}

static const struct fd_info *find_socket(const struct dump *dump, const struct mapping *mapping)
{
	struct fd_walk walk = fd_walk_all(&dump->tasks);
	const struct fd_info *fd;

	while ((fd = fd_walk_next(&walk)))
		if (fd->kind == &packet_socket_kind && fd->stat.st_ino == mapping->inode)
			return fd;
	return NULL;
}

static int packet_ring_survey(struct dump *dump, const struct task *task, struct mapping *mapping)
{
	const struct fd_info *fd = find_socket(dump, mapping);
	const VmaEntry *record = mapping->record;
	uint64_t size = 0;
	int ret = fd ? packet_ring_find_size(dump, fd, &size) : 0;

	if (!fd)
		dump_refuse(dump, task,
			    "%s is memory of a socket, and no task has a descriptor of a packet socket whose ring it is; "
			    "unmap it before the dump",
			    mapping_describe(&dump->arena, mapping));
	else if (record->pgoff || !(record->flags & MAP_SHARED) || record->end - record->start != size)
		dump_refuse(dump, task,
			    "%s is a part of the ring of a packet socket, which the kernel does not map like this; unmap "
			    "all of it before the dump",
			    mapping_describe(&dump->arena, mapping));
	return ret;
}

static int packet_ring_dump_mapping(struct dump *dump, struct task *task, struct mapping *mapping)
{
	const struct fd_info *fd = find_socket(dump, mapping);
	VmaEntry *record = mapping->record;

	if (!fd)
		return -ENOENT;
	record->status = VMA_REGULAR | VMA_SOCKET | VMA_FILE_SHARED;
	record->shmid = fd->file_id;
	record->has_fdflags = true;
	record->fdflags = O_RDWR;
	return 0;
}

static bool packet_ring_reads(const VmaEntry *record)
{
	return (record->status & ~VMA_FILE_SHARED) == (VMA_REGULAR | VMA_SOCKET);
}

static int packet_ring_load(struct restore *restore, struct task *task, struct mapping *mapping)
{
	const VmaEntry *record = mapping->record;
	struct file *file = record->shmid > UINT32_MAX ? NULL
						       : restore_find_file(restore, (uint32_t)record->shmid);

	if (!file || file->record->type != FD_TYPES__PACKETSK || !file->record->psk || record->pgoff ||
	    !(record->flags & MAP_SHARED) || packet_ring_size(file->record->psk) != record->end - record->start)
		return log_fail(-EBADMSG,
				"image 'mm-%d.img': mapping %lx: there is no packet socket with such a ring, file id %lu",
				task->pid, (unsigned long)record->start, (unsigned long)record->shmid);
	file->wanted = true;
	return 0;
}

static int packet_ring_open(struct restore *restore, struct task *task, struct mapping *mapping)
{
	mapping->fd = restore_find_file(restore, (uint32_t)mapping->record->shmid)->fd;
	return 0;
}

const struct mapping_kind packet_ring_mapping_kind = {
	.name = "packet-ring-mapping",
	.matches = packet_ring_matches,
	.survey = packet_ring_survey,
	.dump = packet_ring_dump_mapping,
	.reads = packet_ring_reads,
	.load = packet_ring_load,
	.open = packet_ring_open,
};
