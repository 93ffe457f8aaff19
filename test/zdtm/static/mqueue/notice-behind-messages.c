// SPDX-License-Identifier: GPL-2.0-only
/* Registrations of queues in which messages wait, which must not be taken out for the dump: of many priorities in an order
 * that is none, of sizes around what a page holds, and none at all. They are there in their order, and only the first message
 * behind all of them is told.
 *
 * kinds: mqueue mqueue_notices
 * skip-if: no-kernel-types
 */
#include "notice.h"

#include <errno.h>
#include <stdlib.h>

#define COUNT 9U
#define SIZE 8192

/* The first page of a message has 4048 bytes of it, a further one 4088. */
static const size_t sizes[COUNT] = { 0, 1, 4047, 4048, 4049, 8135, 8136, 8137, SIZE };
static const unsigned int priorities[COUNT] = { 3, 32767, 0, 3, 17, 4, 0, 3, 5 };
static uint32_t buffer[SIZE / sizeof(uint32_t)];

/* The one that comes next: of the highest priority the first. */
static unsigned int take_next(bool taken[COUNT])
{
	unsigned int best = COUNT;

	for (unsigned int i = 0; i < COUNT; i++)
		if (!taken[i] && (best == COUNT || priorities[i] > priorities[best]))
			best = i;
	taken[best] = true;
	return best;
}

static void check_messages(int queue)
{
	bool taken[COUNT] = { false };
	unsigned int priority;

	for (unsigned int i = 0; i < COUNT; i++) {
		unsigned int next = take_next(taken);
		ssize_t size = must(mq_receive(queue, (char *)buffer, sizeof(buffer), &priority));

		check((size_t)size == sizes[next] && priority == priorities[next],
		      "message %u: %zd bytes of priority %u", i, size, priority);
		check(test_differs(buffer, (size_t)size, next) < 0, "message %u is another", i);
	}
	check(mq_receive(queue, (char *)buffer, sizeof(buffer), NULL) < 0 && errno == EAGAIN, "one more message");
}

int main(int argc, char **argv)
{
	const struct sigevent wanted = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 1 };
	const struct sigevent none = { .sigev_notify = SIGEV_NONE };
	const struct timespec now = { 0 };
	int queue, kept;
	sigset_t set;

	test_init(argc, argv);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	must(sigprocmask(SIG_BLOCK, &set, NULL));
	queue = make_queue("/criu-test-behind", COUNT, SIZE);
	kept = make_queue("/criu-test-none", COUNT, 8);
	for (unsigned int i = 0; i < COUNT; i++) {
		test_fill(buffer, sizeof(buffer), i);
		must(mq_send(queue, (char *)buffer, sizes[i], priorities[i]));
	}
	must(mq_send(kept, "x", 1, 0));
	must(mq_notify(queue, &wanted));
	must(mq_notify(kept, &none));
	test_ready();
	test_wait();
	check(!is_free(queue) && !is_free(kept), "a registration is gone");
	check_messages(queue);
	check(sigtimedwait(&set, NULL, &now) < 0 && errno == EAGAIN, "a signal came of an old message");
	must(mq_send(queue, "x", 1, 0));
	check(must(sigtimedwait(&set, NULL, &now)) == SIGRTMIN + 1, "another signal");
	check(is_free(queue) && !is_free(kept), "the wrong registration has ended");
	pass();
}
