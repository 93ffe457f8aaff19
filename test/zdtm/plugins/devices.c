// SPDX-License-Identifier: GPL-2.0-only
/* Writes each call into "calls" of the image directory; fails in the one that the file "fail" there names. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "criu-plugin.h"

static void note(const char *format, ...)
{
	int fd = openat(criu_get_image_dir(), "calls", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	va_list arguments;

	va_start(arguments, format);
	vdprintf(fd, format, arguments);
	va_end(arguments);
	close(fd);
}

static int fails(const char *name)
{
	int fd = openat(criu_get_image_dir(), "fail", O_RDONLY | O_CLOEXEC);
	char text[64] = "";

	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	return !strcmp(text, name) ? -EIO : 0;
}

static char state_of(int pid)
{
	char path[64], state = '?';
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (file) {
		if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
			state = '?';
		fclose(file);
	}
	return state == 't' ? 't' : 'r';
}

#define HOOK_OF_TASK(name)                                  \
	static int name(int pid)                            \
	{                                                   \
		note(#name " %d %c\n", pid, state_of(pid)); \
		return fails(#name);                        \
	}
#define HOOK(name)                   \
	static int name(void)        \
	{                            \
		note(#name "\n");    \
		return fails(#name); \
	}

HOOK_OF_TASK(pause_devices)
HOOK_OF_TASK(checkpoint_devices)
HOOK_OF_TASK(dump_devices_late)
HOOK_OF_TASK(resume_devices_late)
HOOK(post_forking)
HOOK(restore_init)

static int init(int stage)
{
	note("init %d\n", stage);
	return fails("init") ? 7 : 0;
}

static void end(int stage, int ret)
{
	note("exit %d %s\n", stage, ret ? "failure" : "success");
}

CR_PLUGIN_REGISTER("devices_plugin", init, end)
CR_PLUGIN_REGISTER_HOOK(CR_PLUGIN_HOOK__PAUSE_DEVICES, pause_devices)
CR_PLUGIN_REGISTER_HOOK(CR_PLUGIN_HOOK__CHECKPOINT_DEVICES, checkpoint_devices)
CR_PLUGIN_REGISTER_HOOK(CR_PLUGIN_HOOK__DUMP_DEVICES_LATE, dump_devices_late)
CR_PLUGIN_REGISTER_HOOK(CR_PLUGIN_HOOK__RESUME_DEVICES_LATE, resume_devices_late)
CR_PLUGIN_REGISTER_HOOK(CR_PLUGIN_HOOK__POST_FORKING, post_forking)
CR_PLUGIN_REGISTER_HOOK(CR_PLUGIN_HOOK__RESTORE_INIT, restore_init)
