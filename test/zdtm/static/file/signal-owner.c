// SPDX-License-Identifier: GPL-2.0-only
/* Who gets the signals of a descriptor (F_SETOWN, F_SETSIG), for a process and a group.
 *
 * flavours: host ns compat
 */
#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct f_owner_ex owner[2], now;
	int fd[2][2];

	test_init(argc, argv);
	owner[0] = (struct f_owner_ex){ F_OWNER_PID, getpid() };
	owner[1] = (struct f_owner_ex){ F_OWNER_PGRP, getpgid(0) };
	for (int i = 0; i < 2; i++) {
		must(pipe(fd[i]));
		must(fcntl(fd[i][0], F_SETOWN_EX, &owner[i]));
		must(fcntl(fd[i][0], F_SETSIG, SIGRTMIN + i));
	}
	test_ready();
	test_wait();
	for (int i = 0; i < 2; i++) {
		must(fcntl(fd[i][0], F_GETOWN_EX, &now));
		check(now.type == owner[i].type && now.pid == owner[i].pid, "owner %d was %d/%d and is %d/%d",
		      i, owner[i].type, owner[i].pid, now.type, now.pid);
		check(fcntl(fd[i][0], F_GETSIG) == SIGRTMIN + i, "signal %d is %d", i, fcntl(fd[i][0], F_GETSIG));
	}
	pass();
}
