// SPDX-License-Identifier: GPL-2.0-only
/* Leases that nobody has broken: for reading and for writing, with and without an owner, with a signal of their own.
 * Who opens the file later is held up, and the holder learns of it.
 *
 * options: --file-locks
 * flavours: host ns
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#define SIGNAL (SIGRTMIN + 3)

static volatile sig_atomic_t told;
static volatile int told_fd;

static void handler(int number, siginfo_t *info, void *context)
{
	told++;
	told_fd = info->si_fd;
}

static int leased(const char *name, int flags, int type)
{
	int fd = must(open(name, O_CREAT | O_RDWR, 0644));

	must(close(fd));
	fd = must(open(name, flags));
	must(fcntl(fd, F_SETSIG, SIGNAL));
	must(fcntl(fd, F_SETLEASE, type));
	return fd;
}

/* The holder is told, and lets go; who can write cannot keep a lease for reading. */
static void check_breaks(const char *name, int fd, int flags, int target)
{
	told = 0;
	check(open(name, flags | O_NONBLOCK) < 0 && errno == EWOULDBLOCK, "'%s' can be opened", name);
	check(told == 1 && told_fd == fd, "'%s': told %d times, of %d", name, told, told_fd);
	check(fcntl(fd, F_GETLEASE) == target, "'%s' becomes %d", name, fcntl(fd, F_GETLEASE));
	must(fcntl(fd, F_SETLEASE, F_UNLCK));
	must(close(must(open(name, flags | O_NONBLOCK))));
	check(told == 1, "'%s': told again", name);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
	struct f_owner_ex nobody = { .type = F_OWNER_PID };
	int for_reading, for_writing, by_reader, unowned;

	test_init(argc, argv);
	must(sigaction(SIGNAL, &action, NULL));
	for_reading = leased("for reading", O_RDONLY, F_RDLCK);
	for_writing = leased("for writing", O_RDWR, F_WRLCK);
	by_reader = leased("by a reader", O_RDONLY, F_WRLCK);
	unowned = leased("unowned", O_RDWR, F_WRLCK);
	must(fcntl(unowned, F_SETOWN_EX, &nobody));
	test_ready();
	test_wait();
	check(!told, "told of a lease that nobody wants");
	check(fcntl(for_reading, F_GETLEASE) == F_RDLCK && fcntl(for_writing, F_GETLEASE) == F_WRLCK &&
		      fcntl(by_reader, F_GETLEASE) == F_WRLCK && fcntl(unowned, F_GETLEASE) == F_WRLCK,
	      "other leases than before");
	must(close(must(open("for reading", O_RDONLY | O_NONBLOCK))));
	check_breaks("for reading", for_reading, O_WRONLY, F_UNLCK);
	check_breaks("for writing", for_writing, O_RDONLY, F_RDLCK);
	check_breaks("by a reader", by_reader, O_WRONLY, F_UNLCK);
	check(open("unowned", O_RDONLY | O_NONBLOCK) < 0 && errno == EWOULDBLOCK, "the fourth can be opened");
	check(told == 1, "somebody owns what nobody did");
	pass();
}
