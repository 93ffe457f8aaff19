// SPDX-License-Identifier: GPL-2.0-only
/* /proc/PID/mountinfo: "ID PARENT MAJOR:MINOR ROOT MOUNTPOINT OPTIONS [FIELD[:N]]... - FSTYPE SOURCE SUPER-OPTIONS",
 * blanks, newlines, "\" and "#" in names as octal escapes. */
#include "criu/kernel/proc/mountinfo.h"

#include <errno.h>
#include <string.h>

#include "criu/kernel/proc/open.h"
#include "criu/util/macros.h"
#include "criu/util/text.h"

#define MOUNTS_MAX (1UL << 20)
#define ROOT_DELETED "//deleted"

static int take_number(struct text *line, uint64_t max, const char *then, uint64_t *ret_number)
{
	int ret = text_take_number(line, 10, max, ret_number);

	if (ret < 0)
		return ret;
	return text_take_literal(line, then) ? 0 : -EINVAL;
}

/* Up to the next blank; empty where the kernel printed an empty string. */
static int take_string(struct text *line, char **ret_string)
{
	struct text part;

	if (!text_take_until(line, ' ', &part))
		return -EINVAL;
	*ret_string = text_copy_unescaped(&part);
	return *ret_string ? 0 : -ENOMEM;
}

static int take_numbers(struct text *line, struct proc_mount *mount)
{
	uint64_t id, parent_id, major, minor;
	int ret = take_number(line, INT32_MAX, " ", &id);

	if (ret == 0)
		ret = take_number(line, INT32_MAX, " ", &parent_id);
	if (ret == 0)
		ret = take_number(line, UINT32_MAX, ":", &major);
	if (ret == 0)
		ret = take_number(line, UINT32_MAX, " ", &minor);
	if (ret < 0)
		return ret;
	mount->id = (int)id;
	mount->parent_id = (int)parent_id;
	mount->dev_major = (uint32_t)major;
	mount->dev_minor = (uint32_t)minor;
	return 0;
}

static int parse_field(struct text *field, struct proc_mount *mount)
{
	const struct {
		const char *name;
		int *id;
	} groups[] = {
		{ "shared:", &mount->shared_id },
		{ "master:", &mount->master_id },
		{ "propagate_from:", &mount->propagate_from_id },
	};

	if (text_equals(field, "unbindable")) {
		mount->unbindable = true;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		uint64_t id;
		int ret;

		if (!text_take_literal(field, groups[i].name))
			continue;
		ret = text_take_number(field, 10, INT32_MAX, &id);
		if (ret < 0)
			return ret;
		*groups[i].id = (int)id;
		return text_is_empty(field) ? 0 : -EINVAL;
	}
	return 0;
}

static int take_fields(struct text *line, struct proc_mount *mount)
{
	struct text field;

	while (text_take_until(line, ' ', &field)) {
		int ret;

		if (text_equals(&field, "-"))
			return 0;
		ret = parse_field(&field, mount);
		if (ret < 0)
			return ret;
	}
	return -EINVAL;
}

static void cut_root_deleted(struct proc_mount *mount)
{
	size_t length = strlen(mount->root), suffix = strlen(ROOT_DELETED);

	mount->root_deleted = length > suffix && !strcmp(mount->root + length - suffix, ROOT_DELETED);
	if (mount->root_deleted)
		mount->root[length - suffix] = '\0';
}

/* On failure @mount is half full. */
static int parse_line(struct text *line, struct proc_mount *mount)
{
	int ret = take_numbers(line, mount);

	if (ret == 0)
		ret = take_string(line, &mount->root);
	if (ret == 0)
		ret = take_string(line, &mount->mountpoint);
	if (ret == 0)
		ret = take_string(line, &mount->options);
	if (ret == 0)
		ret = take_fields(line, mount);
	if (ret == 0)
		ret = take_string(line, &mount->fstype);
	if (ret == 0)
		ret = take_string(line, &mount->source);
	if (ret < 0)
		return ret;
	mount->super_options = text_copy_unescaped(line);
	if (!mount->super_options)
		return -ENOMEM;
	cut_root_deleted(mount);
	return 0;
}

int proc_parse_mountinfo(const char *data, size_t size, struct proc_mounts *ret_mounts)
{
	_cleanup_proc_mounts_ struct proc_mounts mounts = { 0 };
	struct text text = text_of(data, size), counted = text, line;
	size_t lines = 0;

	while (text_take_line(&counted, &line))
		lines++;
	if (lines > MOUNTS_MAX)
		return -E2BIG;
	mounts.items = calloc(lines + 1, sizeof(*mounts.items));
	if (!mounts.items)
		return -ENOMEM;
	while (text_take_line(&text, &line)) {
		int ret = parse_line(&line, &mounts.items[mounts.count++]);

		if (ret < 0)
			return ret;
	}
	*ret_mounts = mounts;
	mounts = (struct proc_mounts){ 0 };
	return 0;
}

static int parse(const char *data, size_t size, void *ret)
{
	return proc_parse_mountinfo(data, size, ret);
}

int proc_read_mountinfo(int dir_fd, struct proc_mounts *ret_mounts)
{
	return proc_read_parsed(dir_fd, "mountinfo", PROC_LARGE_FILE_MAX, parse, ret_mounts);
}

void proc_free_mounts(struct proc_mounts *mounts)
{
	if (!mounts)
		return;
	for (size_t i = 0; i < mounts->count; i++) {
		struct proc_mount *mount = &mounts->items[i];

		free(mount->root);
		free(mount->mountpoint);
		free(mount->options);
		free(mount->fstype);
		free(mount->source);
		free(mount->super_options);
	}
	free(mounts->items);
	*mounts = (struct proc_mounts){ 0 };
}
