// SPDX-License-Identifier: GPL-2.0-only
/* An io_uring whose indices are in no order: all entries have been used, the last ones only the first of them (fio).
 *
 * skip-if: no-io-uring
 * flavours: host ns
 * kinds: io_uring io_uring_mapping io_uring_requests
 */
#include "ring.h"

#define ENTRIES 4

int main(int argc, char **argv)
{
	struct ring ring;
	uint32_t *array;
	int fd;

	test_init(argc, argv);
	fd = must(memfd_create("data", 0));
	ring_open(&ring, ENTRIES, 0);
	array = ring_word(&ring, ring.params.sq_off.array);
	ring_go_round(&ring, fd, 1000, ENTRIES);
	for (int i = 0; i < ENTRIES; i++)
		array[i] = (uint32_t)i % 2;
	test_ready();
	test_wait();
	for (int i = 0; i < ENTRIES; i++) {
		check(array[i] == (uint32_t)i % 2, "index %d is %u", i, array[i]);
		check(ring.sqes[i].user_data == 1000 + (uint64_t)i, "entry %d: %lu", i,
		      (unsigned long)ring.sqes[i].user_data);
		array[i] = (uint32_t)i;
	}
	ring_go_round(&ring, fd, 2000, 3 * ENTRIES);
	ring_expect_empty(&ring);
	pass();
}
