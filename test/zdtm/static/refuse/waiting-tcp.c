// SPDX-License-Identifier: GPL-2.0-only
/* TCP connections that wait to be accepted and cannot be kept: one that was reset, one with urgent data, one that
 * answers to options of IPv4 of a peer that is not there any more, one that is half open. A refused dump takes nothing from them.
 *
 * refuses: connection 2 that waits to be accepted has been reset by its peer; waits to be accepted has urgent data; outside of the tree with options of IPv4; 1 connections are half open; --skip-in-flight
 * options: --tcp-established
 * skip-if: no-kernel-types
 * kinds: tcp accept_queues
 */
#include "test.h"

#include "tcp.h"

#include <errno.h>
#include <linux/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct linger at_once = { .l_onoff = 1 };
	union tcp_address address;
	int reset, urgent, answers, deferred, fd, patience = 100;
	char byte;

	test_init(argc, argv);
	reset = tcp_listen("127.0.0.1", 5, &address);
	tcp_call(&address);
	fd = tcp_call(&address);
	must(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)));
	must(close(fd));
	urgent = tcp_listen("127.0.0.1", 5, &address);
	must(send(tcp_call(&address), "!", 1, MSG_OOB));
	answers = tcp_listen("127.0.0.1", 5, &address);
	fd = must(socket(AF_INET, SOCK_STREAM, 0));
	must(setsockopt(fd, IPPROTO_IP, IP_OPTIONS, "\7\7\4\0\0\0\0\1", 8));
	must(connect(fd, &address.any, sizeof(address.v4)));
	must(close(fd));
	deferred = tcp_listen("127.0.0.1", 5, &address);
	must(setsockopt(deferred, IPPROTO_TCP, TCP_DEFER_ACCEPT, &patience, sizeof(patience)));
	fd = tcp_call(&address);
	test_ready();
	test_wait();
	must(accept(reset, NULL, NULL));
	check(read(must(accept(reset, NULL, NULL)), &byte, 1) < 0 && errno == ECONNRESET, "the reset is lost");
	check(recv(must(accept(urgent, NULL, NULL)), &byte, 1, MSG_OOB) == 1 && byte == '!', "urgent data are lost");
	check(must(read(must(accept(answers, NULL, NULL)), &byte, 1)) == 0, "the end is lost");
	check(must(write(fd, "x", 1)) == 1, "short write");
	check(must(read(must(accept(deferred, NULL, NULL)), &byte, 1)) == 1 && byte == 'x', "it is lost");
	pass();
}
