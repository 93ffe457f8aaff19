// SPDX-License-Identifier: GPL-2.0-only
/* The plugins of a directory, in the order in which it is read, and the calls of their hooks. */
#include "criu/plugin/plugin.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "criu/plugin/internal.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

#define SUFFIX ".so"

/* Those of this process; the interface gives plugins no context to belong to. */
static struct plugin *first_plugin;
static int current_stage;

static bool is_plugin(const char *name)
{
	size_t length = strlen(name);

	return length >= strlen(SUFFIX) && !strcmp(name + length - strlen(SUFFIX), SUFFIX);
}

static int load_one(const char *directory, const char *name, struct plugin ***end)
{
	_cleanup_free_ char *path = NULL;
	struct plugin *plugin;
	int error;

	if (asprintf(&path, "%s%s/%s", strchr(directory, '/') ? "" : "./", directory, name) < 0)
		return log_errno(ENOMEM, "plugin '%s'", name);
	error = plugin_read(path, &plugin);
	if (error < 0)
		return error;
	if (!plugin->descriptor)
		plugin->name = "without descriptor";
	**end = plugin;
	*end = &plugin->next;
	error = plugin->init ? plugin->init(current_stage) : 0;
	plugin->initialised = !error;
	if (error)
		return log_fail(error < 0 ? error : -EIO, "plugin '%s' (%s): its init fails with %d", path,
				plugin->name, error);
	log_info("plugin '%s' (%s) loaded", path, plugin->name);
	return 0;
}

int plugins_load(const char *directory, int stage, int images_fd)
{
	const char *path = directory ? directory : CRIU_PLUGIN_DIRECTORY;
	_cleanup_closedir_ DIR *stream = opendir(path);
	struct plugin **end = &first_plugin;
	const struct dirent *entry;
	int error = 0;

	current_stage = stage;
	plugins_lend_images(images_fd);
	if (!stream && errno == ENOENT) {
		if (directory)
			log_warn("directory of plugins: '%s' does not exist", directory);
		return 0;
	}
	if (!stream)
		return log_errno(errno, "directory of plugins: '%s'", path);
	while (!error && (entry = readdir(stream)))
		if (is_plugin(entry->d_name))
			error = load_one(path, entry->d_name, &end);
	return error;
}

void plugins_unload(int result)
{
	struct plugin *next;

	for (struct plugin *plugin = first_plugin; plugin; plugin = next) {
		next = plugin->next;
		if (plugin->initialised && plugin->exit)
			plugin->exit(current_stage, result);
		plugin_free(plugin);
	}
	first_plugin = NULL;
	plugins_lend_images(-EBADF);
	plugins_forget_inventory();
}

/* --- hooks --- */

static const struct plugin *next_with(const struct plugin *plugin, unsigned int hook)
{
	while (plugin && !plugin->hooks[hook])
		plugin = plugin->next;
	return plugin;
}

bool plugins_have(unsigned int hook)
{
	return next_with(first_plugin, hook) != NULL;
}

/* Asks one plugin after the other with arguments @...; the type of the hook is that of @function. */
#define ASK(hook, function, ...)                                                                           \
	({                                                                                                 \
		int answer_ = -ENOTSUP;                                                                    \
		const struct plugin *plugin_ = next_with(first_plugin, hook);                              \
		for (; plugin_ && answer_ == -ENOTSUP; plugin_ = next_with(plugin_->next, hook)) {         \
			*(void **)&(function) = plugin_->hooks[hook];                                      \
			answer_ = (function)(__VA_ARGS__);                                                 \
			log_debug("plugin %s: hook %u: %d", plugin_->name, (unsigned int)(hook), answer_); \
		}                                                                                          \
		answer_;                                                                                   \
	})

int plugins_call(unsigned int hook)
{
	int (*function)(void);

	return ASK(hook, function);
}

int plugins_call_pid(unsigned int hook, int pid)
{
	int (*function)(int);

	return ASK(hook, function, pid);
}

int plugins_dump_file(int fd, int id)
{
	int (*function)(int, int);

	return ASK(CR_PLUGIN_HOOK__DUMP_EXT_FILE, function, fd, id);
}

int plugins_restore_file(int id, bool *ret_retry)
{
	int (*function)(int, bool *);

	return ASK(CR_PLUGIN_HOOK__RESTORE_EXT_FILE, function, id, ret_retry);
}

int plugins_handle_device_mapping(int fd, const struct stat *stat)
{
	int (*function)(int, const struct stat *);

	return ASK(CR_PLUGIN_HOOK__HANDLE_DEVICE_VMA, function, fd, stat);
}

int plugins_update_mapping(const char *path, uint64_t address, uint64_t old_pgoff, uint64_t *ret_pgoff, int *ret_fd)
{
	int (*function)(const char *, const uint64_t, const uint64_t, uint64_t *, int *);

	return ASK(CR_PLUGIN_HOOK__UPDATE_VMA_MAP, function, path, address, old_pgoff, ret_pgoff, ret_fd);
}
