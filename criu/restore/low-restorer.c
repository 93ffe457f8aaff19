// SPDX-License-Identifier: GPL-2.0-only
/* Where the restorer of a task with 32-bit code goes: below 4 GiB, so that it can give its own addresses to 32-bit
 * system calls. Its memory is gathered above, as that of all others: the process itself is a 64-bit one. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "criu/kernel/proc/mappings.h"
#include "criu/restore/memory-internal.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

/* Above what only privileged processes may map, below what the kernel lets 32-bit programs have. */
#define LOWEST (1UL << 20)
#define HIGHEST 0xffffd000UL

int restore_plan_low_restorer(struct task *task, uint64_t size)
{
	_cleanup_proc_mappings_ struct proc_mappings own = { 0 };
	_cleanup_close_ int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_free_ struct address_range *ranges = NULL;
	size_t nr = 0;
	int error = self < 0 ? -errno : proc_read_maps(self, &own);

	if (error < 0)
		return log_errno(error, "cannot read '%s'", "/proc/self/maps");
	ranges = calloc(own.count + task->nr_mappings + 1, sizeof(*ranges));
	if (!ranges)
		return log_errno(ENOMEM, "task %d: no memory", task->pid);
	for (size_t i = 0; i < own.count; i++)
		ranges[nr++] = (struct address_range){ own.items[i].start, own.items[i].end };
	for (unsigned int i = 0; i < task->nr_mappings; i++)
		ranges[nr++] = (struct address_range){ task->mappings[i].record->start,
						       task->mappings[i].record->end };
	error = staging_find_room(ranges, nr, LOWEST, HIGHEST, size, &task->restorer);
	if (error < 0)
		return log_errno(error, "task %d: no room for its restorer below 4 GiB", task->pid);
	return 0;
}
