// SPDX-License-Identifier: GPL-2.0-only
/* Two senders fill a message queue, each with numbers of its own and its priority, and a receiver empties it; all of them
 * sleep in it now and then. No message is lost, doubled or overtaken by a later one of its sender.
 *
 * kinds: mqueue mqueue_list
 * iterations: 10
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <string.h>
#include <unistd.h>

#define NAME "/criu-test-transition"
#define SENDERS 2
#define END UINT32_MAX

struct message {
	uint32_t sender, number;
	char more[40];
};

static mqd_t queue;

static void send_numbers(void *arg)
{
	struct message message = { .sender = (uint32_t)(uintptr_t)arg };
	bool stopped = false;

	test_ready();
	while (!stopped) {
		size_t size = 8 + message.number % sizeof(message.more);

		stopped = test_stopped();
		if (stopped)
			message.number = END;
		while (mq_send(queue, (char *)&message, size, message.sender) < 0)
			check(errno == EINTR, "mq_send: %s", strerror(errno));
		message.number++;
	}
}

static void receive_numbers(void *arg)
{
	uint32_t next[SENDERS] = { 0 }, ended = 0;
	struct message message;
	unsigned int priority;

	test_ready();
	while (ended < SENDERS) {
		ssize_t size = mq_receive(queue, (char *)&message, sizeof(message), &priority);

		if (size < 0 && errno == EINTR)
			continue;
		check(size >= 8, "mq_receive: %s", strerror(errno));
		check(message.sender < SENDERS && message.sender == priority, "a message of %u", message.sender);
		if (message.number == END) {
			ended++;
			continue;
		}
		check(message.number == next[priority], "number %u of sender %u comes instead of %u",
		      message.number, priority, next[priority]);
		check((size_t)size == 8 + message.number % sizeof(message.more), "a message of %zd bytes", size);
		next[priority]++;
	}
	test_wait();
}

int main(int argc, char **argv)
{
	struct mq_attr attributes = { .mq_maxmsg = 10, .mq_msgsize = sizeof(struct message) };
	pid_t receiver, senders[SENDERS];

	test_init(argc, argv);
	mq_unlink(NAME);
	queue = must(mq_open(NAME, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes));
	receiver = test_child(receive_numbers, NULL);
	for (uintptr_t i = 0; i < SENDERS; i++)
		senders[i] = test_child(send_numbers, (void *)i);
	test_ready();
	test_wait();
	for (int i = 0; i < SENDERS; i++)
		test_end_child(senders[i]);
	test_end_child(receiver);
	must(mq_unlink(NAME));
	pass();
}
