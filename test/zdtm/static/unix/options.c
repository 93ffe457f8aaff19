// SPDX-License-Identifier: GPL-2.0-only
/* Options of sockets that stand at other values than usual, on sockets of all three types; and that others stand as usual. */
#include "test.h"

#include <linux/filter.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static const struct {
	int option, value, wanted;
} numbers[] = {
	{ SO_SNDBUF, 50000, 100000 },
	{ SO_RCVBUF, 1 << 22, 1 << 23 }, /* above the limit of the machine: by force */
	{ SO_REUSEADDR, 1, 1 },
	{ SO_PRIORITY, 5, 5 },
	{ SO_MARK, 77, 77 },
	{ SO_RCVLOWAT, 9, 9 },
	{ SO_PASSCRED, 1, 1 },
	{ SO_PASSSEC, 1, 1 },
	{ SO_KEEPALIVE, 1, 1 },
	{ SO_DONTROUTE, 1, 1 },
	{ SO_BROADCAST, 1, 1 },
	{ SO_OOBINLINE, 1, 1 },
	{ SO_NO_CHECK, 1, 1 },
	{ SO_TIMESTAMPNS, 1, 1 },
	{ SO_RXQ_OVFL, 1, 1 },
	{ SO_SELECT_ERR_QUEUE, 1, 1 },
	{ SO_BUSY_POLL, 50, 50 },
	{ 76 /* SO_PASSPIDFD */, 1, 1 },
	{ 83 /* SO_PASSRIGHTS */, 0, 0 },
};
static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };

static bool settable[ARRAY_SIZE(types)][ARRAY_SIZE(numbers)];

static void set(int fd, int option, const void *value, socklen_t size)
{
	must(setsockopt(fd, SOL_SOCKET, option, value, size));
}

static void set_all(int fd, int type)
{
	struct sock_filter code[] = { BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
				      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 9, 1, 0),
				      BPF_STMT(BPF_RET | BPF_K, 0), BPF_STMT(BPF_RET | BPF_K, 65535) };
	struct sock_fprog program = { ARRAY_SIZE(code), code };
	struct timeval send = { 3, 500000 }, receive = { 0, 40000 };
	struct linger linger = { 1, 12 };
	int on = 1;

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		int option = numbers[i].option == SO_RCVBUF ? SO_RCVBUFFORCE : numbers[i].option;

		settable[type][i] = setsockopt(fd, SOL_SOCKET, option, &numbers[i].value,
					       sizeof(numbers[i].value)) == 0;
	}
	set(fd, SO_SNDTIMEO, &send, sizeof(send));
	set(fd, SO_RCVTIMEO, &receive, sizeof(receive));
	set(fd, SO_LINGER, &linger, sizeof(linger));
	set(fd, SO_ATTACH_FILTER, &program, sizeof(program));
	set(fd, SO_LOCK_FILTER, &on, sizeof(on));
}

static void check_numbers(int fd, int type)
{
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		socklen_t size = sizeof(int);
		int value;

		if (!settable[type][i])
			continue;
		must(getsockopt(fd, SOL_SOCKET, numbers[i].option, &value, &size));
		check(value == numbers[i].wanted, "type %d: option %d is %d", types[type], numbers[i].option, value);
	}
}

static void check_others(int fd)
{
	struct timeval time;
	struct linger linger;
	struct sock_filter code[10];
	socklen_t size = sizeof(time);
	int locked = 0;

	must(getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, &size));
	check(time.tv_sec == 3 && time.tv_usec == 500000, "time to send");
	must(getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, &size));
	check(time.tv_sec == 0 && time.tv_usec == 40000, "time to receive");
	size = sizeof(linger);
	must(getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &size));
	check(linger.l_onoff && linger.l_linger == 12, "lingering");
	size = ARRAY_SIZE(code);
	must(getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, code, &size));
	check(size == 4 && code[1].k == 9 && code[1].jt == 1, "filter of %d", size);
	size = sizeof(locked);
	must(getsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &locked, &size));
	check(locked, "the filter is open");
}

static void check_usual(int fd)
{
	static const int zero[] = { SO_REUSEADDR, SO_PRIORITY,	SO_MARK, SO_PASSCRED,
				    SO_KEEPALIVE, SO_OOBINLINE, 72 };
	int fresh = must(socket(AF_UNIX, SOCK_STREAM, 0)), values[2];
	socklen_t size = sizeof(int);

	for (size_t i = 0; i < ARRAY_SIZE(zero); i++)
		check(getsockopt(fd, SOL_SOCKET, zero[i], &values[0], &size) < 0 || !values[0],
		      "option %d is %d", zero[i], values[0]);
	must(getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &values[0], &size));
	must(getsockopt(fresh, SOL_SOCKET, SO_SNDBUF, &values[1], &size));
	check(values[0] == values[1], "its buffer has %d bytes", values[0]);
}

int main(int argc, char **argv)
{
	int fds[ARRAY_SIZE(types)][2], usual[2];
	char got[20];

	test_init(argc, argv);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, usual));
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		must(socketpair(AF_UNIX, types[i], 0, fds[i]));
		must(send(fds[i][1], "short", 5, 0));
		set_all(fds[i][0], (int)i);
	}
	must(write(usual[0], "short", 5));

	test_ready();
	test_wait();

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		check_numbers(fds[i][0], (int)i);
		check_others(fds[i][0]);
	}
	check_usual(usual[0]);
	check_usual(usual[1]);
	check(recv(fds[1][0], got, sizeof(got), MSG_DONTWAIT) == 5, "what was there before the filter is lost");
	pass();
}
