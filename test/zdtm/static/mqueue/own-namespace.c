// SPDX-License-Identifier: GPL-2.0-only
/* Queues of an IPC namespace of the tree's own go with it: one that is open, two that have lost their names, which are one
 * and that of a third, one that nobody has open, in order, with priorities, owner, mode and times; more of them, and larger
 * ones, than the limits of the namespace allow now, which are the same afterwards.
 *
 * kinds: mqueue ipc
 * iterations: 2
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPENED "/criu-test"
#define LEFT "/criu test left"
#define LARGE 20
#define SIZE 9000

static void write_setting(const char *name, int value)
{
	int fd = must(open(name, O_WRONLY));
	char text[16];

	must(write(fd, text, (size_t)snprintf(text, sizeof(text), "%d", value)));
	close(fd);
}

static int read_setting(const char *name)
{
	int fd = must(open(name, O_RDONLY));
	char text[16] = "";

	must(read(fd, text, sizeof(text) - 1));
	close(fd);
	return atoi(text);
}

static int make(const char *name, long messages, long size)
{
	struct mq_attr attributes = { .mq_maxmsg = messages, .mq_msgsize = size };

	return must(mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK, 0600, &attributes));
}

static void send(int queue, const char *text, unsigned int priority)
{
	must(mq_send(queue, text, strlen(text), priority));
}

static void receive(int queue, const char *text, unsigned int priority)
{
	char got[SIZE];
	unsigned int of;
	ssize_t size = must(mq_receive(queue, got, sizeof(got), &of));

	check((size_t)size == strlen(text) && !memcmp(got, text, (size_t)size) && of == priority,
	      "got '%.*s' of priority %u, not '%s' of %u", (int)size, got, of, text, priority);
}

static void make_left(void)
{
	const struct timespec times[2] = { { 1000000000, 5 }, { 1100000000, 7 } };
	int queue = make(LEFT, LARGE, SIZE);

	send(queue, "of no priority", 0);
	send(queue, "urgent", 32767);
	send(queue, "", 0);
	must(fchown(queue, 12, 34));
	must(fchmod(queue, 0642));
	must(futimens(queue, times));
	must(mq_close(queue));
}

static void check_left(void)
{
	int queue = must(mq_open(LEFT, O_RDONLY | O_NONBLOCK));
	struct mq_attr attributes;
	struct stat stat;
	char text[SIZE];

	must(fstat(queue, &stat));
	check((stat.st_mode & 07777) == 0642 && stat.st_uid == 12 && stat.st_gid == 34,
	      "mode %o, owner %u:%u", stat.st_mode, stat.st_uid, stat.st_gid);
	check(stat.st_atim.tv_sec == 1000000000 && stat.st_mtim.tv_sec == 1100000000, "times are other ones");
	must(mq_getattr(queue, &attributes));
	check(attributes.mq_maxmsg == LARGE && attributes.mq_msgsize == SIZE, "limits are other ones");
	receive(queue, "urgent", 32767);
	receive(queue, "of no priority", 0);
	receive(queue, "", 0);
	check(mq_receive(queue, text, sizeof(text), NULL) < 0 && errno == EAGAIN, "there are more messages");
}

int main(int argc, char **argv)
{
	int lost, second, opened, other, flags[2];

	test_init(argc, argv);
	if (unshare(CLONE_NEWIPC) < 0)
		skip("unshare: %s", strerror(errno));
	write_setting("/proc/sys/fs/mqueue/msg_max", LARGE);
	write_setting("/proc/sys/fs/mqueue/msgsize_max", SIZE);
	lost = make(OPENED, 2, SIZE);
	send(lost, "lost", 0);
	must(mq_unlink(OPENED));
	second = make(OPENED, 2, SIZE);
	send(second, "second", 1);
	must(mq_unlink(OPENED));
	opened = make(OPENED, 2, SIZE);
	send(opened, "first", 2);
	other = must(mq_open(OPENED, O_WRONLY));
	flags[0] = fcntl(other, F_GETFL);
	flags[1] = fcntl(opened, F_GETFL);
	make_left();
	write_setting("/proc/sys/fs/mqueue/msg_max", 1);
	write_setting("/proc/sys/fs/mqueue/msgsize_max", 128);
	write_setting("/proc/sys/fs/mqueue/queues_max", 1);
	test_ready();
	test_wait();
	check(read_setting("/proc/sys/fs/mqueue/msg_max") == 1 &&
		      read_setting("/proc/sys/fs/mqueue/msgsize_max") == 128 &&
		      read_setting("/proc/sys/fs/mqueue/queues_max") == 1,
	      "the limits are other ones");
	receive(lost, "lost", 0);
	receive(second, "second", 1);
	check(fcntl(other, F_GETFL) == flags[0] && fcntl(opened, F_GETFL) == flags[1], "flags %o and %o",
	      (unsigned int)fcntl(other, F_GETFL), (unsigned int)fcntl(opened, F_GETFL));
	send(other, "through another", 3);
	receive(opened, "through another", 3);
	receive(opened, "first", 2);
	check_left();
	must(mq_unlink(OPENED));
	must(mq_unlink(LEFT));
	pass();
}
