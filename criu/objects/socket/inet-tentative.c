// SPDX-License-Identifier: GPL-2.0-only
/* An IPv6 address that has just been added cannot be bound to until the kernel has found out that nobody else has it (RFC
 * 4862, 5.4): a second or so. */
#include "criu/objects/socket/inet-tentative.h"

#include <linux/if_addr.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "criu/util/cleanup.h"

#define WAIT_NSEC (5 * 1000 * 1000)
#define WAITS 2000 /* then it has no carrier, or so */

/* "fe800000000000000242acfffe110002 02 40 20 80     eth0": index, length, scope and flags. */
static bool is_tentative(const char *line, const char *wanted)
{
	char address[33];
	unsigned int flags;

	return sscanf(line, "%32[0-9a-f] %*x %*x %*x %x", address, &flags) == 2 &&
	       strcmp(address, wanted) == 0 && (flags & IFA_F_TENTATIVE) && !(flags & IFA_F_DADFAILED);
}

static bool find_tentative(const char *wanted)
{
	_cleanup_fclose_ FILE *list = fopen("/proc/thread-self/net/if_inet6", "re");
	char line[128];

	while (list && fgets(line, sizeof(line), list))
		if (is_tentative(line, wanted))
			return true;
	return false;
}

bool inet_wait_for_address(const union inet_address *address)
{
	const struct timespec pause = { .tv_nsec = WAIT_NSEC };
	char wanted[33];
	unsigned int i;

	if (address->any.sa_family != AF_INET6)
		return false;
	for (i = 0; i < sizeof(address->v6.sin6_addr); i++)
		snprintf(wanted + 2 * i, 3, "%02x", address->v6.sin6_addr.s6_addr[i]);
	for (i = 0; i < WAITS && find_tentative(wanted); i++)
		nanosleep(&pause, NULL);
	return i > 0;
}
