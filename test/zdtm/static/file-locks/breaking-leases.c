// SPDX-License-Identifier: GPL-2.0-only
/* Leases that are being broken: what they are to become stays, the holder is not told a second time, and who waits in
 * open(2) goes on when the holder lets go, not before.
 *
 * options: --file-locks
 * flavours: host ns
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t told;
static int *released; /* shared by both */

static void handler(int number)
{
	told++;
}

static int leased(const char *name, int flags, int type)
{
	int fd = must(open(name, O_CREAT | O_RDWR, 0644));

	must(close(fd));
	fd = must(open(name, flags));
	must(fcntl(fd, F_SETLEASE, type));
	return fd;
}

static void want(const char *name, int flags)
{
	check(open(name, flags | O_NONBLOCK) < 0 && errno == EWOULDBLOCK, "'%s' can be opened", name);
}

static void opener(void *arg)
{
	int fd;

	test_ready();
	fd = must(open("waited for", O_WRONLY));
	check(__atomic_load_n(released, __ATOMIC_SEQ_CST), "opened while another process had a lease");
	must(close(fd));
}

/* "/proc/locks" has the pid of the holder, and what the lease is to become. */
static bool is_breaking(int fd)
{
	char path[32], line[128];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "r");
	check(file, "no '%s'", path);
	while (fgets(line, sizeof(line), file))
		found |= strstr(line, "BREAKING") != NULL;
	fclose(file);
	return found;
}

int main(int argc, char **argv)
{
	int to_read, to_nothing, of_readers, waited_for, other, status;
	pid_t pid;

	test_init(argc, argv);
	released = mmap(NULL, TEST_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(released != MAP_FAILED, "no shared memory");
	signal(SIGIO, handler);
	to_read = leased("to read", O_RDONLY, F_WRLCK);
	want("to read", O_RDONLY);
	to_nothing = leased("to nothing", O_RDWR, F_WRLCK);
	want("to nothing", O_WRONLY);
	of_readers = leased("of readers", O_RDONLY, F_RDLCK);
	other = must(open("of readers", O_RDONLY));
	want("of readers", O_WRONLY);
	waited_for = leased("waited for", O_RDONLY, F_WRLCK);
	pid = test_child(opener, NULL);
	while (!is_breaking(waited_for))
		usleep(1000);
	check(told == 4, "told %d times", told);
	test_ready();
	test_wait();
	check(told == 4, "told %d times of four leases", told);
	check(fcntl(to_read, F_GETLEASE) == F_RDLCK && fcntl(to_nothing, F_GETLEASE) == F_UNLCK &&
		      fcntl(of_readers, F_GETLEASE) == F_UNLCK && fcntl(waited_for, F_GETLEASE) == F_UNLCK,
	      "the leases become other things");
	check(is_breaking(to_read) && is_breaking(to_nothing) && is_breaking(of_readers) && is_breaking(waited_for),
	      "a lease is not being broken any more");
	want("to nothing", O_RDONLY);
	must(close(must(open("of readers", O_RDONLY | O_NONBLOCK))));
	must(close(other));
	must(fcntl(to_read, F_SETLEASE, F_RDLCK));
	must(close(must(open("to read", O_RDONLY | O_NONBLOCK))));
	check(waitpid(-1, NULL, WNOHANG) == 0, "who waits has ended already");
	__atomic_store_n(released, 1, __ATOMIC_SEQ_CST);
	must(fcntl(waited_for, F_SETLEASE, F_UNLCK));
	must(waitpid(pid, &status, 0));
	check(status == 0, "who waits ended with status %#x", status);
	pass();
}
