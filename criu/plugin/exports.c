// SPDX-License-Identifier: GPL-2.0-only
/* What plugins call: the functions of criu-plugin.h, and the list of plugins which the inventory names. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "criu/plugin/internal.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define EXPORTED __attribute__((visibility("default")))

/* Of this process, as the plugins are (plugin.h). */
static struct {
	int images_fd;
	bool is_known; /* the list below was in the images; without, every plugin takes part */
	char **names;
	size_t nr;
} plugin_inventory = { .images_fd = -EBADF };

void plugins_lend_images(int fd)
{
	plugin_inventory.images_fd = fd;
}

void plugins_forget_inventory(void)
{
	for (size_t i = 0; i < plugin_inventory.nr; i++)
		free(plugin_inventory.names[i]);
	free(plugin_inventory.names);
	plugin_inventory.names = NULL;
	plugin_inventory.nr = 0;
	plugin_inventory.is_known = false;
}

static int add_name(const char *name)
{
	char **grown = reallocarray(plugin_inventory.names, plugin_inventory.nr + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	plugin_inventory.names = grown;
	grown[plugin_inventory.nr] = strdup(name);
	if (!grown[plugin_inventory.nr])
		return -ENOMEM;
	plugin_inventory.nr++;
	return 0;
}

int plugins_set_inventory(bool is_known, char *const *names, size_t nr)
{
	int error = 0;

	plugins_forget_inventory();
	plugin_inventory.is_known = is_known;
	for (size_t i = 0; !error && i < nr; i++)
		error = add_name(names[i]);
	return error;
}

size_t plugins_inventory(char *const **ret_names)
{
	*ret_names = plugin_inventory.names;
	return plugin_inventory.nr;
}

EXPORTED int criu_get_image_dir(void)
{
	return plugin_inventory.images_fd;
}

EXPORTED int add_inventory_plugin(const char *name)
{
	for (size_t i = 0; i < plugin_inventory.nr; i++)
		if (!strcmp(plugin_inventory.names[i], name))
			return 0;
	return add_name(name) < 0 ? -1 : 0;
}

EXPORTED bool check_and_remove_inventory_plugin(const char *name, size_t n)
{
	if (!plugin_inventory.is_known)
		return true;
	for (size_t i = 0; i < plugin_inventory.nr; i++) {
		if (strncmp(plugin_inventory.names[i], name, n) != 0)
			continue;
		free(plugin_inventory.names[i]);
		plugin_inventory.names[i] = plugin_inventory.names[--plugin_inventory.nr];
		return true;
	}
	return false;
}

static enum log_level level_of(unsigned int level)
{
	static const enum log_level levels[] = { LOG_LEVEL_INFO, LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO };

	return level < ARRAY_SIZE(levels) ? levels[level] : LOG_LEVEL_DEBUG;
}

/* The line is the plugin's own, with a newline at its end. */
EXPORTED void print_on_level(unsigned int level, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0)
		return;
	while (length > 0 && text[length - 1] == '\n')
		text[--length] = '\0';
	log_write(level_of(level), "plugin", 0, 0, "%s", text);
}
