// SPDX-License-Identifier: GPL-2.0-only
/* Keeps performance counters and their pages. The images need it. */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "criu-plugin.h"

static int restored = -1;
static bool asked_before;

static bool is_counter(const char *link)
{
	return strstr(link, "[perf_event]") != NULL;
}

static int image(int id, int flags)
{
	char name[64];

	snprintf(name, sizeof(name), "counter-%d", id);
	return openat(criu_get_image_dir(), name, flags | O_CLOEXEC, 0644);
}

static int keep_file(int fd, int id)
{
	char path[64], link[128] = "";
	int file;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (readlink(path, link, sizeof(link) - 1) < 0 || !is_counter(link))
		return -ENOTSUP;
	file = image(id, O_WRONLY | O_CREAT | O_TRUNC);
	if (file < 0 || write(file, "counter", 7) != 7 || close(file) < 0)
		return -errno;
	print_on_level(3, "counter: file %d kept\n", id);
	return add_inventory_plugin(CR_PLUGIN_DESC.name);
}

static int make_counter(void)
{
	struct perf_event_attr counter = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(counter),
		.config = PERF_COUNT_SW_TASK_CLOCK,
		.disabled = 1,
	};

	return (int)syscall(SYS_perf_event_open, &counter, 0, -1, -1, 0);
}

/* Says once that it is too early. */
static int restore_file(int id, bool *retry_needed)
{
	int file = image(id, O_RDONLY);

	if (file < 0)
		return -ENOTSUP;
	close(file);
	if (!asked_before) {
		asked_before = *retry_needed = true;
		return -EAGAIN;
	}
	restored = make_counter();
	return restored < 0 ? -errno : dup(restored);
}

static int take_mapping(int fd, const struct stat *st)
{
	char path[64], link[128] = "";
	struct stat own;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fstat(fd, &own) < 0 || own.st_ino != st->st_ino || readlink(path, link, sizeof(link) - 1) < 0)
		return -EIO;
	return is_counter(link) ? 0 : -ENOTSUP;
}

static int give_mapping(const char *path, const uint64_t address, const uint64_t old_pgoff,
			uint64_t *new_pgoff, int *plugin_fd)
{
	if (!is_counter(path) || !address || old_pgoff)
		return -ENOTSUP;
	*new_pgoff = old_pgoff;
	*plugin_fd = dup(restored);
	return *plugin_fd < 0 ? -errno : 1;
}

static int init(int stage)
{
	if (stage == CR_PLUGIN_STAGE__RESTORE && !check_and_remove_inventory_plugin("counter_plugin", 7))
		return -ENOENT;
	return 0;
}

CR_PLUGIN_REGISTER("counter_plugin", init, NULL)
CR_PLUGIN_REGISTER_HOOK(CR_PLUGIN_HOOK__DUMP_EXT_FILE, keep_file)
CR_PLUGIN_REGISTER_HOOK(CR_PLUGIN_HOOK__RESTORE_EXT_FILE, restore_file)
CR_PLUGIN_REGISTER_HOOK(CR_PLUGIN_HOOK__HANDLE_DEVICE_VMA, take_mapping)
CR_PLUGIN_REGISTER_HOOK(CR_PLUGIN_HOOK__UPDATE_VMA_MAP, give_mapping)
