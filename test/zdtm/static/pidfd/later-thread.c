// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors of threads that are not the first of their process (PIDFD_THREAD): of a thread of the own process under two
 * numbers, watched by an epoll; of one of a child. A signal goes to that thread, its end is told by the descriptor. One of a
 * thread that is gone stays so.
 *
 * kinds: pidfd
 * iterations: 2
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NUMBER 200

static atomic_int tid, got_by;
static int stop[2];

static void note(int number)
{
	got_by = (int)syscall(SYS_gettid);
}

static void *wait_here(void *argument)
{
	char byte;

	tid = (int)syscall(SYS_gettid);
	while (read(stop[0], &byte, 1) < 0)
		check(errno == EINTR, "errno %d", errno);
	return argument;
}

static void *end_at_once(void *argument)
{
	tid = (int)syscall(SYS_gettid);
	must(read(stop[0], &argument, 1));
	return NULL;
}

static pid_t start(pthread_t *thread, void *(*body)(void *))
{
	tid = 0;
	check(pthread_create(thread, NULL, body, NULL) == 0, "no thread");
	while (!tid)
		usleep(100);
	test_wait_blocked(tid, SYS_read);
	return tid;
}

static int open_thread(pid_t thread, unsigned int flags)
{
	int fd = (int)syscall(SYS_pidfd_open, thread, O_EXCL | flags);

	if (fd < 0 && errno == EINVAL)
		skip("PIDFD_THREAD needs Linux 6.9");
	return must(fd);
}

static int open_gone(void)
{
	pthread_t thread;
	int fd = open_thread(start(&thread, end_at_once), 0);

	must(write(stop[1], "x", 1));
	check(pthread_join(thread, NULL) == 0, "no join");
	return fd;
}

static bool has_ended(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return must(poll(&poll_fd, 1, 0)) == 1;
}

/* The child tells its thread by a pipe. */
static void child_body(void *argument)
{
	pthread_t thread;
	pid_t number;

	must(pipe(stop));
	number = start(&thread, wait_here);
	must(write(*(int *)argument, &number, sizeof(number)));
	test_ready();
	test_wait();
	while (!got_by)
		usleep(100);
	check(got_by == number, "the signal was taken by %d", got_by);
	must(close(stop[1]));
	check(pthread_join(thread, NULL) == 0, "no join");
}

int main(int argc, char **argv)
{
	struct epoll_event event = { .events = EPOLLIN };
	int own, copy, of_child, gone, epoll, told[2];
	pid_t child, number, in_child;
	pthread_t thread;

	test_init(argc, argv);
	signal(SIGUSR1, note);
	must(pipe(told));
	child = test_child(child_body, &told[1]);
	must(read(told[0], &in_child, sizeof(in_child)));
	of_child = open_thread(in_child, O_NONBLOCK);
	must(pipe(stop));
	gone = open_gone();
	number = start(&thread, wait_here);
	own = open_thread(number, 0);
	copy = must(fcntl(own, F_DUPFD, NUMBER));
	epoll = must(epoll_create1(0));
	must(epoll_ctl(epoll, EPOLL_CTL_ADD, own, &event));
	test_ready();
	test_wait();
	check(fcntl(own, F_GETFD) == FD_CLOEXEC && fcntl(copy, F_GETFD) == 0, "flags of the descriptors");
	check(fcntl(own, F_GETFL) == (O_RDWR | O_EXCL), "flags %o", fcntl(own, F_GETFL));
	check(fcntl(of_child, F_GETFL) == (O_RDWR | O_EXCL | O_NONBLOCK), "flags %o", fcntl(of_child, F_GETFL));
	check(has_ended(gone) && !has_ended(own) && !has_ended(copy) && !has_ended(of_child), "ends");
	must(syscall(SYS_pidfd_send_signal, of_child, SIGUSR1, NULL, 0));
	must(syscall(SYS_pidfd_send_signal, copy, SIGUSR1, NULL, 0));
	test_end_child(child);
	check(has_ended(of_child), "the thread of the child lives");
	while (!got_by)
		usleep(100);
	check(got_by == number, "the signal was taken by %d", got_by);
	check(must(epoll_wait(epoll, &event, 1, 0)) == 0, "an end is told too early");
	must(close(stop[1]));
	check(must(epoll_wait(epoll, &event, 1, 30000)) == 1, "the end is not told");
	check(pthread_join(thread, NULL) == 0, "no join");
	check(has_ended(own), "the thread lives");
	pass();
}
