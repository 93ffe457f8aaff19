// SPDX-License-Identifier: GPL-2.0-only
/* A message queue with a name: what it holds, in order, with priorities; limits, permissions, owner and times of the
 * queue, the flags of each description. It is there before the restore, and then, in a second one, it is not.
 *
 * kinds: mqueue mqueue_list
 * iterations: 2
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "/criu test messages"
#define SIZE 300

static const struct {
	unsigned int priority;
	const char *text;
} messages[] = {
	{ 7, "a" }, { 7, "b" }, { 0, "" }, { 32767, "most urgent" }, { 7, "c" }, { 0, "last" },
};
static const unsigned int order[] = { 3, 0, 1, 4, 2, 5 };

static void check_queue(int queue, const struct stat *before)
{
	char text[SIZE];
	struct mq_attr attributes;
	unsigned int priority;
	struct stat now;

	must(fstat(queue, &now));
	check(now.st_mode == before->st_mode && now.st_uid == before->st_uid && now.st_gid == before->st_gid,
	      "mode %o, owner %u:%u", now.st_mode, now.st_uid, now.st_gid);
	check(now.st_atim.tv_sec == before->st_atim.tv_sec && now.st_mtim.tv_sec == before->st_mtim.tv_sec,
	      "times are other ones");
	must(mq_getattr(queue, &attributes));
	check(attributes.mq_maxmsg == ARRAY_SIZE(messages) && attributes.mq_msgsize == SIZE, "other limits");
	check(attributes.mq_curmsgs == ARRAY_SIZE(messages), "%ld messages", attributes.mq_curmsgs);
	for (size_t i = 0; i < ARRAY_SIZE(messages); i++) {
		long length = must(mq_receive(queue, text, sizeof(text), &priority));

		check(priority == messages[order[i]].priority && (size_t)length == strlen(messages[order[i]].text) &&
			      memcmp(text, messages[order[i]].text, (size_t)length) == 0,
		      "message %zu is '%.*s' of priority %u", i, (int)length, text, priority);
	}
}

int main(int argc, char **argv)
{
	struct mq_attr attributes = { .mq_maxmsg = ARRAY_SIZE(messages), .mq_msgsize = SIZE };
	const struct timespec times[2] = { { 1000000000, 0 }, { 1100000000, 0 } };
	int reader, writer, twin, flags;
	struct stat before;
	char byte[SIZE];

	test_init(argc, argv);
	mq_unlink(NAME);
	writer = must(mq_open(NAME, O_WRONLY | O_CREAT | O_EXCL, 0600, &attributes));
	reader = must(mq_open(NAME, O_RDONLY | O_NONBLOCK));
	flags = must(fcntl(writer, F_GETFL));
	twin = must(dup(writer));
	must(fcntl(twin, F_SETFD, 0));
	for (size_t i = 0; i < ARRAY_SIZE(messages); i++)
		must(mq_send(writer, messages[i].text, strlen(messages[i].text), messages[i].priority));
	must(fchown(writer, 12, 34));
	must(fchmod(writer, 0642));
	must(futimens(writer, times));
	must(fstat(writer, &before));
	test_ready();
	test_wait();
	check_queue(reader, &before);
	check(mq_receive(reader, byte, sizeof(byte), NULL) < 0 && errno == EAGAIN, "one that blocks");
	check(must(fcntl(writer, F_GETFL)) == flags, "flags of the writer %o",
	      (unsigned int)fcntl(writer, F_GETFL));
	check(mq_receive(writer, byte, sizeof(byte), NULL) < 0 && errno == EBADF, "the writer may read");
	must(mq_send(twin, "end", 3, 1));
	check(must(mq_receive(reader, byte, sizeof(byte), NULL)) == 3, "another queue");
	must(mq_unlink(NAME));
	pass();
}
