/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory registered with a userfaultfd, and who brings its pages. */
#ifndef ZDTM_USERFAULTFD_FAULTS_H
#define ZDTM_USERFAULTFD_FAULTS_H

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "test.h"

#define PAGE(memory, number) ((memory) + (number)*TEST_PAGE)

static inline int faults_open_with(uint64_t features, int flags)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | flags);

	if (fd < 0)
		skip("userfaultfd: %s", strerror(errno));
	if (ioctl(fd, UFFDIO_API, &api) < 0)
		skip("userfaultfd with features %llx: %s", (unsigned long long)features, strerror(errno));
	return fd;
}

static inline int faults_open(uint64_t features)
{
	return faults_open_with(features, 0);
}

static inline uint8_t *faults_map(size_t pages)
{
	void *memory = mmap(NULL, pages * TEST_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(memory != MAP_FAILED, "no memory");
	return memory;
}

static inline void faults_register(int fd, uint8_t *memory, size_t pages, uint64_t mode)
{
	struct uffdio_register area = {
		.range = { .start = (uintptr_t)memory, .len = pages * TEST_PAGE },
		.mode = mode,
	};

	must(ioctl(fd, UFFDIO_REGISTER, &area));
}

static inline void faults_copy(int fd, const uint8_t *page, int content)
{
	uint8_t data[TEST_PAGE] __attribute__((aligned(16)));
	struct uffdio_copy copy = { .dst = (uintptr_t)page, .src = (uintptr_t)data, .len = TEST_PAGE };

	memset(data, content, sizeof(data));
	must(ioctl(fd, UFFDIO_COPY, &copy));
}

static inline void faults_zero(int fd, const uint8_t *page)
{
	struct uffdio_zeropage zero = { .range = { .start = (uintptr_t)page, .len = TEST_PAGE } };

	must(ioctl(fd, UFFDIO_ZEROPAGE, &zero));
}

static inline void faults_protect(int fd, const uint8_t *page, size_t pages, bool on)
{
	struct uffdio_writeprotect protection = {
		.range = { .start = (uintptr_t)page, .len = pages * TEST_PAGE },
		.mode = on ? UFFDIO_WRITEPROTECT_MODE_WP : 0,
	};

	must(ioctl(fd, UFFDIO_WRITEPROTECT, &protection));
}

/* The next message; waits. */
static inline struct uffd_msg faults_next(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	struct uffd_msg message;

	while (read(fd, &message, sizeof(message)) != sizeof(message)) {
		check(errno == EAGAIN || errno == EINTR, "read: %s", strerror(errno));
		poll(&poll_fd, 1, -1);
	}
	return message;
}

static inline uint64_t faults_word(const void *address)
{
	int fd = must(open("/proc/self/pagemap", O_RDONLY));
	uint64_t word = 0;

	must(pread(fd, &word, sizeof(word), (off_t)((uintptr_t)address / TEST_PAGE * sizeof(word))));
	close(fd);
	return word;
}

static inline bool faults_is_there(const void *address)
{
	return faults_word(address) >> 62;
}

static inline bool faults_is_protected(const void *address)
{
	return faults_word(address) >> 57 & 1;
}

/* A thread that brings missing pages, filled with the number of the fault. */
struct faults_server {
	int fd;
	volatile int served;
	volatile uint8_t *volatile last;
};

static inline void *faults_serve(void *argument)
{
	struct faults_server *server = argument;

	for (;;) {
		struct uffd_msg message = faults_next(server->fd);
		uint8_t *page = (uint8_t *)(uintptr_t)(message.arg.pagefault.address & ~(TEST_PAGE - 1ULL));

		server->last = page;
		faults_copy(server->fd, page, ++server->served);
	}
	return NULL;
}

static inline void faults_start(struct faults_server *server)
{
	pthread_t thread;

	check(!pthread_create(&thread, NULL, faults_serve, server), "no thread");
}

#endif
