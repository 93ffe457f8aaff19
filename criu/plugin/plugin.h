/* SPDX-License-Identifier: GPL-2.0-only */
/* Plugins: found, checked and called. What plugins may call knows no context, so those that are loaded belong to the
 * process: one operation at a time has them. */
#ifndef CRIU_PLUGIN_PLUGIN_H
#define CRIU_PLUGIN_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "criu/plugin/criu-plugin.h"

/* Loads and initialises all plugins of @directory (NULL: the built-in one, if it exists). Logged. @images_fd is lent to
 * them. Must be followed by plugins_unload(), also after a failure. */
int plugins_load(const char *directory, int stage, int images_fd);
/* Tells them the @result of the operation. */
void plugins_unload(int result);

/* Whether any plugin has the hook. */
bool plugins_have(unsigned int hook);

/* The hooks, by what they are called with. The first answer that is not -ENOTSUP; -ENOTSUP when nobody has one. */
int plugins_call(unsigned int hook);
int plugins_call_pid(unsigned int hook, int pid);
int plugins_dump_file(int fd, int id);
int plugins_restore_file(int id, bool *ret_retry);
int plugins_handle_device_mapping(int fd, const struct stat *stat);
int plugins_update_mapping(const char *path, uint64_t address, uint64_t old_pgoff, uint64_t *ret_pgoff, int *ret_fd);

/* Names of plugins that the images need. */
void plugins_forget_inventory(void);
/* Restore: @is_known tells whether the inventory has a list at all. */
int plugins_set_inventory(bool is_known, char *const *names, size_t nr);
/* The list as it is now; dump writes it, restore finds on it whoever is missing. */
size_t plugins_inventory(char *const **ret_names);

#endif
