// SPDX-License-Identifier: GPL-2.0-only
/* Event counters: their value up to the largest, whether they block, and one description behind two descriptors.
 *
 * kinds: eventfd
 * iterations: 2
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int counter, twin, full, empty, owned;
	eventfd_t value;

	test_init(argc, argv);
	counter = must(eventfd(7, EFD_NONBLOCK | EFD_CLOEXEC));
	twin = must(dup(counter));
	must(eventfd_write(counter, 1UL << 40));
	full = must(eventfd(0, EFD_NONBLOCK));
	must(eventfd_write(full, UINT64_MAX - 1));
	empty = must(eventfd(0, 0));
	owned = must(eventfd(1, 0));
	must(fcntl(owned, F_SETOWN, getpid()));
	must(fcntl(owned, F_SETFL, O_APPEND | O_NONBLOCK));

	test_ready();
	test_wait();

	must(eventfd_read(twin, &value));
	check(value == 7 + (1UL << 40), "the counter is %lu", (unsigned long)value);
	check(eventfd_read(counter, &value) < 0 && errno == EAGAIN, "two counters, or one that blocks");
	check(eventfd_write(full, 1) < 0 && errno == EAGAIN, "the full counter has room");
	must(eventfd_read(full, &value));
	check(value == UINT64_MAX - 1, "the full counter is %lu", (unsigned long)value);
	check(!(fcntl(empty, F_GETFL) & O_NONBLOCK), "the empty counter does not block");
	must(fcntl(empty, F_SETFL, O_NONBLOCK));
	check(eventfd_read(empty, &value) < 0 && errno == EAGAIN, "the empty counter has %lu", (unsigned long)value);
	check(fcntl(owned, F_GETOWN) == getpid(), "the owner is %d", fcntl(owned, F_GETOWN));
	check(fcntl(owned, F_GETFL) == (O_RDWR | O_APPEND | O_NONBLOCK), "flags %o", fcntl(owned, F_GETFL));
	pass();
}
