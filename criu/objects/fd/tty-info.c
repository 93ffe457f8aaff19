// SPDX-License-Identifier: GPL-2.0-only
/* State of terminals: tty-info.img. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include "criu/image/file.h"
#include "criu/kernel/proc/stat.h"
#include "criu/model/fd-walk.h"
#include "criu/objects/fd/owner.h"
#include "criu/objects/fd/tty-internal.h"
#include "criu/objects/inherit.h"
#include "criu/objects/kinds.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define INDEX_EXTERNAL 1012

extern const struct fd_kind tty_kind;
static const char written_key, info_key;

static const struct {
	TtyType type;
	unsigned int major, first_minor, last_minor;
	uint32_t index;
} devices[] = {
	{ TTY_TYPE__CTTY, 5, 0, 0, 1006 },
	{ TTY_TYPE__CONSOLE, 5, 1, 1, 1002 },
	{ TTY_TYPE__VT, 4, 0, 63, 1004 },
	{ TTY_TYPE__SERIAL, 4, 64, 255, 1010 },
};

TtyType tty_type_of(dev_t device, uint32_t *ret_index)
{
	if (major(device) == 136) {
		*ret_index = minor(device);
		return TTY_TYPE__PTY;
	}
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		if (major(device) == devices[i].major && minor(device) >= devices[i].first_minor &&
		    minor(device) <= devices[i].last_minor) {
			*ret_index = devices[i].index;
			return devices[i].type;
		}
	return TTY_TYPE__UNKNOWN;
}

void tty_format_key(char key[TTY_KEY_SIZE], uint64_t rdev, uint64_t dev)
{
	snprintf(key, TTY_KEY_SIZE, "tty[%" PRIx64 ":%" PRIx64 "]", rdev, dev);
}

/* Place of @fd among the terminals given by --external, or -1. */
static int find_external(const struct dump *dump, const struct fd_info *fd)
{
	char key[TTY_KEY_SIZE];

	tty_format_key(key, fd->stat.st_rdev, fd->stat.st_dev);
	return dump_find_external(dump, key);
}

bool tty_is_external(const struct dump *dump, const struct fd_info *fd)
{
	return find_external(dump, fd) >= 0;
}

uint32_t tty_info_id(const struct dump *dump, const struct fd_info *fd)
{
	int external = find_external(dump, fd);
	uint32_t index = 0;

	tty_type_of(fd->stat.st_rdev, &index);
	return 2 * (external < 0 ? index : INDEX_EXTERNAL + (uint32_t)external);
}

/* --- dump --- */

/* The 19 bytes of the kernel stand in the first five of 19 words: so it is in all images there are. */
static TermiosEntry *record_termios(struct arena *arena, const struct kernel_termios *termios)
{
	TermiosEntry *record = arena_new(arena, TermiosEntry);
	size_t count = sizeof(termios->characters);

	termios_entry__init(record);
	record->c_iflag = termios->input;
	record->c_oflag = termios->output;
	record->c_cflag = termios->control;
	record->c_lflag = termios->local;
	record->c_line = termios->line;
	record->n_c_cc = count;
	record->c_cc = arena_array(arena, uint32_t, count);
	for (size_t i = 0; i < count; i++)
		record->c_cc[i / 4] |= (uint32_t)termios->characters[i] << i % 4 * 8;
	return record;
}

static WinsizeEntry *record_winsize(struct arena *arena, const struct winsize *size)
{
	WinsizeEntry *record = arena_new(arena, WinsizeEntry);

	winsize_entry__init(record);
	record->ws_row = size->ws_row;
	record->ws_col = size->ws_col;
	record->ws_xpixel = size->ws_xpixel;
	record->ws_ypixel = size->ws_ypixel;
	return record;
}

static int fill_settings(struct dump *dump, int fd, TtyInfoEntry *info)
{
	struct kernel_termios termios = { 0 }, locked = { 0 };
	struct winsize size = { 0 };

	if (ioctl(fd, TTY_GET_TERMIOS, &termios) < 0 || ioctl(fd, TTY_GET_LOCKED_TERMIOS, &locked) < 0 ||
	    ioctl(fd, TIOCGWINSZ, &size) < 0)
		return -errno;
	info->termios = record_termios(&dump->arena, &termios);
	info->termios_locked = record_termios(&dump->arena, &locked);
	info->winsize = record_winsize(&dump->arena, &size);
	return 0;
}

/* Session and foreground group, as the tasks that it controls know them: the kernel tells us nothing about a
 * terminal that is not ours. */
