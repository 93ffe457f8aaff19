// SPDX-License-Identifier: GPL-2.0-only
/* Urgent data that the peer has announced, but the window was closed for them: nothing tells where they belong.
 *
 * options: --tcp-established
 * refuses: urgent data that are announced, but have not come
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	static char data[65536];
	int listener, client, server, small = 4096;

	test_init(argc, argv);
	listener = must(socket(AF_INET, SOCK_STREAM, 0));
	must(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)));
	must(bind(listener, (struct sockaddr *)&address, size));
	must(getsockname(listener, (struct sockaddr *)&address, &size));
	must(listen(listener, 1));
	client = must(socket(AF_INET, SOCK_STREAM, 0));
	must(connect(client, (struct sockaddr *)&address, size));
	server = must(accept(listener, NULL, NULL));
	must(send(client, data, 40000, MSG_DONTWAIT));
	must(send(client, "u", 1, MSG_OOB | MSG_DONTWAIT));
	while (recv(server, data, 1, MSG_OOB | MSG_PEEK) < 0 && errno == EINVAL)
		usleep(1000);
	check(errno == EAGAIN, "the urgent byte has come");
	test_ready();
	test_wait();
	while (recv(server, data, 1, MSG_OOB) < 0)
		must(read(server, data, sizeof(data)));
	check(data[0] == 'u', "another urgent byte");
	pass();
}
