// SPDX-License-Identifier: GPL-2.0-only
/* An IPC namespace of the tree's own comes back as a whole: segments, sets and queues with their ids, keys, owners, modes
 * and contents, limits, and the id that the next object gets.
 *
 * flavours: host
 * kinds: ipc namespace_contents namespace_ids
 */
#include "test.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#define KEY 0x51510001
#define SEGMENT (5 * TEST_PAGE + 100)
#define OWNER 1234
#define GROUP 2345

struct message {
	long type;
	char text[64];
};

static void write_setting(const char *name, const char *text)
{
	int fd = must(open(name, O_WRONLY));

	must(write(fd, text, strlen(text)));
	close(fd);
}

static void check_setting(const char *name, const char *text)
{
	int fd = must(open(name, O_RDONLY));
	char now[64] = "";

	must(read(fd, now, sizeof(now) - 1));
	close(fd);
	check(!strncmp(now, text, strlen(text)), "%s is %s, not %s", name, now, text);
}

static void send(int queue, long type, const char *text)
{
	struct message message = { .type = type };

	strcpy(message.text, text);
	must(msgsnd(queue, &message, strlen(text), 0));
}

static void receive(int queue, long want, long type, const char *text)
{
	struct message message = {};
	ssize_t size = must(msgrcv(queue, &message, sizeof(message.text), want, IPC_NOWAIT));

	check(message.type == type && (size_t)size == strlen(text) && !memcmp(message.text, text, size),
	      "got message %ld '%.*s'", message.type, (int)size, message.text);
}

static int make_queue(void)
{
	struct msqid_ds ds = { .msg_perm = { .uid = OWNER, .gid = GROUP, .mode = 0640 }, .msg_qbytes = 20 };
	int queue = must(msgget(KEY, IPC_CREAT | IPC_EXCL | 0600));

	send(queue, 7, "seven");
	send(queue, 1, "");
	send(queue, 1L << 40, "a longer message than there is room for now");
	must(msgctl(queue, IPC_SET, &ds));
	return queue;
}

static void check_queue(int queue)
{
	struct msqid_ds ds;

	check(msgget(KEY, 0) == queue, "queue %d is not where its key leads", queue);
	must(msgctl(queue, IPC_STAT, &ds));
	check(ds.msg_qnum == 3 && ds.msg_qbytes == 20, "%lu messages, room for %lu", ds.msg_qnum, ds.msg_qbytes);
	check(ds.msg_perm.uid == OWNER && ds.msg_perm.gid == GROUP && ds.msg_perm.mode == 0640 && !ds.msg_perm.cuid,
	      "owner or mode of the queue");
	receive(queue, 1L << 40, 1L << 40, "a longer message than there is room for now");
	receive(queue, 0, 7, "seven");
	receive(queue, 0, 1, "");
}

static int make_set(void)
{
	unsigned short values[3] = { 0, 17, 32767 };
	int set;

	must(setegid(GROUP));
	must(seteuid(OWNER));
	set = must(semget(KEY, 3, IPC_CREAT | IPC_EXCL | 0604));
	must(seteuid(0));
	must(setegid(0));
	must(semctl(set, 0, SETALL, values));
	return set;
}

static void check_set(int set)
{
	unsigned short values[3];
	struct semid_ds ds;

	check(semget(KEY, 0, 0) == set, "set %d is not where its key leads", set);
	must(semctl(set, 0, IPC_STAT, &ds));
	check(ds.sem_nsems == 3 && ds.sem_perm.cuid == OWNER && ds.sem_perm.cgid == GROUP && ds.sem_perm.mode == 0604,
	      "creator or mode of the set");
	must(semctl(set, 0, GETALL, values));
	check(values[0] == 0 && values[1] == 17 && values[2] == 32767, "values %d %d %d", values[0],
	      values[1], values[2]);
}

static int make_segment(void)
{
	int segment = must(shmget(KEY, SEGMENT, IPC_CREAT | IPC_EXCL | 0644));
	uint8_t *memory = shmat(segment, NULL, 0);

	check(memory != (void *)-1, "not attached");
	test_fill(memory + TEST_PAGE, TEST_PAGE, 7);
	memory[SEGMENT - 1] = 9;
	must(shmdt(memory));
	return segment;
}

static void check_segment(int segment)
{
	uint8_t *memory = shmat(segment, NULL, 0);
	struct shmid_ds ds;

	check(memory != (void *)-1, "not attached");
	check(shmget(KEY, 0, 0) == segment, "segment %d is not where its key leads", segment);
	must(shmctl(segment, IPC_STAT, &ds));
	check(ds.shm_segsz == SEGMENT && ds.shm_nattch == 1 && ds.shm_perm.mode == 0644,
	      "size %zu, attached %lu times", ds.shm_segsz, ds.shm_nattch);
	check(test_differs(memory + TEST_PAGE, TEST_PAGE, 7) < 0 && memory[SEGMENT - 1] == 9 && !memory[0],
	      "other contents");
}

int main(int argc, char **argv)
{
	int removed, queue, set, segment;

	test_init(argc, argv);
	must(unshare(CLONE_NEWIPC));
	/* Ids that are not the first ones. */
	for (int i = 0; i < 3; i++) {
		removed = must(shmget(IPC_PRIVATE, 1, 0600));
		must(shmctl(removed, IPC_RMID, NULL));
		removed = must(semget(IPC_PRIVATE, 1, 0600));
		must(semctl(removed, 0, IPC_RMID));
	}
	write_setting("/proc/sys/kernel/msgmax", "4321");
	write_setting("/proc/sys/kernel/sem", "321 32000 22 111");
	queue = make_queue();
	set = make_set();
	segment = make_segment();
	write_setting("/proc/sys/kernel/shmmax", "99");
	write_setting("/proc/sys/kernel/msg_next_id", "77");
	test_ready();
	test_wait();
	check_setting("/proc/sys/kernel/msgmax", "4321\n");
	check_setting("/proc/sys/kernel/sem", "321\t32000\t22\t111\n");
	check_setting("/proc/sys/kernel/shmmax", "99\n");
	check_queue(queue);
	check_set(set);
	check_segment(segment);
	check(msgget(IPC_PRIVATE, 0600) == 77, "the next queue has another id");
	pass();
}
