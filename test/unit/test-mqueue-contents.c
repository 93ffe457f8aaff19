// SPDX-License-Identifier: GPL-2.0-only
/* Messages that are read stay in their queue, in their order, whenever the one who reads them is killed. */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "criu/objects/fd/mqueue-internal.h"
#include "criu/util/arena.h"

#define NAME "/criu-unit"
#define MESSAGES 10
#define SIZE 32
#define KILLS 200

static mqd_t queue;
static struct stat times;

static int setup(void **state)
{
	struct mq_attr attributes = { .mq_maxmsg = MESSAGES, .mq_msgsize = SIZE };

	if (unshare(CLONE_NEWIPC) < 0)
		return 0;
	queue = mq_open(NAME, O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK, 0600, &attributes);
	return queue > 0 && fstat(queue, &times) == 0 ? 0 : -1;
}

/* Number N has N bytes and priority N / 3; the first of a priority comes first. */
static void fill(void)
{
	char data[SIZE];

	for (unsigned int i = 0; i < MESSAGES; i++) {
		memset(data, 'a' + (int)i, sizeof(data));
		assert_int_equal(mq_send(queue, data, i, i / 3), 0);
	}
}

static unsigned int expected(unsigned int place)
{
	static const unsigned int order[MESSAGES] = { 9, 6, 7, 8, 3, 4, 5, 0, 1, 2 };

	return order[place];
}

static void expect_all(void)
{
	unsigned int priority;
	char data[SIZE];

	for (unsigned int i = 0; i < MESSAGES; i++) {
		unsigned int number = expected(i);

		assert_int_equal(mq_receive(queue, data, sizeof(data), &priority), number);
		assert_int_equal(priority, number / 3);
		for (unsigned int j = 0; j < number; j++)
			assert_int_equal(data[j], 'a' + (int)number);
	}
	assert_int_equal(mq_receive(queue, data, sizeof(data), NULL), -1);
}

static void test_read(void **state)
{
	MqueueEntry entry = MQUEUE_ENTRY__INIT;
	struct arena arena;

	if (queue <= 0)
		skip();
	arena_init(&arena);
	fill();
	assert_int_equal(mqueue_read_messages(queue, &times, &arena, &entry), 0);
	assert_int_equal(entry.n_messages, MESSAGES);
	for (unsigned int i = 0; i < MESSAGES; i++)
		assert_int_equal(entry.messages[i]->data.len, expected(i));
	expect_all();
	assert_int_equal(mqueue_write_messages(queue, &entry), 0);
	expect_all();
	arena_free(&arena);
}

static void __attribute__((noreturn)) read_for_ever(int ready)
{
	for (;;) {
		MqueueEntry entry = MQUEUE_ENTRY__INIT;
		struct arena arena;

		arena_init(&arena);
		if (mqueue_read_messages(queue, &times, &arena, &entry) < 0 || entry.n_messages != MESSAGES)
			_exit(EXIT_FAILURE);
		arena_free(&arena);
		if (ready >= 0)
			close(ready);
		ready = -1;
	}
}

static void test_killed(void **state)
{
	if (queue <= 0)
		skip();
	for (int i = 0; i < KILLS; i++) {
		int ready[2], status;
		char byte;
		pid_t pid;

		fill();
		assert_int_equal(pipe(ready), 0);
		pid = fork();
		if (pid == 0) {
			close(ready[0]);
			read_for_ever(ready[1]);
		}
		close(ready[1]);
		assert_int_equal(read(ready[0], &byte, 1), 0);
		close(ready[0]);
		usleep((useconds_t)(i * 7 % 1000));
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		expect_all();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_killed),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
