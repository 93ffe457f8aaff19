// SPDX-License-Identifier: GPL-2.0-only
/* A connect that waits for room at a listener, with a time limit (SO_SNDTIMEO), which the kernel ends by EINTR upon any stop:
 * nobody notices, and it goes on waiting.
 *
 * kinds: unix
 * iterations: 2
 */
#include "test.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "listener" };
static atomic_int tid;

static int make(void)
{
	const struct timeval limit = { .tv_sec = 3600 };
	int fd = must(socket(AF_UNIX, SOCK_STREAM, 0));

	must(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)));
	return fd;
}

static void *connect_late(void *argument)
{
	tid = (int)syscall(SYS_gettid);
	if (connect(*(int *)argument, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return (void *)(intptr_t)errno;
	return NULL;
}

int main(int argc, char **argv)
{
	int listener, first, late;
	pthread_t thread;
	void *error;

	test_init(argc, argv);
	listener = must(socket(AF_UNIX, SOCK_STREAM, 0));
	must(bind(listener, (const struct sockaddr *)&address, sizeof(address)));
	must(listen(listener, 0));
	first = make();
	must(connect(first, (const struct sockaddr *)&address, sizeof(address)));
	late = make();
	check(pthread_create(&thread, NULL, connect_late, &late) == 0, "no thread");
	while (!tid)
		usleep(100);
	test_wait_blocked(tid, SYS_connect);
	test_ready();
	test_wait();
	must(accept(listener, NULL, NULL));
	must(accept(listener, NULL, NULL));
	check(pthread_join(thread, &error) == 0 && !error, "connect: %s", strerror((int)(intptr_t)error));
	pass();
}
