/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory of an AIO context as the kernel lays it out (struct aio_ring of fs/aio.c): this, then the events. */
#ifndef CRIU_BLOBS_RESTORER_AIO_RING_H
#define CRIU_BLOBS_RESTORER_AIO_RING_H

#include <stdint.h>

#define AIO_RING_MAGIC 0xa10a10a1U
#define AIO_EVENT_SIZE 32

struct aio_ring {
	uint32_t id; /* of the kernel: where it finds the context */
	uint32_t nr; /* slots */
	uint32_t head, tail;
	uint32_t magic, compatible, incompatible, header_length;
};

#endif
