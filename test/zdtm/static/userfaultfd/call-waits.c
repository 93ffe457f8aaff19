// SPDX-License-Identifier: GPL-2.0-only
/* A system call waits for a missing page that nobody brings: its thread does not stop, so the dump gives up in time, and the
 * call goes on.
 *
 * skip-if: no-userfaultfd
 * refuses: does not stop in time
 * options: --timeout 1
 * kinds: userfaultfd registered_memory
 */
#include "faults.h"

static struct {
	int fd, file;
	uint8_t *memory;
	volatile ssize_t got;
} state;

static void *read_there(void *argument)
{
	state.got = pread(state.file, state.memory, 4, 0);
	return NULL;
}

int main(int argc, char **argv)
{
	struct pollfd poll_fd = { .events = POLLIN };
	pthread_t thread;

	test_init(argc, argv);
	state.fd = poll_fd.fd = faults_open(0);
	state.file = must(memfd_create("data", 0));
	must(write(state.file, "abcd", 4));
	state.memory = faults_map(2);
	faults_register(state.fd, state.memory, 2, UFFDIO_REGISTER_MODE_MISSING);
	check(!pthread_create(&thread, NULL, read_there, NULL), "no thread");
	must(poll(&poll_fd, 1, -1));

	test_ready();
	test_wait();

	check(!state.got, "the call has ended");
	faults_copy(state.fd, state.memory, 1);
	check(!pthread_join(thread, NULL) && state.got == 4 && state.memory[0] == 'a', "the call has failed");
	pass();
}
