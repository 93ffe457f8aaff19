// SPDX-License-Identifier: GPL-2.0-only
/* State of terminals: how tty-info.img is written. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>

#include "criu/image/file.h"
#include "criu/kernel/proc/stat.h"
#include "criu/model/fd-walk.h"
#include "criu/objects/fd/owner.h"
#include "criu/objects/fd/tty-internal.h"
#include "criu/objects/kinds.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

extern const struct fd_kind tty_kind;
static const char written_key;

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

static bool is_speed_odd(const struct kernel_termios *termios)
{
	return (termios->control & CBAUD) == CBAUDEX;
}

/* A terminal that has hung up has none. */
static int fill_settings(struct dump *dump, int fd, TtyInfoEntry *info)
{
	struct kernel_termios termios = { 0 }, locked = { 0 };
	struct winsize size = { 0 };

	if (ioctl(fd, TTY_GET_TERMIOS, &termios) < 0 || ioctl(fd, TTY_GET_LOCKED_TERMIOS, &locked) < 0 ||
	    ioctl(fd, TIOCGWINSZ, &size) < 0)
		return -errno;
	info->termios = record_termios(&dump->arena, &termios);
	/* Other speeds are in the settings themselves. */
	if (is_speed_odd(&termios)) {
		info->termios->c_ispeed = termios.input_speed;
		info->termios->c_ospeed = termios.output_speed;
	}
	info->termios_locked = record_termios(&dump->arena, &locked);
	info->winsize = record_winsize(&dump->arena, &size);
	return 0;
}

/* Session and foreground group, as the tasks that it controls know them: the kernel tells us nothing about a
 * terminal that is not ours. */
static void fill_session(const struct dump *dump, const struct fd_info *fd, int duplicate, TtyInfoEntry *info)
{
	unsigned int device = info->rdev;
	const struct task *task;

	/* The console is another device. */
	if (info->type == TTY_TYPE__CONSOLE)
		ioctl(duplicate, TIOCGDEV, &device);
	TAILQ_FOREACH(task, &dump->tasks, link) {
		if (!task->stat || !task->stat->tty_nr)
			continue;
		if (info->type == TTY_TYPE__CTTY ? task->sid != fd->task->sid
						 : (unsigned int)task->stat->tty_nr != device)
			continue;
		info->sid = (uint32_t)task->sid;
		info->pgrp = task->stat->tpgid > 0 ? (uint32_t)task->stat->tpgid : 0;
		return;
	}
}

static int write_record(struct image_file *image, const TtyInfoEntry *info)
{
	int ret = image_write_record(image, &info->base);

	return ret < 0 ? log_errno(ret, "cannot write to '%s'", image_name(image)) : 0;
}

static void fill_pair(const struct tty_pair *pair, TtyInfoEntry *info)
{
	info->sid = pair->sid;
	info->pgrp = pair->pgrp;
	info->locked = pair->locked;
	info->packet_mode = pair->packet;
}

static void fill_node(const struct stat *node, TtyInfoEntry *info)
{
	info->rdev = (uint32_t)node->st_rdev;
	info->has_dev = info->has_uid = info->has_gid = true;
	info->dev = (uint32_t)node->st_dev;
	info->uid = node->st_uid;
	info->gid = node->st_gid;
	info->has_mode = info->type == TTY_TYPE__PTY && !tty_is_master(node->st_rdev);
	info->mode = node->st_mode & 07777;
}

/* The slave of a pair is there although nobody may have it open. */
static int write_slave(struct dump *dump, struct image_file *image, struct tty_pair *pair, int master)
{
	TtyInfoEntry info = TTY_INFO_ENTRY__INIT;
	TtyPtyEntry pty = TTY_PTY_ENTRY__INIT;
	struct stat node;
	int ret;

	if (stat(pair->node, &node) < 0 || minor(node.st_rdev) != pair->index)
		return log_fail(-ENOENT, "terminal '%s': is not there", pair->node);
	info.id = 2 * pair->number;
	info.type = TTY_TYPE__PTY;
	info.pty = &pty;
	pty.index = pair->index;
	fill_node(&node, &info);
	fill_pair(pair, &info);
	info.packet_mode = false;
	info.exclusive = pair->exclusive;
	info.has_flow = pair->flow != TTY_FLOWS;
	info.flow = pair->flow;
	ret = fill_settings(dump, master, &info);
	if (ret < 0)
		return log_errno(ret, "terminal '%s': cannot read its settings", pair->node);
	return write_record(image, &info);
}

static int fill_from(struct dump *dump, const struct fd_info *fd, const struct tty *tty, int duplicate,
		     TtyInfoEntry *info)
{
	int exclusive = 0;

	if (tty->hung_up)
		return 0;
	if (ioctl(duplicate, TIOCGEXCL, &exclusive) == 0)
		info->exclusive = exclusive;
	if (!tty->pair)
		fill_session(dump, fd, duplicate, info);
	return fill_settings(dump, duplicate, info);
}

static int write_info(struct dump *dump, struct image_file *image, const struct fd_info *fd, const struct tty *tty)
{
	TtyInfoEntry info = TTY_INFO_ENTRY__INIT;
	TtyPtyEntry pty = TTY_PTY_ENTRY__INIT;
	_cleanup_close_ int duplicate = -EBADF;
	int ret = fd_duplicate(fd, &duplicate);

	info.id = tty->id;
	info.type = tty->type;
	pty.index = tty->index;
	if (info.type == TTY_TYPE__PTY)
		info.pty = &pty;
	fill_node(&fd->stat, &info);
	if (tty->pair)
		fill_pair(tty->pair, &info);
	info.has_hung_up = info.hung_up = tty->hung_up;
	info.has_unopened = info.unopened = tty->master && tty->pair && tty->pair->unopened;
	info.has_target = tty->type == TTY_TYPE__CTTY && tty->pair;
	info.target = info.has_target ? 2 * tty->pair->number : 0;
	if (ret == 0)
		ret = fill_from(dump, fd, tty, duplicate, &info);
	if (tty->external)
		info.type = TTY_TYPE__EXT_TTY;
	if (ret < 0)
		return log_errno(ret, "task %d: %s: cannot read the settings of the terminal", fd->task->pid,
				 fd_describe(dump, fd));
	ret = write_record(image, &info);
	return ret == 0 && tty->master && tty->pair ? write_slave(dump, image, tty->pair, duplicate) : ret;
}

static bool is_new_info(struct dump *dump, uint32_t id)
{
	bool is_new;

	kind_state_get(&dump->kind_state, &dump->arena, &written_key, id, 1, &is_new);
	return is_new;
}

/* Slaves are written with their masters. */
static int write_terminal(struct dump *dump, struct image_file *image, const struct fd_info *fd)
{
	const struct tty *tty = tty_look(dump, fd);

	if (!tty)
		return -EIO;
	if (tty->pair && !tty->master && tty->type == TTY_TYPE__PTY)
		return 0;
	return is_new_info(dump, tty->id) ? write_info(dump, image, fd, tty) : 0;
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
		if (fd->kind == &tty_kind)
			ret = write_terminal(dump, image, fd);
	if (ret < 0)
		return ret;
	ret = image_close(steal_pointer(&image));
	return ret < 0 ? log_errno(ret, "cannot write 'tty-info.img'") : 0;
}
