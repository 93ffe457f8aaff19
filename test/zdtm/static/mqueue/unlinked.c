// SPDX-License-Identifier: GPL-2.0-only
/* Two queues that have lost the same name, and one that has another; all are shared with a child, which has read a
 * part of the text of one.
 *
 * kinds: mqueue mqueue_list
 * iterations: 2
 */
#include "test.h"

#include <fcntl.h>
#include <mqueue.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "/criu-test-unlinked"
#define SIZE 64

static int lost, named, empty;

static void child(void *arg)
{
	char text[SIZE];

	check(must(read(empty, text, 6)) == 6 && memcmp(text, "QSIZE:", 6) == 0, "another text");
	test_ready();
	test_wait();
	check(must(mq_receive(lost, text, sizeof(text), NULL)) == 4 && memcmp(text, "lost", 4) == 0,
	      "not the lost one");
	check(must(read(empty, text, 2)) == 2 && text[0] == '0', "the text starts anew");
}

int main(int argc, char **argv)
{
	struct mq_attr attributes = { .mq_maxmsg = 2, .mq_msgsize = SIZE };
	struct stat st;
	char text[SIZE];
	pid_t pid;

	test_init(argc, argv);
	mq_unlink(NAME "-not");
	lost = must(mq_open(NAME, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes));
	must(mq_unlink(NAME));
	empty = must(mq_open(NAME, O_RDONLY | O_CREAT | O_EXCL, 0600, &attributes));
	must(mq_unlink(NAME));
	named = must(mq_open(NAME "-not", O_RDWR | O_CREAT | O_EXCL, 0600, &attributes));
	must(mq_send(lost, "lost", 4, 0));
	must(mq_send(named, "named", 5, 0));
	pid = test_child(child, NULL);
	test_ready();
	test_wait();
	test_end_child(pid);
	must(fstat(lost, &st));
	check(st.st_nlink == 0, "it has its name again");
	check(must(mq_receive(named, text, sizeof(text), NULL)) == 5 && memcmp(text, "named", 5) == 0,
	      "not the named one");
	must(mq_unlink(NAME "-not"));
	pass();
}
