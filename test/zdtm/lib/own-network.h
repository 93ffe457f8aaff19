/* SPDX-License-Identifier: GPL-2.0-only */
/* For a test whose whole program is that of another one, but in a network namespace of its own, with loopback: criu is not
 * in it. A listener of TCP has its traffic held. */
#ifndef ZDTM_LIB_OWN_NETWORK_H
#define ZDTM_LIB_OWN_NETWORK_H

#include "test.h"

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static void __attribute__((constructor)) enter_own_network(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING | IFF_LOOPBACK };
	int fd;

	must(unshare(CLONE_NEWNET));
	fd = must(socket(AF_INET, SOCK_DGRAM, 0));
	must(ioctl(fd, SIOCSIFFLAGS, &request));
	close(fd);
	must(listen(must(socket(AF_INET, SOCK_STREAM, 0)), 1));
}

#endif
