// SPDX-License-Identifier: GPL-2.0-only
/* Access to I/O ports (ioperm(2)) is told by the register set of its name. */
#include <elf.h>
#include <errno.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include "criu/objects/kinds.h"

#ifndef NT_386_IOPERM
#define NT_386_IOPERM 0x201
#endif

/* Not there (ENXIO), or not on this machine. */
static bool has_ports(pid_t tid)
{
	unsigned long bits;
	struct iovec room = { &bits, sizeof(bits) };

	return ptrace(PTRACE_GETREGSET, tid, NT_386_IOPERM, &room) == 0 && room.iov_len;
}

static int io_permission_survey(struct dump *dump, const struct task *task)
{
	for (unsigned int i = 0; task->state != TASK_DEAD && i < task->nr_threads; i++)
		if (!task->threads[i].dead && has_ports(task->threads[i].tid))
			dump_refuse(dump, task,
				    "thread %d: has been given I/O ports (ioperm), which cannot be kept; give them back "
				    "before the dump",
				    task->threads[i].tid);
	return 0;
}

const struct task_kind io_permission_kind = {
	.name = "io-permission",
	.survey = io_permission_survey,
};
