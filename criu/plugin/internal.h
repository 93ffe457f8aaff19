/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the plugin host share. */
#ifndef CRIU_PLUGIN_INTERNAL_H
#define CRIU_PLUGIN_INTERNAL_H

#include "criu/plugin/plugin.h"

/* One that is loaded. */
struct plugin {
	struct plugin *next;
	void *library;
	const char *name;
	const cr_plugin_desc_t *descriptor; /* NULL: one of the old kind, without */
	int (*init)(int stage);
	void (*exit)(int stage, int ret);
	bool initialised;
	void *hooks[CR_PLUGIN_HOOK__MAX];
};

/* exports.c */
void plugins_lend_images(int fd);

/* read.c: opens @path and learns what is in it. Logged. */
int plugin_read(const char *path, struct plugin **ret_plugin);
void plugin_free(struct plugin *plugin);

#endif
