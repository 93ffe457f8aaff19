// SPDX-License-Identifier: GPL-2.0-only
/* Threads that read pipes as an epoll tells them, edge-triggered and one at a time (EPOLLONESHOT), while others write and
 * add and remove targets: no byte is missed, none is told to two, and nobody waits for ever.
 *
 * kinds: epoll
 * iterations: 10
 * not-compared: descriptors positions
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <unistd.h>

#define PIPES 8

static int oneshot, edges, ends[2 * PIPES][2], busy[PIPES], written;
static unsigned long sent[2 * PIPES], taken[2 * PIPES];
static pthread_barrier_t begun;

static void control(int epoll, int operation, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event event = { .events = events, .data.u64 = data };

	must(epoll_ctl(epoll, operation, fd, &event));
}

static void take_all(unsigned int i)
{
	char bytes[64];
	ssize_t got;

	while ((got = read(ends[i][0], bytes, sizeof(bytes))) > 0)
		__atomic_fetch_add(&taken[i], got, __ATOMIC_SEQ_CST);
	check(got < 0 && errno == EAGAIN, "pipe %u has come to its end", i);
}

static bool all_taken(unsigned int first)
{
	for (unsigned int i = first; i < first + PIPES; i++)
		if (__atomic_load_n(&taken[i], __ATOMIC_SEQ_CST) != __atomic_load_n(&sent[i], __ATOMIC_SEQ_CST))
			return false;
	return true;
}

static bool has_ended(unsigned int first)
{
	return __atomic_load_n(&written, __ATOMIC_SEQ_CST) && all_taken(first);
}

static void *read_oneshot(void *arg)
{
	pthread_barrier_wait(&begun);
	while (!has_ended(0)) {
		struct epoll_event event;

		if (epoll_wait(oneshot, &event, 1, 10) != 1)
			continue;
		check(!__atomic_exchange_n(&busy[event.data.u64], 1, __ATOMIC_SEQ_CST), "told to two");
		take_all((unsigned int)event.data.u64);
		__atomic_store_n(&busy[event.data.u64], 0, __ATOMIC_SEQ_CST);
		control(oneshot, EPOLL_CTL_MOD, ends[event.data.u64][0], EPOLLIN | EPOLLONESHOT, event.data.u64);
	}
	return NULL;
}

static void *read_edges(void *arg)
{
	pthread_barrier_wait(&begun);
	while (!has_ended(PIPES)) {
		struct epoll_event events[4];
		int nr = epoll_wait(edges, events, 4, 10);

		for (int i = 0; i < nr; i++)
			take_all((unsigned int)events[i].data.u64);
	}
	return NULL;
}

static void *write_all(void *arg)
{
	pthread_barrier_wait(&begun);
	while (!test_stopped())
		for (unsigned int i = 0; i < 2 * PIPES; i++) {
			__atomic_fetch_add(&sent[i], 1, __ATOMIC_SEQ_CST);
			must(write(ends[i][1], "", 1));
		}
	__atomic_store_n(&written, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static void *add_and_remove(void *arg)
{
	int epoll = must(epoll_create1(0));

	pthread_barrier_wait(&begun);
	while (!test_stopped())
		for (unsigned int i = 0; i < 2 * PIPES; i++) {
			int fd = must(dup(ends[i][0]));

			control(epoll, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLET, i);
			control(epoll, EPOLL_CTL_DEL, fd, 0, i);
			close(fd);
		}
	return NULL;
}

int main(int argc, char **argv)
{
	void *(*const bodies[])(void *) = { read_oneshot, read_oneshot, read_edges, write_all, add_and_remove };
	pthread_t threads[ARRAY_SIZE(bodies)];

	test_init(argc, argv);
	oneshot = must(epoll_create1(0));
	edges = must(epoll_create1(0));
	for (unsigned int i = 0; i < 2 * PIPES; i++) {
		must(pipe(ends[i]));
		must(fcntl(ends[i][0], F_SETFL, O_NONBLOCK));
		control(i < PIPES ? oneshot : edges, EPOLL_CTL_ADD, ends[i][0],
			i < PIPES ? EPOLLIN | EPOLLONESHOT : EPOLLIN | EPOLLET, i);
	}
	check(!pthread_barrier_init(&begun, NULL, ARRAY_SIZE(bodies) + 1), "no barrier");
	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++)
		check(!pthread_create(&threads[i], NULL, bodies[i], NULL), "no thread");

	pthread_barrier_wait(&begun);
	test_ready();
	test_wait();

	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++)
		check(!pthread_join(threads[i], NULL), "a thread is lost");
	for (unsigned int i = 0; i < 2 * PIPES; i++)
		check(taken[i] == sent[i], "pipe %u: %lu of %lu bytes", i, taken[i], sent[i]);
	pass();
}
