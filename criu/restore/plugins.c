// SPDX-License-Identifier: GPL-2.0-only
/* The moments of a restore of which plugins are told, and which plugins the images need. */
#include "criu/plugin/plugin.h"

#include <errno.h>

#include "criu/image/directory.h"
#include "criu/objects/kinds.h"
#include "criu/options/options.h"
#include "criu/restore/internal.h"
#include "criu/util/log.h"

/* Their init takes the names off the list: whoever is left on it is missing. */
static void refuse_missing(struct restore *restore)
{
	char *const *names;
	size_t nr = plugins_inventory(&names);

	for (size_t i = 0; i < nr; i++)
		restore_refuse(restore, NULL,
			       "the images need the plugin '%s', which is not loaded; name its directory with --libdir",
			       names[i]);
}

int restore_load_plugins(struct restore *restore)
{
	const PluginsEntry *needed = restore->inventory->plugins_entry;
	int error = plugins_set_inventory(needed, needed ? needed->plugins : NULL, needed ? needed->n_plugins : 0);

	if (error < 0)
		return log_errno(error, "list of plugins");
	error = plugins_load(restore->options->libdir, CR_PLUGIN_STAGE__RESTORE, restore->images->fd);
	if (error < 0)
		return error;
	refuse_missing(restore);
	return restore_tell_plugins(CR_PLUGIN_HOOK__RESTORE_INIT, "at its start");
}

int restore_tell_plugins(unsigned int hook, const char *when)
{
	int result = plugins_call(hook);

	if (result < 0 && result != -ENOTSUP)
		return log_errno(result, "a plugin fails %s", when);
	return 0;
}

int restore_resume_devices(struct restore *restore)
{
	struct task *task;

	TAILQ_FOREACH(task, &restore->tasks, link) {
		int result = task->state == TASK_DEAD
				     ? 0
				     : plugins_call_pid(CR_PLUGIN_HOOK__RESUME_DEVICES_LATE, task->pid);

		if (result < 0 && result != -ENOTSUP)
			return log_errno(result, "task %d: a plugin cannot resume its devices", task->pid);
	}
	return 0;
}
