// SPDX-License-Identifier: GPL-2.0-only
/* Of several listeners of one port, each has the connections afterwards that waited for it before.
 *
 * kinds: tcp accept_queues
 * options: --tcp-established
 * skip-if: no-kernel-types
 */
#include "test.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define LISTENERS 3
#define CLIENTS 24

static unsigned int waiting(int listener)
{
	struct tcp_info info;
	socklen_t size = sizeof(info);

	must(getsockopt(listener, IPPROTO_TCP, TCP_INFO, &info, &size));
	return info.tcpi_unacked;
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listeners[LISTENERS], clients[CLIENTS], on = 1, taken = 0;
	unsigned int before[LISTENERS];
	socklen_t size = sizeof(address);

	test_init(argc, argv);
	for (int i = 0; i < LISTENERS; i++) {
		listeners[i] = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
		must(setsockopt(listeners[i], SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)));
		must(bind(listeners[i], (struct sockaddr *)&address, size));
		must(getsockname(listeners[i], (struct sockaddr *)&address, &size));
	}
	/* Not the order in which they are made again: another one gets a connection that comes by chance. */
	for (int i = LISTENERS - 1; i >= 0; i--)
		must(listen(listeners[i], CLIENTS));
	for (int i = 0; i < CLIENTS; i++) {
		clients[i] = must(socket(AF_INET, SOCK_STREAM, 0));
		must(connect(clients[i], (struct sockaddr *)&address, size));
		check(must(write(clients[i], &(char){ (char)i }, 1)) == 1, "short write");
	}
	for (int i = 0; i < LISTENERS; i++)
		before[i] = waiting(listeners[i]);
	test_ready();
	test_wait();
	for (int i = 0; i < LISTENERS; i++)
		check(waiting(listeners[i]) == before[i], "listener %d has %u, not %u", i,
		      waiting(listeners[i]), before[i]);
	for (int i = 0; i < LISTENERS; i++) {
		for (int server, last = -1; (server = accept(listeners[i], NULL, NULL)) >= 0; taken++) {
			char byte;

			check(must(read(server, &byte, 1)) == 1 && byte > last, "%d comes behind %d", byte, last);
			last = byte;
			check(must(write(server, "b", 1)) == 1, "short write");
			check(must(read(clients[last], &byte, 1)) == 1 && byte == 'b', "another one answers");
		}
		check(errno == EAGAIN, "accept: %m");
	}
	check(taken == CLIENTS, "%d are there", taken);
	pass();
}
