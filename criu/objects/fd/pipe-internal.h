/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of pipes share. */
#ifndef CRIU_OBJECTS_FD_PIPE_INTERNAL_H
#define CRIU_OBJECTS_FD_PIPE_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "criu/image/types.h"

struct dump;
struct restore;
struct fd_info;
struct outside_fd;
struct image_file;
struct file;

/* A pipe of the tree, during a dump; by inode. */
struct pipe_dump {
	const struct fd_info *read_fd, *write_fd; /* one that can do so; NULL: nobody in the tree can */
	bool surveyed, data_done;
	bool external, packets;
	const struct outside_fd *holder; /* NULL: not looked for */
};

/* What a pipe holds. */
struct pipe_contents {
	bool has_data;
	uint32_t bytes, size; /* size 0: not known */
	const void *data;
	size_t nr_segments; /* 0: bytes without boundaries */
	const uint32_t *segments;
};

/* A pipe to be made; by pipe_id. */
struct pipe_restore {
	unsigned int left;  /* descriptions that are not open yet */
	bool end_wanted[2]; /* some description is for reading only, for writing only */
	bool external;	    /* marked so by the dump */
	bool refused;
	bool made;
	int ends[2];		  /* service numbers of those which no description has taken yet; -EBADF */
	const struct file *first; /* an opened one */
	struct pipe_contents contents;
};

/* A pipe of our own into which contents are duplicated; empty between one and the next. */
struct pipe_copy {
	int ends[2];
	uint32_t size; /* 0: there is none yet */
};

struct pipe_dump *pipe_dump_state(struct dump *dump, uint64_t inode);
struct pipe_restore *pipe_restore_state(struct restore *restore, uint32_t pipe_id);

/* pipe-data.c: a pipe of our own of @size bytes (0: any), or -errno. */
int pipe_make(uint32_t size, int ret_ends[2]);
/* Writes pipes-data.img, all of it. */
int pipe_dump_contents(struct dump *dump);
/* The record and bytes of what the pipe with the readable descriptor @source holds; it stays there. @packets: look for
 * their boundaries in any case. @copy: begins as zeros. -errno, not logged. */
int pipe_write_contents(struct image_file *image, uint32_t pipe_id, int source, bool packets,
			struct pipe_copy *copy);
void pipe_copy_close(struct pipe_copy *copy);
/* Reads such an image; @find tells where contents belong. */
int pipe_load_contents(struct restore *restore, enum image_kind kind,
		       struct pipe_contents *(*find)(struct restore *restore, uint32_t pipe_id));
/* Writes them to @fd; -EFBIG when the pipe is too small. Not logged. */
int pipe_fill(const struct pipe_contents *contents, int fd);
/* pipe-segments.c: lengths of packets and of what is between them; see pipe_data_entry. To be freed. */
int pipe_find_segments(int source, uint32_t size, uint32_t **ret_segments, size_t *ret_nr);

#endif
