// SPDX-License-Identifier: GPL-2.0-only
/* Connections whose ends send each other words all the time, until told to stop: one end reads slowly, so that queues and
 * windows are full on one way and have room on the other. Each byte arrives once, and at the end all that was sent. A file
 * "talk" in the directory says with whom ("listen OWN any PORT", "connect OWN OTHER PORT"); without it both ends are here.
 *
 * options: --tcp-established
 */
#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_ENDS 8
#define BUFFER 150000
#define ROUND 5 /* milliseconds */
#define SLOW 4096
#define LAST_WORD UINT32_MAX

struct end {
	int fd;
	bool slow; /* to read */
	bool sent_all, got_all, at_end;
	uint32_t out, in; /* words so far */
	uint8_t to_send[65536], part[4];
	size_t nr_to_send, nr_sent, nr_part;
	bool last; /* the next word is the count */
};

static struct end ends[MAX_ENDS];
static size_t nr_ends;

/* --- making --- */

struct address {
	struct sockaddr_in6 name;
	socklen_t size;
};

static struct address parse(const char *text, unsigned port)
{
	struct address address = { .size = sizeof(address.name) };
	struct sockaddr_in *v4 = (struct sockaddr_in *)&address.name;

	address.name.sin6_family = AF_INET6;
	address.name.sin6_port = htons((uint16_t)port);
	if (inet_pton(AF_INET6, text, &address.name.sin6_addr) == 1)
		return address;
	memset(&address.name, 0, sizeof(address.name));
	v4->sin_family = AF_INET;
	v4->sin_port = htons((uint16_t)port);
	check(inet_pton(AF_INET, text, &v4->sin_addr) == 1, "address '%s'", text);
	address.size = sizeof(*v4);
	return address;
}

static int new_socket(const struct address *address)
{
	int size = BUFFER, on = 1, fd = must(socket(address->name.sin6_family, SOCK_STREAM, 0));

	must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)));
	must(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)));
	must(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)));
	return fd;
}

static int make_listener(struct address *address)
{
	int fd = new_socket(address);

	must(bind(fd, (struct sockaddr *)&address->name, address->size));
	must(listen(fd, 1));
	must(getsockname(fd, (struct sockaddr *)&address->name, &address->size));
	return fd;
}

/* The other end may not listen yet. */
static int make_connection(const struct address *from, const struct address *to)
{
	for (;;) {
		int fd = new_socket(to);

		must(bind(fd, (const struct sockaddr *)&from->name, from->size));
		if (connect(fd, (const struct sockaddr *)&to->name, to->size) == 0)
			return fd;
		check(errno == ECONNREFUSED, "connect: %s", strerror(errno));
		must(close(fd));
		usleep(10000);
	}
}

static void add_end(int fd, bool slow)
{
	check(nr_ends < MAX_ENDS, "too many connections");
	ends[nr_ends++] = (struct end){ .fd = fd, .slow = slow };
}

static void make_both_ends(const char *text)
{
	struct address address = parse(text, 0), from = address;
	int listener = make_listener(&address);

	add_end(make_connection(&from, &address), true);
	add_end(must(accept(listener, NULL, NULL)), false);
	must(close(listener));
}

/* All listen before anybody connects, and all connect before anybody waits. */
static void make_as_told(FILE *file)
{
	struct address from[MAX_ENDS], to[MAX_ENDS];
	int listeners[MAX_ENDS];
	size_t nr = 0, nr_listeners = 0;
	char verb[16], own[64], other[64];
	unsigned port;

	while (fscanf(file, "%15s %63s %63s %u", verb, own, other, &port) == 4) {
		struct address address = parse(own, strcmp(verb, "listen") == 0 ? port : 0);

		check(nr + nr_listeners < MAX_ENDS, "too many connections");
		if (strcmp(verb, "listen") == 0) {
			listeners[nr_listeners++] = make_listener(&address);
		} else {
			to[nr] = parse(other, port);
			from[nr++] = address;
		}
	}
	for (size_t i = 0; i < nr; i++)
		add_end(make_connection(&from[i], &to[i]), true);
	for (size_t i = 0; i < nr_listeners; i++)
		add_end(must(accept(listeners[i], NULL, NULL)), false);
}

/* --- talking --- */

static void fill(struct end *end)
{
	uint32_t word;

	end->nr_sent = end->nr_to_send = 0;
	while (!test_stopped() && end->nr_to_send < (end->slow ? SLOW : sizeof(end->to_send))) {
		word = end->out++;
		memcpy(end->to_send + end->nr_to_send, &word, sizeof(word));
		end->nr_to_send += sizeof(word);
	}
}

/* Behind the last word stands how many there were. */
static void fill_end(struct end *end)
{
	const uint32_t words[2] = { LAST_WORD, end->out };

	memcpy(end->to_send, words, sizeof(words));
	end->nr_sent = 0;
	end->nr_to_send = sizeof(words);
	end->sent_all = true;
}

static void send_some(struct end *end)
{
	ssize_t done;

	if (end->nr_sent == end->nr_to_send && !end->sent_all)
		fill(end);
	if (end->nr_sent == end->nr_to_send && !end->sent_all && test_stopped())
		fill_end(end);
	if (end->nr_sent == end->nr_to_send)
		return;
	done = send(end->fd, end->to_send + end->nr_sent, end->nr_to_send - end->nr_sent,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	check(done >= 0 || errno == EAGAIN, "send: %s", strerror(errno));
	if (done > 0)
		end->nr_sent += (size_t)done;
	if (end->sent_all && end->nr_sent == end->nr_to_send)
		must(shutdown(end->fd, SHUT_WR));
}

static void take_word(struct end *end)
{
	uint32_t word;

	memcpy(&word, end->part, sizeof(word));
	end->nr_part = 0;
	check(word == end->in || (!end->last && word == LAST_WORD), "word %u comes instead of %u", word, end->in);
	if (word == LAST_WORD)
		end->last = true;
	else if (!end->last)
		end->in++;
	else
		end->got_all = true;
}

static void receive_some(struct end *end)
{
	uint8_t data[65536];
	size_t size = end->slow && !test_stopped() ? SLOW : sizeof(data);
	ssize_t got = recv(end->fd, data, size, MSG_DONTWAIT);

	check(got > 0 || (got < 0 && errno == EAGAIN) || (got == 0 && end->got_all),
	      "recv: %zd, %s after %u words", got, strerror(errno), end->in);
	for (ssize_t i = 0; i < got; i++) {
		check(!end->got_all, "more comes than was sent");
		end->part[end->nr_part++] = data[i];
		if (end->nr_part == sizeof(end->part))
			take_word(end);
	}
	end->at_end = got == 0;
}

static bool talk(void)
{
	bool going_on = false;

	for (size_t i = 0; i < nr_ends; i++) {
		send_some(&ends[i]);
		if (!ends[i].at_end)
			receive_some(&ends[i]);
		going_on |= !ends[i].at_end || ends[i].nr_sent != ends[i].nr_to_send || !ends[i].sent_all;
	}
	return going_on;
}

int main(int argc, char **argv)
{
	FILE *file;

	test_init(argc, argv);
	file = fopen("talk", "r");
	if (file) {
		make_as_told(file);
		fclose(file);
	} else {
		make_both_ends("127.0.0.1");
		make_both_ends("::1");
	}
	test_ready();
	while (talk())
		poll(NULL, 0, ROUND);
	pass();
}
