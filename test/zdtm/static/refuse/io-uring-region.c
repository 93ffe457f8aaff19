// SPDX-License-Identifier: GPL-2.0-only
/* Rings with things registered that newer kernels have: a region of memory for arguments, busy polling of networks.
 *
 * skip-if: no-io-uring no-kernel-types
 * refuses: IORING_REGISTER_MEM_REGION; busy polling of networks
 * kinds: io_uring
 */
#include "../io-uring/ring.h"

#define REGISTER_NAPI 27
#define REGISTER_MEM_REGION 34
#define REGION_OF_USER 1 /* IORING_MEM_REGION_TYPE_USER */

/* struct io_uring_region_desc, struct io_uring_mem_region_reg, struct io_uring_napi */
struct region {
	uint64_t address, size;
	uint32_t flags, id;
	uint64_t offset, reserved[4];
};

struct registration {
	uint64_t region, flags, reserved[2];
};

struct polling {
	uint32_t timeout;
	uint8_t prefer, reserved[3];
	uint64_t more;
};

int main(int argc, char **argv)
{
	struct region region = { .size = TEST_PAGE, .flags = REGION_OF_USER };
	struct registration registration = { .region = (uintptr_t)&region };
	struct polling polling = { .timeout = 100 };
	struct ring with_region, polls;
	void *memory;

	test_init(argc, argv);
	memory = mmap(NULL, TEST_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(memory != MAP_FAILED, "no memory");
	region.address = (uintptr_t)memory;
	ring_open(&with_region, 8, 0);
	if (syscall(SYS_io_uring_register, with_region.fd, REGISTER_MEM_REGION, &registration, 1) < 0)
		skip("no regions: %s", strerror(errno));
	ring_open(&polls, 8, 0);
	if (syscall(SYS_io_uring_register, polls.fd, REGISTER_NAPI, &polling, 1) < 0)
		skip("no busy polling: %s", strerror(errno));
	test_ready();
	test_wait();
	ring_add(&with_region, IORING_OP_NOP, -1, 1);
	ring_submit(&with_region, 1, 1);
	ring_expect(&with_region, 1, 0);
	pass();
}
