// SPDX-License-Identifier: GPL-2.0-only
/* A segment whose beginning has been acknowledged: the kernel keeps all of it in the send queue, and only the rest is to be
 * sent again. A filter cuts what the receiver gets, so that it can never confirm a whole one.
 *
 * options: --tcp-established
 */
#include "test.h"

#include "tcp.h"

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

static void cut(int fd, uint32_t length)
{
	struct sock_filter some = { .code = BPF_RET | BPF_K, .k = length };
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

static struct ends make_ends(const char *host)
{
	int both[2];

	close(tcp_pair(host, both));
	return (struct ends){ .sender = both[0], .receiver = both[1] };
}

static void begin(const struct ends *ends, uint32_t seed)
{
	char data[QUEUED];

	test_fill(data, QUEUED, seed);
	cut(ends->receiver, LET_IN);
	check(must(write(ends->sender, data, QUEUED)) == QUEUED, "short write");
	while (waiting(ends->sender) == QUEUED)
		usleep(1000);
	check(waiting(ends->sender) > 0, "all of the segment is confirmed");
}

static void set(int fd, int option, int value)
{
	must(setsockopt(fd, IPPROTO_TCP, option, &value, sizeof(value)));
}

/* What arrived, and behind it what is in the send queue, which repair mode shows: waiting for it would take seconds. The
 * restore has sent it once more, so some of it may have been confirmed again. */
static void end(const struct ends *ends, uint32_t seed)
{
	char data[2 * QUEUED], queue[QUEUED];
	ssize_t arrived, left, shown;

	cut(ends->receiver, 0);
	arrived = must(recv(ends->receiver, data, QUEUED, MSG_DONTWAIT));
	left = waiting(ends->sender);
	set(ends->sender, TCP_REPAIR, TCP_REPAIR_ON);
	set(ends->sender, TCP_REPAIR_QUEUE, TCP_SEND_QUEUE);
	shown = must(recv(ends->sender, queue, QUEUED, MSG_PEEK));
	set(ends->sender, TCP_REPAIR, TCP_REPAIR_OFF_NO_WP);
	check(shown >= left, "%zd of %zd bytes are shown", shown, left);
	memcpy(data + arrived, queue + shown - left, (size_t)left);
	check(arrived + left == QUEUED, "%zd and %zd bytes are there", arrived, left);
	check(test_differs(data, QUEUED, seed) == -1, "byte %zd differs", test_differs(data, QUEUED, seed));
}

int main(int argc, char **argv)
{
	struct ends ends[2];

	test_init(argc, argv);
	send_again_late();
	ends[0] = make_ends("127.0.0.1");
	ends[1] = make_ends("::1");
	for (uint32_t i = 0; i < 2; i++)
		begin(&ends[i], i);
	test_ready();
	test_wait();
	for (uint32_t i = 0; i < 2; i++)
		end(&ends[i], i);
	pass();
}
