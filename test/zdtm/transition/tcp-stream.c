// SPDX-License-Identifier: GPL-2.0-only
/* Two processes send each other a stream without a pause, over IPv4 and IPv6; nothing of it is lost or comes twice.
 *
 * options: --tcp-established
 * iterations: 10
 */
#include "test.h"

#include "tcp.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct {
	int ends[2];
} pairs[2];

struct way {
	int fd;
	uint32_t out, in; /* words so far */
	char part[4];
	size_t have;
};

static void send_some(struct way *way)
{
	uint32_t words[1024];
	ssize_t done;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		words[i] = way->out + (uint32_t)i;
	done = send(way->fd, words, sizeof(words), MSG_DONTWAIT);
	if (done <= 0)
		return;
	/* Words are whole. */
	if (done % 4)
		done += must(send(way->fd, (char *)words + done, 4 - (size_t)done % 4, 0));
	way->out += (uint32_t)done / 4;
}

static void receive_some(struct way *way)
{
	char data[5000];
	ssize_t got = recv(way->fd, data, sizeof(data), MSG_DONTWAIT);

	for (ssize_t i = 0; i < got; i++) {
		uint32_t word;

		way->part[way->have++] = data[i];
		if (way->have < sizeof(word))
			continue;
		memcpy(&word, way->part, sizeof(word));
		check(word == way->in, "word %u comes instead of %u", word, way->in);
		way->in++;
		way->have = 0;
	}
}

static void talk(int end)
{
	struct way ways[2] = { { .fd = pairs[0].ends[end] }, { .fd = pairs[1].ends[end] } };
	struct pollfd pollers[2];
	uint32_t enough[2];

	while (!test_stopped()) {
		for (int i = 0; i < 2; i++)
			pollers[i] = (struct pollfd){ .fd = ways[i].fd, .events = POLLIN | POLLOUT };
		poll(pollers, 2, 100);
		for (int i = 0; i < 2; i++) {
			if (pollers[i].revents & POLLOUT)
				send_some(&ways[i]);
			receive_some(&ways[i]);
		}
	}
	/* They still work. */
	for (int i = 0; i < 2; i++)
		enough[i] = ways[i].in;
	check(enough[0] && enough[1], "nothing came at all");
}

static void child(void *unused)
{
	(void)unused;
	test_ready();
	talk(1);
}

int main(int argc, char **argv)
{
	pid_t pid;

	test_init(argc, argv);
	must(close(tcp_pair("127.0.0.1", pairs[0].ends)));
	must(close(tcp_pair("::1", pairs[1].ends)));
	pid = test_child(child, NULL);
	test_ready();
	talk(0);
	test_end_child(pid);
	pass();
}