static void fill_session(const struct dump *dump, const struct fd_info *fd, TtyInfoEntry *info)
{
	const struct task *task;

	TAILQ_FOREACH(task, &dump->tasks, link) {
		if (!task->stat || !task->stat->tty_nr)
			continue;
		if (info->type == TTY_TYPE__CTTY ? task->sid != fd->task->sid
						 : (uint32_t)task->stat->tty_nr != info->rdev)
			continue;
		info->sid = (uint32_t)task->sid;
		info->pgrp = task->stat->tpgid > 0 ? (uint32_t)task->stat->tpgid : 0;
		return;
	}
}

static int write_info(struct dump *dump, struct image_file *image, const struct fd_info *fd)
{
	TtyInfoEntry info = TTY_INFO_ENTRY__INIT;
	TtyPtyEntry pty = TTY_PTY_ENTRY__INIT;
	_cleanup_close_ int duplicate = -EBADF;
	int ret = fd_duplicate(fd, &duplicate);

	info.id = tty_info_id(dump, fd);
	info.type = tty_type_of(fd->stat.st_rdev, &pty.index);
	if (info.type == TTY_TYPE__PTY)
		info.pty = &pty;
	info.rdev = (uint32_t)fd->stat.st_rdev;
	info.has_dev = info.has_uid = info.has_gid = true;
	info.dev = (uint32_t)fd->stat.st_dev;
	info.uid = fd->stat.st_uid;
	info.gid = fd->stat.st_gid;
	fill_session(dump, fd, &info);
	if (tty_is_external(dump, fd))
		info.type = TTY_TYPE__EXT_TTY;
	if (ret == 0)
		ret = fill_settings(dump, duplicate, &info);
	if (ret < 0)
		return log_errno(ret, "task %d: %s: cannot read the settings of the terminal", fd->task->pid,
				 fd_describe(dump, fd));
	ret = image_write_record(image, &info.base);
	return ret < 0 ? log_errno(ret, "cannot write to '%s'", image_name(image)) : 0;
}

static bool is_new_info(struct dump *dump, const struct fd_info *fd)
{
	bool is_new;

	kind_state_get(&dump->kind_state, &dump->arena, &written_key, tty_info_id(dump, fd), 1, &is_new);
	return is_new;
}

int tty_dump_infos(struct dump *dump)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	struct fd_walk walk = fd_walk_dump(dump);
	const struct fd_info *fd;
	int ret = image_create_list(dump->images, IMAGE_TTY_INFO, 0, &image);

	if (ret < 0)
		return log_errno(ret, "cannot create 'tty-info.img'");
	while (ret == 0 && (fd = fd_walk_next(&walk)))
		if (fd->kind == &tty_kind && is_new_info(dump, fd))
			ret = write_info(dump, image, fd);
	if (ret < 0)
		return ret;
	ret = image_close(steal_pointer(&image));
	return ret < 0 ? log_errno(ret, "cannot write 'tty-info.img'") : 0;
}

/* --- restore --- */

static bool take_termios(const TermiosEntry *record, struct kernel_termios *termios)
{
	if (!record || record->n_c_cc < (sizeof(termios->characters) + 3) / 4)
		return false;
	termios->input = record->c_iflag;
	termios->output = record->c_oflag;
	termios->control = record->c_cflag;
	termios->local = record->c_lflag;
	termios->line = (uint8_t)record->c_line;
	for (size_t i = 0; i < sizeof(termios->characters); i++)
		termios->characters[i] = (uint8_t)(record->c_cc[i / 4] >> i % 4 * 8);
	return true;
}

static int take_info(struct restore *restore, const TtyInfoEntry *record)
{
	struct tty_info *info;
	bool is_new;

	info = kind_state_get(&restore->kind_state, &restore->arena, &info_key, record->id, sizeof(*info), &is_new);
	if (!is_new)
		return log_fail(-EBADMSG, "tty-info.img: terminal %u is there twice", record->id);
	info->type = record->type;
	info->sid = record->sid;
	info->pgrp = record->pgrp;
	info->rdev = record->rdev;
	info->dev = record->has_dev ? record->dev : 0;
	info->has_termios = take_termios(record->termios, &info->termios);
	return 0;
}

int tty_load_infos(struct restore *restore)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	int ret = image_open(restore->images, IMAGE_TTY_INFO, 0, &image);

	if (ret < 0)
		return ret == -ENOENT ? 0 : log_errno(ret, "cannot open 'tty-info.img'");
	for (;;) {
		_cleanup_message_ ProtobufCMessage *message = NULL;

		ret = image_read_record(image, NULL, &message);
		if (ret < 0)
			return log_errno(ret, "cannot read '%s'", image_name(image));
		if (ret == 0)
			return 0;
		ret = take_info(restore, (const TtyInfoEntry *)message);
		if (ret < 0)
			return ret;
	}
}

struct tty_info *tty_find_info(const struct restore *restore, uint32_t id)
{
	return kind_state_find(&restore->kind_state, &info_key, id);
}
