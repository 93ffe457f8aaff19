// SPDX-License-Identifier: GPL-2.0-only
/* A segment whose beginning has been acknowledged: the kernel keeps all of it in the send queue, and only the rest is to be
 * sent again. A filter cuts what the receiver gets, so that it can never confirm a whole one.
 *
 * options: --tcp-established
 */
#include "test.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define TCP_SEND_QUEUE 2
#define QUEUED 4000
/* A TCP header with timestamps, and some bytes. */
#define LET_IN (32 + 10)

struct ends {
	int sender, receiver;
};

static void cut(int fd)
{
	struct sock_filter some = { .code = BPF_RET | BPF_K, .k = LET_IN };
	struct sock_fprog program = { .len = 1, .filter = &some };

	must(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)));
}

/* Sending again would end it. Linux 6.11 and later; the network namespace is the test's own. */
static void send_again_late(void)
{
	const char late[] = "10000000";
	int fd = open("/proc/sys/net/ipv4/tcp_rto_min_us", O_WRONLY);

	if (fd >= 0)
		must(write(fd, late, strlen(late)));
}

static int waiting(int fd)
{
	int size;

	must(ioctl(fd, SIOCOUTQ, &size));
	return size;
}

static struct ends make_ends(int family)
{
	struct sockaddr_in6 address = { .sin6_family = (sa_family_t)family };
	socklen_t size = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(address);
	int listener = must(socket(family, SOCK_STREAM, 0));
	struct ends ends = { .sender = must(socket(family, SOCK_STREAM, 0)) };

	if (family == AF_INET)
		((struct sockaddr_in *)&address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		address.sin6_addr = in6addr_loopback;
	must(bind(listener, (struct sockaddr *)&address, size));
	must(getsockname(listener, (struct sockaddr *)&address, &size));
	must(listen(listener, 1));
	must(connect(ends.sender, (struct sockaddr *)&address, size));
	ends.receiver = must(accept(listener, NULL, NULL));
	close(listener);
	return ends;
}

static void begin(const struct ends *ends, uint32_t seed)
{
	char data[QUEUED];

	test_fill(data, QUEUED, seed);
	cut(ends->receiver);
	check(must(write(ends->sender, data, QUEUED)) == QUEUED, "short write");
	while (waiting(ends->sender) == QUEUED)
		usleep(1000);
	check(waiting(ends->sender) > 0, "all of the segment is confirmed");
}

static void set(int fd, int option, int value)
{
	must(setsockopt(fd, IPPROTO_TCP, option, &value, sizeof(value)));
}

/* What arrived, and behind it what is not confirmed of the send queue, which repair mode shows: waiting for it would take
 * seconds. */
static void end(const struct ends *ends, uint32_t seed)
{
	char data[2 * QUEUED], queue[QUEUED];
	ssize_t arrived = must(recv(ends->receiver, data, QUEUED, MSG_DONTWAIT)), left;

	set(ends->sender, TCP_REPAIR, TCP_REPAIR_ON);
	set(ends->sender, TCP_REPAIR_QUEUE, TCP_SEND_QUEUE);
	left = waiting(ends->sender);
	memcpy(data + arrived, queue + must(recv(ends->sender, queue, QUEUED, MSG_PEEK)) - left, (size_t)left);
	set(ends->sender, TCP_REPAIR, TCP_REPAIR_OFF_NO_WP);
	check(arrived + left == QUEUED, "%zd and %zd bytes are there", arrived, left);
	check(test_differs(data, QUEUED, seed) == -1, "byte %zd differs", test_differs(data, QUEUED, seed));
}

int main(int argc, char **argv)
{
	struct ends ends[2];

	test_init(argc, argv);
	send_again_late();
	ends[0] = make_ends(AF_INET);
	ends[1] = make_ends(AF_INET6);
	for (uint32_t i = 0; i < 2; i++)
		begin(&ends[i], i);
	test_ready();
	test_wait();
	for (uint32_t i = 0; i < 2; i++)
		end(&ends[i], i);
	pass();
}
