// SPDX-License-Identifier: GPL-2.0-only
/* The busy-poll parameters of an epoll (Linux 6.9).
 *
 * kinds: epoll
 */
#include "test.h"

#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

struct parameters {
	uint32_t usecs;
	uint16_t budget;
	uint8_t prefer, pad;
};

int main(int argc, char **argv)
{
	struct parameters set = { .usecs = 77, .budget = 16, .prefer = 1 }, got = { 0 };
	int fd, plain;

	test_init(argc, argv);
	fd = must(epoll_create1(0));
	plain = must(epoll_create1(0));
	if (ioctl(fd, _IOW(0x8A, 1, struct parameters), &set) < 0)
		skip("this kernel has no busy-poll parameters (EPIOCSPARAMS)");

	test_ready();
	test_wait();

	must(ioctl(fd, _IOR(0x8A, 2, struct parameters), &got));
	check(!memcmp(&got, &set, sizeof(got)), "%u usecs, budget %u, prefer %u", got.usecs, got.budget, got.prefer);
	must(ioctl(plain, _IOR(0x8A, 2, struct parameters), &got));
	check(!got.usecs && !got.budget && !got.prefer, "the plain one has some, too");
	pass();
}
