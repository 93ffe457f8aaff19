// SPDX-License-Identifier: GPL-2.0-only
/* System V objects in the IPC namespace that the tree shares with criu: a queue with messages, a set whose values were
 * changed by a task, a segment that nobody has attached, and a set that nobody has used. They are what they were, with
 * the ids that the tree knows.
 *
 * flavours: host
 * kinds: ipc
 */
#include "test.h"

#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#define KEY 0x51510002
#define SIZE (3 * TEST_PAGE)

struct message {
	long type;
	char text[32];
};

static int queue, set, unused, segment;

static void fill_segment(void)
{
	uint8_t *memory = shmat(segment, NULL, 0);

	check(memory != (void *)-1, "not attached");
	test_fill(memory + TEST_PAGE, TEST_PAGE, 5);
	must(shmdt(memory));
}

static void check_segment(void)
{
	uint8_t *memory = shmat(segment, NULL, 0);

	check(memory != (void *)-1, "not attached");
	check(!memory[0] && test_differs(memory + TEST_PAGE, TEST_PAGE, 5) < 0, "other contents");
	must(shmdt(memory));
}

static void receive(const char *want)
{
	struct message message = {};

	must(msgrcv(queue, &message, sizeof(message.text), 3, IPC_NOWAIT));
	check(!strcmp(message.text, want), "got '%s'", message.text);
}

int main(int argc, char **argv)
{
	struct message first = { 3, "first" }, second = { 3, "second" };
	struct sembuf give = { .sem_num = 1, .sem_op = 21 };

	test_init(argc, argv);
	queue = must(msgget(KEY, IPC_CREAT | IPC_EXCL | 0600));
	set = must(semget(KEY, 2, IPC_CREAT | IPC_EXCL | 0600));
	unused = must(semget(IPC_PRIVATE, 1, 0600));
	segment = must(shmget(KEY, SIZE, IPC_CREAT | IPC_EXCL | 0600));
	must(msgsnd(queue, &first, sizeof(first.text), 0));
	must(msgsnd(queue, &second, sizeof(second.text), 0));
	must(semop(set, &give, 1));
	fill_segment();
	test_ready();
	test_wait();
	check(msgget(KEY, 0) == queue && semget(KEY, 0, 0) == set && shmget(KEY, 0, 0) == segment, "other ids");
	receive("first");
	receive("second");
	check(msgrcv(queue, &first, sizeof(first.text), 0, IPC_NOWAIT) == -1, "there are more messages");
	check(must(semctl(set, 0, GETVAL)) == 0 && must(semctl(set, 1, GETVAL)) == 21, "other values");
	check(must(semctl(unused, 0, GETVAL)) == 0, "another value");
	check_segment();
	must(msgctl(queue, IPC_RMID, NULL));
	must(semctl(set, 0, IPC_RMID));
	must(semctl(unused, 0, IPC_RMID));
	must(shmctl(segment, IPC_RMID, NULL));
	pass();
}
