// SPDX-License-Identifier: GPL-2.0-only
/* What a userfaultfd works on is told by no file of /proc. It is asked for things that it must refuse, each of them for
 * a reason of its own (fs/userfaultfd.c and mm/userfaultfd.c of the kernel). */
#include "criu/objects/fd/userfaultfd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "criu/kernel/proc/fdinfo.h"
#include "criu/util/cleanup.h"
#include "criu/util/macros.h"

#define NEW_FD _IO(0xAA, 0x00) /* USERFAULTFD_IOC_NEW of /dev/userfaultfd, from 6.1 on */
/* Where also a 32-bit program could have memory; if it is free. */
#define LOW ((void *)(16UL << 20))
#define PROTECTED (1ULL << 57) /* of a word of pagemap */

static int open_plain(int flags)
{
	_cleanup_close_ int device = -EBADF;
	int fd = (int)syscall(SYS_userfaultfd, flags), error = errno;

	if (fd >= 0 || error != EPERM)
		return fd < 0 ? -error : fd;
	device = open("/dev/userfaultfd", O_RDWR | O_CLOEXEC);
	fd = device < 0 ? -1 : ioctl(device, NEW_FD, flags);
	return fd < 0 ? -error : fd;
}

int fault_open(uint64_t features, bool user_mode_only)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	_cleanup_close_ int fd = open_plain(O_CLOEXEC | O_NONBLOCK | (user_mode_only ? UFFD_USER_MODE_ONLY : 0));

	if (fd < 0)
		return fd;
	return ioctl(fd, UFFDIO_API, &api) < 0 ? -errno : steal_fd(&fd);
}

/* A copy from @nowhere fails, but not before the target has been looked at. */
static int try_copy(int fd, uint64_t address, void *nowhere)
{
	struct uffdio_copy copy = {
		.dst = address,
		.src = (uintptr_t)nowhere,
		.len = PAGE_SIZE,
		.mode = UFFDIO_COPY_MODE_DONTWAKE,
	};

	return ioctl(fd, UFFDIO_COPY, &copy) < 0 ? errno : 0;
}

/* Of what is not registered: nothing to be done, or nothing there. */
static bool can_unregister(int fd, uint64_t address)
{
	struct uffdio_range range = { .start = address, .len = PAGE_SIZE };

	return ioctl(fd, UFFDIO_UNREGISTER, &range) == 0;
}

/* Before UFFDIO_API everything is wrong; later a range that its memory can have may be woken. Who is woken for nothing waits
 * again. */
static bool is_wrong(int fd, uint64_t address)
{
	struct uffdio_range range = { .start = address, .len = PAGE_SIZE };

	return ioctl(fd, UFFDIO_WAKE, &range) < 0 && errno == EINVAL;
}

static enum fault_answer ask(int fd, uint64_t address, void *nowhere)
{
	if (is_wrong(fd, (uintptr_t)nowhere))
		return FAULT_UNSET;
	if (is_wrong(fd, address))
		return FAULT_NOTHING;
	switch (try_copy(fd, address, nowhere)) {
	case ENOENT:
		return can_unregister(fd, address) ? FAULT_PLAIN : FAULT_NOTHING;
	case ESRCH:
		return FAULT_GONE;
	case EAGAIN:
		return FAULT_CHANGING;
	default:
		return FAULT_REGISTERED;
	}
}

enum fault_answer fault_ask(int fd, uint64_t address)
{
	void *nowhere = mmap(LOW, PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	enum fault_answer answer = ask(fd, address, nowhere);

	munmap(nowhere, PAGE_SIZE);
	return answer;
}

/* What is registered with another is busy, and what is so already stays as it is. */
bool fault_is_of(int fd, uint64_t address, uint64_t mode)
{
	struct uffdio_register range = { .range = { .start = address, .len = PAGE_SIZE }, .mode = mode };

	return ioctl(fd, UFFDIO_REGISTER, &range) == 0;
}

static int take_pending(void *context, const char *key, const char *value)
{
	if (!strcmp(key, "pending"))
		*(unsigned long *)context = strtoul(value, NULL, 10);
	return 0;
}

static bool somebody_waits(int fd)
{
	struct proc_fdinfo common;
	unsigned long pending = 0;
	_cleanup_close_ int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return self >= 0 && proc_read_fdinfo(self, fd, take_pending, &pending, &common) == 0 && pending;
}

static void __attribute__((noreturn)) read_it(pid_t parent, pid_t pid, uint64_t address)
{
	uint8_t byte;
	struct iovec local = { &byte, 1 }, remote = { (void *)(uintptr_t)address, 1 };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(2);
	_exit(process_vm_readv(pid, &local, 1, &remote, 1, 0) < 0 && errno == EFAULT);
}

/* In a child, which must wait unless the kernel itself may not. It ends before anybody of the tree runs again. */
int fault_ask_user_mode(int fd, int pid, uint64_t address)
{
	pid_t parent = getpid(), child = fork(), ended;
	int status = 0;

	if (child < 0)
		return -errno;
	if (child == 0)
		read_it(parent, pid, address);
	while ((ended = waitpid(child, &status, WNOHANG)) == 0 && !somebody_waits(fd))
		poll(NULL, 0, 1);
	if (ended == 0) {
		kill(child, SIGKILL);
		while (waitpid(child, &status, 0) < 0 && errno == EINTR)
			;
		return 0;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

static bool shows_protection_of(int fd, uint8_t *page)
{
	struct uffdio_register area = {
		.range = { .start = (uintptr_t)page, .len = PAGE_SIZE },
		.mode = UFFDIO_REGISTER_MODE_WP,
	};
	struct uffdio_writeprotect protection = { .range = area.range, .mode = UFFDIO_WRITEPROTECT_MODE_WP };
	_cleanup_close_ int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t word = 0;

	page[0] = 1;
	return ioctl(fd, UFFDIO_REGISTER, &area) == 0 && ioctl(fd, UFFDIO_WRITEPROTECT, &protection) == 0 &&
	       pread(pagemap, &word, sizeof(word), (off_t)((uintptr_t)page / PAGE_SIZE * sizeof(word))) ==
		       sizeof(word) &&
	       word & PROTECTED;
}

bool fault_shows_protection(void)
{
	void *page = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	_cleanup_close_ int fd = fault_open(UFFD_FEATURE_PAGEFAULT_FLAG_WP, false);
	bool shows = fd >= 0 && page != MAP_FAILED && shows_protection_of(fd, page);

	if (page != MAP_FAILED)
		munmap(page, PAGE_SIZE);
	return shows;
}
