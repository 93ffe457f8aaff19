// SPDX-License-Identifier: GPL-2.0-only
/* A thousand pairs, each with a byte on its way in both directions. */
#include "test.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define NR 1000

static int pairs[NR][2];

int main(int argc, char **argv)
{
	struct rlimit limit;

	test_init(argc, argv);
	must(getrlimit(RLIMIT_NOFILE, &limit));
	if (limit.rlim_max < 3 * NR)
		skip("%d open files are needed", 3 * NR);
	limit.rlim_cur = limit.rlim_max;
	must(setrlimit(RLIMIT_NOFILE, &limit));
	for (int i = 0; i < NR; i++) {
		must(socketpair(AF_UNIX, i % 2 ? SOCK_STREAM : SOCK_DGRAM, 0, pairs[i]));
		must(send(pairs[i][0], &i, sizeof(i), 0));
		must(send(pairs[i][1], &i, 1, 0));
	}

	test_ready();
	test_wait();

	for (int i = 0, got; i < NR; i++) {
		check(recv(pairs[i][1], &got, sizeof(got), MSG_DONTWAIT) == sizeof(got) && got == i, "pair %d", i);
		check(recv(pairs[i][0], &got, sizeof(got), MSG_DONTWAIT) == 1, "pair %d, the other direction", i);
	}
	pass();
}
