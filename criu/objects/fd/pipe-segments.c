// SPDX-License-Identifier: GPL-2.0-only
/* Boundaries of packets in a pipe (pipe(2), O_DIRECT). The kernel does not tell them, but a pipe with room for a single
 * buffer takes buffers one by one, and a read stops behind a packet. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "criu/objects/fd/pipe-internal.h"
#include "criu/util/cleanup.h"
#include "criu/util/macros.h"

struct pipe_pair {
	int ends[2];
};

static void close_pair(struct pipe_pair *pair)
{
	for (int i = 0; i < 2; i++)
		if (pair->ends[i] >= 0)
			close(pair->ends[i]);
}

#define NO_PAIR                \
	{                      \
		{              \
			-1, -1 \
		}              \
	}

/* Is what is in the pipe @buffer a packet? A byte behind it is read together with it only if not. */
static int is_packet(int buffer, size_t length, bool *ret_packet)
{
	_cleanup_(close_pair) struct pipe_pair copy = NO_PAIR;
	_cleanup_free_ char *data = malloc(length + 1);
	int ret = data ? pipe_make(0, copy.ends) : -ENOMEM;
	ssize_t got;

	if (ret < 0)
		return ret;
	if (tee(buffer, copy.ends[1], length, SPLICE_F_NONBLOCK) != (ssize_t)length ||
	    write(copy.ends[1], "", 1) != 1)
		return -EIO;
	got = read(copy.ends[0], data, length + 1);
	if (got != (ssize_t)length && got != (ssize_t)length + 1)
		return -EIO;
	*ret_packet = got == (ssize_t)length;
	return 0;
}

/* The first buffer of @source, which goes. */
static int take_segment(int source, uint32_t *ret_segment)
{
	_cleanup_(close_pair) struct pipe_pair single = NO_PAIR;
	bool packet = false;
	ssize_t length;
	int ret = pipe_make(PAGE_SIZE, single.ends);

	if (ret < 0)
		return ret;
	length = splice(source, NULL, single.ends[1], NULL, INT32_MAX / 2, SPLICE_F_NONBLOCK);
	if (length <= 0)
		return length < 0 ? -errno : -EIO;
	ret = is_packet(single.ends[0], (size_t)length, &packet);
	*ret_segment = (uint32_t)length * 2 + packet;
	return ret;
}

static int list_segments(int copy, size_t room, uint32_t *segments, size_t *ret_nr)
{
	size_t nr = 0;
	int left = 0, ret = 0;

	while (ioctl(copy, FIONREAD, &left) == 0 && left > 0 && ret == 0) {
		if (nr == room)
			return -EOVERFLOW;
		ret = take_segment(copy, &segments[nr]);
		/* Buffers without a boundary between them are one. */
		if (ret == 0 && nr && !(segments[nr] & 1) && !(segments[nr - 1] & 1))
			segments[nr - 1] += segments[nr];
		else
			nr++;
	}
	*ret_nr = nr;
	return ret;
}

int pipe_find_segments(int source, uint32_t size, uint32_t **ret_segments, size_t *ret_nr)
{
	size_t room = size / PAGE_SIZE + 1;
	_cleanup_free_ uint32_t *segments = calloc(room, sizeof(*segments));
	_cleanup_(close_pair) struct pipe_pair copy = NO_PAIR;
	int ret = segments ? pipe_make(size, copy.ends) : -ENOMEM;

	if (ret < 0)
		return ret;
	if (tee(source, copy.ends[1], INT32_MAX, SPLICE_F_NONBLOCK) < 0)
		return -errno;
	ret = list_segments(copy.ends[0], room, segments, ret_nr);
	if (ret < 0)
		return ret;
	*ret_segments = steal_pointer(&segments);
	return 0;
}
