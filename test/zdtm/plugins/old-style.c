// SPDX-License-Identifier: GPL-2.0-only
/* Without a descriptor: functions of known names. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "criu-plugin.h"

int cr_plugin_init(void);
void cr_plugin_fini(void);
int cr_plugin_pause_devices(int pid);
int cr_plugin_post_forking(void);

static int note(const char *what)
{
	int fd = openat(criu_get_image_dir(), "calls", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	dprintf(fd, "%s\n", what);
	close(fd);
	return 0;
}

int cr_plugin_init(void)
{
	return note("init");
}

void cr_plugin_fini(void)
{
	note("fini");
}

int cr_plugin_pause_devices(int pid)
{
	return note("pause");
}

int cr_plugin_post_forking(void)
{
	return note("forked");
}
