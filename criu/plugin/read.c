// SPDX-License-Identifier: GPL-2.0-only
/* One shared object: its descriptor, or the functions of a plugin which is older than descriptors. */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "criu/plugin/internal.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

/* Looked up by name where there is no descriptor. */
static const char *const old_hooks[CR_PLUGIN_HOOK__MAX] = {
	[CR_PLUGIN_HOOK__DUMP_UNIX_SK] = "cr_plugin_dump_unix_sk",
	[CR_PLUGIN_HOOK__RESTORE_UNIX_SK] = "cr_plugin_restore_unix_sk",
	[CR_PLUGIN_HOOK__DUMP_EXT_FILE] = "cr_plugin_dump_file",
	[CR_PLUGIN_HOOK__RESTORE_EXT_FILE] = "cr_plugin_restore_file",
	[CR_PLUGIN_HOOK__DUMP_EXT_MOUNT] = "cr_plugin_dump_ext_mount",
	[CR_PLUGIN_HOOK__RESTORE_EXT_MOUNT] = "cr_plugin_restore_ext_mount",
	[CR_PLUGIN_HOOK__DUMP_EXT_LINK] = "cr_plugin_dump_ext_link",
	[CR_PLUGIN_HOOK__HANDLE_DEVICE_VMA] = "cr_plugin_handle_device_vma",
	[CR_PLUGIN_HOOK__UPDATE_VMA_MAP] = "cr_plugin_update_vma_map",
	[CR_PLUGIN_HOOK__RESUME_DEVICES_LATE] = "cr_plugin_resume_devices_late",
	[CR_PLUGIN_HOOK__PAUSE_DEVICES] = "cr_plugin_pause_devices",
	[CR_PLUGIN_HOOK__CHECKPOINT_DEVICES] = "cr_plugin_checkpoint_devices",
	[CR_PLUGIN_HOOK__POST_FORKING] = "cr_plugin_post_forking",
	[CR_PLUGIN_HOOK__RESTORE_INIT] = "cr_plugin_restore_init",
	[CR_PLUGIN_HOOK__DUMP_DEVICES_LATE] = "cr_plugin_dump_devices_late",
};

void plugin_free(struct plugin *plugin)
{
	if (plugin->library)
		dlclose(plugin->library);
	free(plugin);
}

static int read_descriptor(const char *path, const cr_plugin_desc_t *descriptor, struct plugin *plugin)
{
	if (descriptor->version > CRIU_PLUGIN_VERSION)
		return log_fail(-ENOTSUP, "plugin '%s': is of version %#x, newer than %#x", path,
				descriptor->version, CRIU_PLUGIN_VERSION);
	if (descriptor->max_hooks > CR_PLUGIN_HOOK__MAX)
		return log_fail(-ENOTSUP, "plugin '%s': has %u hooks, %d are known", path,
				descriptor->max_hooks, CR_PLUGIN_HOOK__MAX);
	plugin->descriptor = descriptor;
	plugin->name = descriptor->name ? descriptor->name : "?";
	plugin->init = descriptor->init;
	plugin->exit = descriptor->exit;
	memcpy(plugin->hooks, descriptor->hooks, descriptor->max_hooks * sizeof(void *));
	return 0;
}

/* Their init and exit were declared without arguments, which do no harm. */
static void read_functions(const char *path, struct plugin *plugin)
{
	plugin->name = path;
	*(void **)&plugin->init = dlsym(plugin->library, "cr_plugin_init");
	*(void **)&plugin->exit = dlsym(plugin->library, "cr_plugin_fini");
	for (size_t i = 0; i < ARRAY_SIZE(old_hooks); i++)
		plugin->hooks[i] = dlsym(plugin->library, old_hooks[i]);
}

int plugin_read(const char *path, struct plugin **ret_plugin)
{
	struct plugin *plugin = calloc(1, sizeof(*plugin));
	const cr_plugin_desc_t *descriptor;
	int error = 0;

	if (!plugin)
		return log_errno(ENOMEM, "plugin '%s'", path);
	plugin->library = dlopen(path, RTLD_LAZY);
	if (!plugin->library) {
		free(plugin);
		return log_fail(-ELIBBAD, "plugin '%s' cannot be loaded: %s", path, dlerror());
	}
	descriptor = dlsym(plugin->library, "CR_PLUGIN_DESC");
	if (descriptor)
		error = read_descriptor(path, descriptor, plugin);
	else
		read_functions(path, plugin);
	if (error < 0) {
		plugin_free(plugin);
		return error;
	}
	*ret_plugin = plugin;
	return 0;
}
