// SPDX-License-Identifier: LGPL-2.1-only
/* Memory of a process through /proc/PID/mem. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "compel/src/internal.h"

int process_read(struct compel_process *process, uint64_t address, void *buffer, size_t length)
{
	size_t done = 0;
	ssize_t got;
	int error = process_open_memory(process);

	while (!error && done < length) {
		got = pread(process->mem_fd, (char *)buffer + done, length - done, (off_t)(address + done));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EIO;
		done += (size_t)got;
	}
	return error;
}

int process_write(struct compel_process *process, uint64_t address, const void *buffer, size_t length)
{
	size_t done = 0;
	ssize_t put;
	int error = process_open_memory(process);

	while (!error && done < length) {
		put = pwrite(process->mem_fd, (const char *)buffer + done, length - done, (off_t)(address + done));
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return put < 0 ? -errno : -EIO;
		done += (size_t)put;
	}
	return error;
}

int compel_read(struct compel_process *process, uint64_t address, void *buffer, size_t length)
{
	int error;

	compel_clear_error();
	error = process_read(process, address, buffer, length);
	if (error)
		return compel_fail(error, "pid %d: reading %zu bytes at %#lx: %s", process->pid, length,
				   (unsigned long)address, strerror(-error));
	return 0;
}

int compel_write(struct compel_process *process, uint64_t address, const void *buffer, size_t length)
{
	int error;

	compel_clear_error();
	error = process_write(process, address, buffer, length);
	if (error)
		return compel_fail(error, "pid %d: writing %zu bytes at %#lx: %s", process->pid, length,
				   (unsigned long)address, strerror(-error));
	return 0;
}
