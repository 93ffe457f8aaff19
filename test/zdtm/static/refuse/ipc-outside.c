// SPDX-License-Identifier: GPL-2.0-only
/* System V objects in the IPC namespace of criu that a process outside of the tree uses, too: a segment, a set, a queue. The
 * process is named, for each.
 *
 * refuses: shared memory segment; semaphore set; message queue; outside of the tree, too; refused for 3 reasons
 * kinds: ipc
 */
#include "test.h"

#include <signal.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

struct message {
	long type;
	char text;
};

static int queue, set, segment;

static void use(int number)
{
	struct sembuf give = { .sem_num = number, .sem_op = 1 };
	struct message message = { .type = 1 };

	check(shmat(segment, NULL, 0) != (void *)-1, "not attached");
	must(semop(set, &give, 1));
	if (number)
		must(msgsnd(queue, &message, 1, 0));
	else
		must(msgrcv(queue, &message, 1, 0, 0));
}

/* Ends with the program: its pipe has no other writer then. */
static void stranger(int ready, int end)
{
	char byte = 0;

	setsid();
	use(1);
	must(write(ready, &byte, 1));
	read(end, &byte, 1);
	_exit(0);
}

int main(int argc, char **argv)
{
	int ready[2], end[2];
	char byte;

	queue = must(msgget(IPC_PRIVATE, 0600));
	set = must(semget(IPC_PRIVATE, 2, 0600));
	segment = must(shmget(IPC_PRIVATE, 1, 0600));
	must(pipe(ready));
	must(pipe(end));
	if (!must(fork())) {
		close(end[1]);
		stranger(ready[1], end[0]);
	}
	must(read(ready[0], &byte, 1));
	close(ready[0]);
	close(ready[1]);
	close(end[0]);
	test_init(argc, argv);
	use(0);
	test_ready();
	test_wait();
	must(msgctl(queue, IPC_RMID, NULL));
	must(semctl(set, 0, IPC_RMID));
	must(shmctl(segment, IPC_RMID, NULL));
	pass();
}
