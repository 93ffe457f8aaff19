// SPDX-License-Identifier: GPL-2.0-only
/* The moments of a dump of which plugins for devices are told. What they did is undone by themselves: their exit is told
 * how the dump ended. */
#include "criu/plugin/plugin.h"

#include <errno.h>

#include <compel/compel.h>

#include "criu/dump/internal.h"
#include "criu/kernel/proc/list.h"
#include "criu/kernel/proc/open.h"
#include "criu/options/options.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

static int tell(unsigned int hook, pid_t pid, const char *what)
{
	int result = plugins_call_pid(hook, pid);

	if (result < 0 && result != -ENOTSUP)
		return log_errno(result, "task %d: a plugin cannot %s its devices", pid, what);
	return 0;
}

/* The tree runs: children that come or go meanwhile are nobody's mistake. */
static int pause_tree(pid_t pid)
{
	_cleanup_close_ int task = proc_open_task(pid);
	_cleanup_proc_pids_ struct proc_pids children = {};
	int error = task < 0 ? 0 : tell(CR_PLUGIN_HOOK__PAUSE_DEVICES, pid, "pause");

	if (error < 0 || task < 0 || proc_read_all_children(task, &children) < 0)
		return error;
	for (size_t i = 0; !error && i < children.count; i++)
		error = pause_tree(children.ids[i]);
	return error;
}

int dump_pause_devices(struct dump *dump)
{
	return plugins_have(CR_PLUGIN_HOOK__PAUSE_DEVICES) ? pause_tree(dump->options->tree) : 0;
}

int dump_checkpoint_devices(struct dump *dump)
{
	int error = 0;

	if (!plugins_have(CR_PLUGIN_HOOK__CHECKPOINT_DEVICES))
		return 0;
	for (unsigned int i = 0; !error && i < dump->tree->nr_processes; i++)
		if (dump->tree->processes[i]->state != COMPEL_ZOMBIE)
			error = tell(CR_PLUGIN_HOOK__CHECKPOINT_DEVICES, dump->tree->processes[i]->pid,
				     "checkpoint");
	return error;
}

int dump_devices_late(struct dump *dump)
{
	return tell(CR_PLUGIN_HOOK__DUMP_DEVICES_LATE, dump->options->tree, "finish");
}
