// SPDX-License-Identifier: GPL-2.0-only
/* A pipe with contents, whose events somebody gets by a signal, that only a thread has, in a table of its own.
 *
 * flavours: host ns
 */
#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static int ready, go;
static const char *wrong = "nothing was looked at";

static const char *look(const int ends[2])
{
	char text[16] = "";

	if (read(ends[0], text, sizeof(text)) != 5 || strcmp(text, "piped"))
		return "the contents of the pipe are lost";
	if (write(ends[1], "again", 5) != 5 || read(ends[0], text, sizeof(text)) != 5 || strcmp(text, "again"))
		return "the pipe has lost an end";
	if (fcntl(ends[0], F_GETOWN) != getpid() || fcntl(ends[0], F_GETSIG) != SIGUSR2)
		return "the owner of the pipe is lost";
	return NULL;
}

static void *with_pipe(void *arg)
{
	int ends[2];

	must(unshare(CLONE_FILES));
	test_leave_starter();
	must(pipe2(ends, O_NONBLOCK));
	must(write(ends[1], "piped", 5));
	must(fcntl(ends[0], F_SETOWN, getpid()));
	must(fcntl(ends[0], F_SETSIG, SIGUSR2));
	__atomic_store_n(&ready, 1, __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&go, __ATOMIC_SEQ_CST))
		usleep(1000);
	wrong = look(ends);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	test_init(argc, argv);
	check(!pthread_create(&thread, NULL, with_pipe, NULL), "no thread");
	while (!__atomic_load_n(&ready, __ATOMIC_SEQ_CST))
		usleep(1000);
	test_ready();
	test_wait();
	__atomic_store_n(&go, 1, __ATOMIC_SEQ_CST);
	pthread_join(thread, NULL);
	check(!wrong, "%s", wrong);
	pass();
}
