// SPDX-License-Identifier: GPL-2.0-only
/* Datagrams with numbers, from two processes to a named socket of a third one: each comes once, in the order of its
 * sender.
 *
 * kinds: unix
 * iterations: 10
 */
#include "test.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct message {
	uint32_t who, number;
};

static const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "receiver" };
static uint32_t names[2] = { 0, 1 };

static void send_numbers(void *arg)
{
	struct message message = { *(uint32_t *)arg, 0 };
	int fd = must(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));

	must(connect(fd, (const struct sockaddr *)&address, sizeof(address)));
	test_ready();
	while (!test_stopped())
		if (send(fd, &message, sizeof(message), 0) == sizeof(message))
			message.number++;
		else
			check(errno == EAGAIN, "sender %u: errno %d", message.who, errno);
	message.who |= 0x100; /* so many there were */
	while (send(fd, &message, sizeof(message), 0) < 0)
		check(errno == EAGAIN, "the end cannot be sent");
}

int main(int argc, char **argv)
{
	uint32_t next[2] = { 0 };
	unsigned int ended = 0;
	pid_t children[2];
	int fd;

	test_init(argc, argv);
	fd = must(socket(AF_UNIX, SOCK_DGRAM, 0));
	must(bind(fd, (const struct sockaddr *)&address, sizeof(address)));
	for (int i = 0; i < 2; i++)
		children[i] = test_child(send_numbers, &names[i]);
	test_ready();
	while (ended < 2) {
		struct message message;

		if (test_stopped() && !ended) {
			for (int i = 0; i < 2; i++)
				must(kill(children[i], SIGTERM));
			ended = 0;
		}
		must(recv(fd, &message, sizeof(message), 0));
		check(message.number == next[message.who & 1], "sender %u: %u instead of %u", message.who & 1,
		      message.number, next[message.who & 1]);
		ended += message.who >> 8;
		next[message.who & 1] += !(message.who >> 8);
	}
	pass();
}
