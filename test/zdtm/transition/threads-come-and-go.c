// SPDX-License-Identifier: GPL-2.0-only
/* Threads are created and end all the time while the task is dumped and restored.
 *
 * flavours: host ns compat
 * not-compared: threads mappings
 */
#include "test.h"

#include <pthread.h>
#include <unistd.h>

static unsigned long started, ended;

static void *brief(void *arg)
{
	uint32_t words[256];

	test_fill(words, sizeof(words), started);
	usleep(50);
	__atomic_add_fetch(&ended, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread[4];

	test_init(argc, argv);
	test_ready();
	while (!test_stopped()) {
		for (int i = 0; i < 4; i++) {
			check(!pthread_create(&thread[i], NULL, brief, NULL), "no thread after %lu", started);
			started++;
		}
		for (int i = 0; i < 4; i++)
			pthread_join(thread[i], NULL);
	}
	check(started == ended, "%lu threads were started, %lu ended", started, ended);
	pass();
}
