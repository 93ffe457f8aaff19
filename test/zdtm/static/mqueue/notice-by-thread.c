// SPDX-License-Identifier: GPL-2.0-only
/* Registrations by SIGEV_THREAD, as the C library makes them: its thread waits at a netlink socket, and starts the one that
 * runs the function with its value. One of an empty queue, one of a queue in which a message waits, which is told of the next
 * after that, and one that is taken back.
 *
 * kinds: mqueue mqueue_notices netlink-socket
 * skip-if: no-kernel-types
 * iterations: 2
 */
#include "notice.h"

#include <dirent.h>
#include <errno.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/syscall.h>

static sem_t told;
static void *value;

static void tell(union sigval argument)
{
	value = argument.sival_ptr;
	sem_post(&told);
}

static void ask(int queue, void *argument)
{
	struct sigevent wanted = {
		.sigev_notify = SIGEV_THREAD,
		.sigev_notify_function = tell,
		.sigev_value.sival_ptr = argument,
	};

	must(mq_notify(queue, &wanted));
}

static void await(void *argument)
{
	while (sem_wait(&told) < 0)
		check(errno == EINTR, "errno %d", errno);
	check(value == argument, "told of %p", value);
}

static void wait_for_helper(void)
{
	DIR *threads = opendir("/proc/self/task");
	struct dirent *entry;

	check(threads != NULL, "no threads are told");
	while ((entry = readdir(threads)))
		if (entry->d_name[0] != '.' && atoi(entry->d_name) != getpid())
			test_wait_blocked(atoi(entry->d_name), SYS_recvfrom);
	closedir(threads);
}

int main(int argc, char **argv)
{
	char text[8];
	int empty, full, back;

	test_init(argc, argv);
	must(sem_init(&told, 0, 0));
	empty = make_queue("/criu-test-empty", 2, 8);
	full = make_queue("/criu-test-full", 2, 8);
	back = make_queue("/criu-test-back", 2, 8);
	ask(empty, &empty);
	must(mq_send(full, "waits", 5, 7));
	ask(full, &full);
	ask(back, &back);
	wait_for_helper();
	test_ready();
	test_wait();
	check(!is_free(empty) && !is_free(full) && !is_free(back), "a registration is gone");
	must(mq_notify(back, NULL));
	check(is_free(back), "the registration stays");
	must(mq_send(back, "x", 1, 0));
	must(mq_send(empty, "x", 1, 0));
	await(&empty);
	check(is_free(empty), "the registration has not ended");
	check(must(mq_receive(full, text, sizeof(text), NULL)) == 5, "the message is another");
	check(!is_free(full), "it was told of the message that had waited");
	must(mq_send(full, "x", 1, 0));
	await(&full);
	ask(empty, &text);
	must(mq_receive(empty, text, sizeof(text), NULL));
	must(mq_send(empty, "x", 1, 0));
	await(&text);
	check(sem_trywait(&told) < 0 && errno == EAGAIN, "told too often");
	pass();
}
