// SPDX-License-Identifier: GPL-2.0-only
/* Contents of a living task: process_vm_readv() for what the task could read itself, /proc/PID/mem for the rest. */
#include "criu/pages/task-source.h"

#include <fcntl.h>
#include <stdatomic.h>

struct task_source {
	struct page_source source;
	pid_t pid;
	int proc_fd;
	_Atomic int mem_fd; /* opened when first needed */
	_Atomic uint64_t failed_at;
};

/* Of several threads that open it at once, one is right. */
static int open_memory(struct task_source *source)
{
	int fd = atomic_load(&source->mem_fd), none = -EBADF;

	if (fd >= 0)
		return fd;
	fd = openat(source->proc_fd, "mem", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (atomic_compare_exchange_strong(&source->mem_fd, &none, fd))
		return fd;
	close(fd);
	return none;
}

static int read_forced(struct task_source *source, uint64_t address, uint8_t *buffer, size_t size)
{
	int fd = open_memory(source);

	if (fd < 0)
		return fd;
	while (size) {
		ssize_t got = pread(fd, buffer, size, (off_t)address);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			source->failed_at = address;
			return got < 0 ? -errno : -ESRCH;
		}
		address += (size_t)got;
		buffer += got;
		size -= (size_t)got;
	}
	return 0;
}

/* Passes over the @got bytes that were read; returns the index of the run that is not complete. */
static size_t skip_complete(struct iovec *remote, size_t at, size_t nr, size_t got)
{
	while (at < nr && got >= remote[at].iov_len)
		got -= remote[at++].iov_len;
	if (at < nr) {
		remote[at].iov_base = (char *)remote[at].iov_base + got;
		remote[at].iov_len -= got;
	}
	return at;
}

/* Reads @remote[0..@nr) into @buffer the quick way as far as it goes; the rest by force. */
static int read_vectors(struct task_source *source, struct iovec *remote, size_t nr, uint8_t *buffer)
{
	struct iovec local = { .iov_base = buffer };
	size_t at = 0;

	for (size_t i = 0; i < nr; i++)
		local.iov_len += remote[i].iov_len;
	while (at < nr) {
		ssize_t got = process_vm_readv(source->pid, &local, 1, remote + at, nr - at, 0);
		int error;

		if (got < 0 && errno != EFAULT && errno != EPERM && errno != ENOSYS)
			return -errno;
		if (got > 0) {
			at = skip_complete(remote, at, nr, (size_t)got);
			local.iov_base = (char *)local.iov_base + got;
			local.iov_len -= (size_t)got;
			continue;
		}
		error = read_forced(source, (uintptr_t)remote[at].iov_base, local.iov_base, remote[at].iov_len);
		if (error < 0)
			return error;
		local.iov_base = (char *)local.iov_base + remote[at].iov_len;
		local.iov_len -= remote[at++].iov_len;
	}
	return 0;
}

static size_t run_size(const struct page_run *run)
{
	return run->end - run->start;
}

/* process_vm_readv() pins pages, and the kernel makes a copy of a page for whoever pins one that is shared
 * copy-on-write (FAULT_FLAG_UNSHARE, from 5.19 on). Reading /proc/PID/mem does not, but copies twice. */
static int task_read(struct page_source *base, const struct page_run *runs, size_t nr, void *buffer)
{
	struct task_source *source = container_of(base, struct task_source, source);
	struct iovec remote[PAGE_BATCH_PAGES];
	uint8_t *at = buffer;
	int error = 0;

	for (size_t i = 0; i < nr && !error;) {
		size_t count = 0, size = 0;

		for (; i < nr && !(runs[i].flags & PAGES_HAVE_RELATIVES); i++) {
			remote[count++] = (struct iovec){ (void *)(uintptr_t)runs[i].start, run_size(&runs[i]) };
			size += run_size(&runs[i]);
		}
		if (count) {
			error = read_vectors(source, remote, count, at);
		} else {
			size = run_size(&runs[i]);
			error = read_forced(source, runs[i++].start, at, size);
		}
		at += size;
	}
	return error;
}

static void task_close(struct page_source *base)
{
	struct task_source *source = container_of(base, struct task_source, source);

	if (source->mem_fd >= 0)
		close(source->mem_fd);
	free(source);
}

static const struct page_source_ops task_source_ops = { .read = task_read, .close = task_close };

int page_task_source_open(pid_t pid, int proc_fd, struct page_source **ret_source)
{
	struct task_source *source = calloc(1, sizeof(*source));

	if (!source)
		return -ENOMEM;
	source->source.ops = &task_source_ops;
	source->pid = pid;
	source->proc_fd = proc_fd;
	source->mem_fd = -EBADF;
	*ret_source = &source->source;
	return 0;
}

uint64_t page_task_source_failed_at(const struct page_source *source)
{
	return container_of(source, const struct task_source, source)->failed_at;
}
