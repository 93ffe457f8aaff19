// SPDX-License-Identifier: GPL-2.0-only
/* Short connections without a pause: a client connects, sends a line, gets an answer and the end. What waits to be accepted
 * when a dump comes may be left out, which its client sees as an error and tries again; whatever was answered was right.
 *
 * options: --tcp-established
 * dump-options: --skip-in-flight
 * iterations: 10
 * not-compared: descriptors positions
 */
#include "test.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define NR_CLIENTS 3
#define SIZE 3000

static struct {
	struct sockaddr_in6 address;
	socklen_t size;
	int listener;
	struct counts {
		unsigned done, broken;
	} * counts; /* shared, for each client */
} given;

/* Connections that have ended keep the port for a while: servers set SO_REUSEADDR for that. */
static void make_listener(void)
{
	int on = 1;

	given.address = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_addr = in6addr_any };
	given.size = sizeof(given.address);
	given.listener = must(socket(AF_INET6, SOCK_STREAM, 0));
	must(setsockopt(given.listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)));
	must(bind(given.listener, (struct sockaddr *)&given.address, given.size));
	must(listen(given.listener, 10));
	must(getsockname(given.listener, (struct sockaddr *)&given.address, &given.size));
	given.address.sin6_addr = in6addr_loopback;
}

static bool receive(int fd, void *data, size_t size)
{
	return recv(fd, data, size, MSG_WAITALL) == (ssize_t)size;
}

/* An answer is made of the question, and the stream ends behind it. */
static bool ask(unsigned seed)
{
	int fd = must(socket(AF_INET6, SOCK_STREAM, 0));
	char question[SIZE], answer[2 * SIZE], more;
	bool right;

	test_fill(question, SIZE, seed);
	right = connect(fd, (struct sockaddr *)&given.address, given.size) == 0 &&
		send(fd, question, SIZE, MSG_NOSIGNAL) == SIZE && receive(fd, answer, sizeof(answer));
	if (right) {
		check(!memcmp(question, answer, SIZE) && !memcmp(question, answer + SIZE, SIZE), "another answer");
		check(recv(fd, &more, 1, 0) == 0, "more comes than the answer");
	}
	must(close(fd));
	return right;
}

static void client(void *which)
{
	struct counts *counts = &given.counts[(uintptr_t)which];

	test_ready();
	for (unsigned i = 0; !test_stopped(); i++) {
		if (ask(i * NR_CLIENTS + (unsigned)(uintptr_t)which))
			counts->done++;
		else
			counts->broken++;
	}
}

static void serve_one(void)
{
	int fd = accept(given.listener, NULL, NULL);
	char question[SIZE];

	if (fd < 0)
		return;
	if (receive(fd, question, SIZE))
		check(send(fd, question, SIZE, MSG_NOSIGNAL) == SIZE && send(fd, question, SIZE, MSG_NOSIGNAL) == SIZE,
		      "send: %s", strerror(errno));
	must(close(fd));
}

static void server(void *unused)
{
	struct pollfd poller = { .fd = given.listener, .events = POLLIN };

	(void)unused;
	test_ready();
	while (!test_stopped())
		if (poll(&poller, 1, 50) > 0)
			serve_one();
}

static unsigned count_done(void)
{
	unsigned done = 0;

	for (int i = 0; i < NR_CLIENTS; i++)
		done += given.counts[i].done;
	return done;
}

int main(int argc, char **argv)
{
	pid_t pids[NR_CLIENTS], server_pid;
	unsigned before;

	test_init(argc, argv);
	given.counts = mmap(NULL, TEST_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(given.counts != MAP_FAILED, "mmap");
	make_listener();
	server_pid = test_child(server, NULL);
	for (uintptr_t i = 0; i < NR_CLIENTS; i++)
		pids[i] = test_child(client, (void *)i);
	while (!count_done())
		usleep(1000);
	test_ready();
	test_wait();
	before = count_done();
	while (count_done() < before + 10)
		usleep(1000);
	for (int i = 0; i < NR_CLIENTS; i++)
		test_end_child(pids[i]);
	test_end_child(server_pid);
	pass();
}
