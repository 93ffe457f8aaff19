// SPDX-License-Identifier: GPL-2.0-only
/* Datagram sockets which send to one that does not know them: messages have the names of their senders, one of which
 * is closed, and each sender is connected still.
 */
#include "test.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define NR 4

static void name_it(struct sockaddr_un *address, int i)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	sprintf(address->sun_path, i < 0 ? "receiver" : "sender-%d", i);
}

int main(int argc, char **argv)
{
	int receiver, senders[NR];
	struct sockaddr_un address, expected;
	char got[10];

	test_init(argc, argv);
	name_it(&address, -1);
	receiver = must(socket(AF_UNIX, SOCK_DGRAM, 0));
	must(bind(receiver, (struct sockaddr *)&address, sizeof(address)));
	for (int i = 0; i < NR; i++) {
		senders[i] = must(socket(AF_UNIX, SOCK_DGRAM, 0));
		name_it(&expected, i);
		must(bind(senders[i], (struct sockaddr *)&expected, sizeof(expected)));
		must(connect(senders[i], (struct sockaddr *)&address, sizeof(address)));
	}
	for (int i = 0; i < NR; i++)
		must(send(senders[i], &i, sizeof(i), 0));
	must(close(senders[0]));
	must(unlink("sender-0"));

	test_ready();
	test_wait();

	for (int i = 0, value; i < NR; i++) {
		socklen_t size = sizeof(address);

		memset(&address, 0, sizeof(address));
		check(recvfrom(receiver, &value, sizeof(value), MSG_DONTWAIT, (struct sockaddr *)&address,
			       &size) == sizeof(value) &&
			      value == i,
		      "message %d is another one", i);
		name_it(&expected, i);
		check(strcmp(address.sun_path, expected.sun_path) == 0, "message %d comes from '%s'", i,
		      address.sun_path);
	}
	for (int i = 1; i < NR; i++) {
		must(send(senders[i], "again", 5, 0));
		check(recv(receiver, got, sizeof(got), MSG_DONTWAIT) == 5, "sender %d is not connected", i);
	}
	check(send(receiver, "x", 1, 0) < 0, "the receiver is connected");
	pass();
}
