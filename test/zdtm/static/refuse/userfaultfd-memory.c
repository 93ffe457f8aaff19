// SPDX-License-Identifier: GPL-2.0-only
/* Memory whose userfaultfd is held outside of the tree alone is refused by its address, and stays registered; so is memory
 * that waits for nobody, for it is locked, and such with huge pages.
 *
 * skip-if: no-userfaultfd
 * refuses: registered with a userfaultfd that no task of the tree has; is locked and registered
 * kinds: anonymous registered_memory
 */
#include "../userfaultfd/faults.h"

#include <signal.h>
#include <sys/wait.h>

/* Not ours any more, but init's. */
static pid_t leave_holder(void)
{
	int life[2];
	pid_t pid;

	must(pipe(life));
	pid = (pid_t)must(fork());
	if (pid) {
		must(waitpid(pid, NULL, 0));
		must(read(life[0], &pid, sizeof(pid)));
		close(life[0]);
		close(life[1]);
		return pid;
	}
	if (fork())
		_exit(0);
	setsid();
	test_leave_starter();
	pid = getpid();
	must(write(life[1], &pid, sizeof(pid)));
	close(life[0]);
	close(life[1]);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	uint8_t *memory, *locked;
	pid_t holder;
	int fd, kept;

	test_init(argc, argv);
	fd = faults_open(0);
	memory = faults_map(4);
	memory[0] = 9;
	faults_register(fd, memory, 4, UFFDIO_REGISTER_MODE_MISSING);
	holder = leave_holder();
	close(fd);
	kept = faults_open(0);
	locked = faults_map(4);
	must(mlock(locked, 4 * TEST_PAGE));
	faults_register(kept, locked, 4, UFFDIO_REGISTER_MODE_MISSING);

	test_ready();
	test_wait();

	check(test_mapping_has(memory, "um") && test_mapping_has(locked, "um"),
	      "the memory is not registered any more");
	check(memory[0] == 9, "memory has changed");
	must(kill(holder, SIGKILL));
	while (kill(holder, 0) == 0)
		usleep(1000);
	pass();
}
