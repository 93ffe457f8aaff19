// SPDX-License-Identifier: GPL-2.0-only
/* Process and thread have the label which they had, where a security module gives them one; elsewhere they have none.
 *
 * flavours: host ns
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

/* The text, or how reading it fails. */
static void read_label(char label[256])
{
	int fd = open("/proc/thread-self/attr/current", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, label, 255);

	memset(label + (length < 0 ? 0 : length), 0, 256 - (size_t)(length < 0 ? 0 : length));
	if (length < 0)
		strcpy(label, strerror(errno));
	if (fd >= 0)
		close(fd);
}

static pthread_barrier_t started;

static void *body(void *before)
{
	char after[256];

	pthread_barrier_wait(&started);
	test_wait();
	read_label(after);
	check(!strcmp(before, after), "the thread's label was '%s' and is '%s'", (char *)before, after);
	return NULL;
}

int main(int argc, char **argv)
{
	char before[256], after[256];
	pthread_t thread;

	test_init(argc, argv);
	read_label(before);
	check(!pthread_barrier_init(&started, NULL, 2), "no barrier");
	check(!pthread_create(&thread, NULL, body, before), "no thread");
	pthread_barrier_wait(&started);
	test_ready();
	test_wait();
	pthread_join(thread, NULL);
	read_label(after);
	check(!strcmp(before, after), "the label was '%s' and is '%s'", before, after);
	pass();
}
