/* SPDX-License-Identifier: GPL-2.0-only */
/* What a plugin of criu is written with. A plugin is a shared object NAME.so in the plugin directory (--libdir); it
 * keeps what criu itself cannot: descriptors and mappings of devices, sockets to the outside, mounts, links.
 *
 *	static int keep(int fd, int id) { ... }
 *	CR_PLUGIN_REGISTER("my_plugin", NULL, NULL)
 *	CR_PLUGIN_REGISTER_HOOK(CR_PLUGIN_HOOK__DUMP_EXT_FILE, keep)
 *
 * criu(8), section PLUGINS, says when each hook is called. */
#ifndef CRIU_PLUGIN_H
#define CRIU_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CRIU_PLUGIN_VERSION_MAJOR 0
#define CRIU_PLUGIN_VERSION_MINOR 2
#define CRIU_PLUGIN_VERSION_SUBLEVEL 0
#define CRIU_PLUGIN_GEN_VERSION(major, minor, sublevel) (((major) << 16) + ((minor) << 8) + (sublevel))
#define CRIU_PLUGIN_VERSION \
	CRIU_PLUGIN_GEN_VERSION(CRIU_PLUGIN_VERSION_MAJOR, CRIU_PLUGIN_VERSION_MINOR, CRIU_PLUGIN_VERSION_SUBLEVEL)
/* The version that plugins without a descriptor are taken to be of. */
#define CRIU_PLUGIN_VERSION_OLD CRIU_PLUGIN_GEN_VERSION(0, 1, 0)

/* What is going on when a plugin is initialised. */
enum { CR_PLUGIN_STAGE__DUMP, CR_PLUGIN_STAGE__PRE_DUMP, CR_PLUGIN_STAGE__RESTORE, CR_PLUGIN_STAGE_MAX };

/* The hooks; each returns -ENOTSUP for what is not the plugin's business, so that others are asked. */
enum {
	CR_PLUGIN_HOOK__DUMP_UNIX_SK,	   /* int (int fd, int id) */
	CR_PLUGIN_HOOK__RESTORE_UNIX_SK,   /* int (int id): a descriptor */
	CR_PLUGIN_HOOK__DUMP_EXT_FILE,	   /* int (int fd, int id) */
	CR_PLUGIN_HOOK__RESTORE_EXT_FILE,  /* int (int id, bool *retry_needed): a descriptor */
	CR_PLUGIN_HOOK__DUMP_EXT_MOUNT,	   /* int (char *mountpoint, int id) */
	CR_PLUGIN_HOOK__RESTORE_EXT_MOUNT, /* int (int id, char *mountpoint, char *old_root, int *is_file) */
	CR_PLUGIN_HOOK__DUMP_EXT_LINK,	   /* int (int index, int type, char *kind) */
	CR_PLUGIN_HOOK__HANDLE_DEVICE_VMA, /* int (int fd, const struct stat *stat) */
	CR_PLUGIN_HOOK__UPDATE_VMA_MAP, /* int (const char *path, const uint64_t address, const uint64_t old_pgoff,
					       *      uint64_t *new_pgoff, int *plugin_fd): 1 = take these */
	CR_PLUGIN_HOOK__RESUME_DEVICES_LATE, /* int (int pid) */
	CR_PLUGIN_HOOK__PAUSE_DEVICES,	     /* int (int pid) */
	CR_PLUGIN_HOOK__CHECKPOINT_DEVICES,  /* int (int pid) */
	CR_PLUGIN_HOOK__POST_FORKING,	     /* int (void) */
	CR_PLUGIN_HOOK__RESTORE_INIT,	     /* int (void) */
	CR_PLUGIN_HOOK__DUMP_DEVICES_LATE,   /* int (int pid) */
	CR_PLUGIN_HOOK__MAX
};

/* The data symbol CR_PLUGIN_DESC of a plugin. Its layout is the interface: LP64, hooks from offset 32. */
typedef struct {
	const char *name;		  /* also in the inventory of images which need the plugin */
	int (*init)(int stage);		  /* may be NULL; not 0: the operation fails */
	void (*exit)(int stage, int ret); /* may be NULL; @ret is the result of the operation */
	unsigned int version;
	unsigned int max_hooks;
	void *hooks[CR_PLUGIN_HOOK__MAX];
} cr_plugin_desc_t;

/* The plugin's own. */
extern __attribute__((visibility("default"))) cr_plugin_desc_t CR_PLUGIN_DESC;

#define CR_PLUGIN_REGISTER(its_name, its_init, its_exit) \
	cr_plugin_desc_t CR_PLUGIN_DESC = {              \
		.name = its_name,                        \
		.init = its_init,                        \
		.exit = its_exit,                        \
		.version = CRIU_PLUGIN_VERSION,          \
		.max_hooks = CR_PLUGIN_HOOK__MAX,        \
	};

#define CR_PLUGIN_REGISTER_DUMMY(its_name) CR_PLUGIN_REGISTER(its_name, NULL, NULL)

/* The function gets into the descriptor when the plugin is loaded. */
#define CR_PLUGIN_REGISTER_HOOK(its_hook, its_function)                              \
	static void __attribute__((constructor)) cr_plugin_register_##its_hook(void) \
	{                                                                            \
		CR_PLUGIN_DESC.hooks[its_hook] = (void *)(its_function);             \
	}

/* --- what criu offers --- */

/* Descriptor of the image directory; not the plugin's to close. */
int criu_get_image_dir(void);

/* Dump: the images need the plugin @name, whose state is in them. 0 or -1. */
int add_inventory_plugin(const char *name);

/* Restore: whether the images need a plugin whose name begins with the first @n characters of @name, or do not say; the
 * plugin takes its name off the list. A restore fails while names are left on it. */
bool check_and_remove_inventory_plugin(const char *name, size_t n);

/* A line of the log: 0 message, 1 error, 2 warning, 3 information, 4 debugging. */
void print_on_level(unsigned int level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#ifdef __cplusplus
}
#endif

#endif
