// SPDX-License-Identifier: GPL-2.0-only
/* State of terminals: how tty-info.img and tty-data.img are read. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>

#include "criu/image/file.h"
#include "criu/objects/fd/tty-internal.h"
#include "criu/objects/kinds.h"
#include "criu/util/log.h"

static const char info_key, list_key;

struct infos {
	struct tty_infos list;
	int error;
};

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
	termios->input_speed = record->c_ispeed;
	termios->output_speed = record->c_ospeed;
	return true;
}

static void take_winsize(const WinsizeEntry *record, struct tty_info *info)
{
	if (!record)
		return;
	info->has_winsize = true;
	info->winsize = (struct winsize){
		.ws_row = (unsigned short)record->ws_row,
		.ws_col = (unsigned short)record->ws_col,
		.ws_xpixel = (unsigned short)record->ws_xpixel,
		.ws_ypixel = (unsigned short)record->ws_ypixel,
	};
}

static void take_flags(const TtyInfoEntry *record, struct tty_info *info)
{
	info->locked = record->locked;
	info->exclusive = record->exclusive;
	info->packet = record->packet_mode;
	info->unopened = record->unopened;
	/* Other writers say so by leaving out what cannot be known. */
	info->hung_up = record->has_hung_up ? record->hung_up : !record->termios && record->pty;
}

static void take_node(const TtyInfoEntry *record, struct tty_info *info)
{
	info->rdev = record->rdev;
	info->dev = record->has_dev ? record->dev : 0;
	info->has_owner = record->has_uid && record->has_gid;
	info->uid = record->uid;
	info->gid = record->gid;
	info->has_mode = record->has_mode;
	info->mode = record->mode;
	info->index = record->pty ? record->pty->index : 0;
}

/* Output that stands is a part of what waits. */
static struct tty_contents *contents_of(struct restore *restore, struct tty_info *info)
{
	if (!info->contents)
		info->contents = arena_new(&restore->arena, struct tty_contents);
	return info->contents;
}

static int take_info(struct restore *restore, struct infos *infos, const TtyInfoEntry *record)
{
	struct tty_info *info;
	bool is_new;

	info = kind_state_get(&restore->kind_state, &restore->arena, &info_key, record->id, sizeof(*info), &is_new);
	if (!is_new)
		return log_fail(-EBADMSG, "tty-info.img: terminal %u is there twice", record->id);
	if (record->flow >= TTY_NR_FLOWS || record->mode > 07777 ||
	    (record->pty && record->pty->index >= TTY_INDEX_MAX))
		return log_fail(-EBADMSG, "tty-info.img: terminal %u is impossible", record->id);
	info->id = record->id;
	info->type = record->type;
	info->sid = record->sid;
	info->pgrp = record->pgrp;
	info->target = record->target;
	take_node(record, info);
	take_flags(record, info);
	take_winsize(record->winsize, info);
	info->has_termios = take_termios(record->termios, &info->termios);
	info->has_locked = take_termios(record->termios_locked, &info->locked_termios);
	if (record->flow)
		contents_of(restore, info)->flow = record->flow;
	SLIST_INSERT_HEAD(&infos->list, info, link);
	return 0;
}

static bool are_lines_possible(const TtyDataEntry *record)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < record->n_lines; i++)
		sum += record->lines[i];
	return record->n_lines <= TTY_LINES_MAX && sum <= record->data.len;
}

/* Both directions are kept with the slave. */
static int take_data(struct restore *restore, const TtyDataEntry *record)
{
	struct tty_info *slave = tty_find_info(restore, record->tty_id & ~1U);
	struct tty_contents *contents;

	if (!slave || record->data.len > TTY_BYTES_MAX || !are_lines_possible(record))
		return log_fail(-EBADMSG, "tty-data.img: what waits in terminal %u is impossible", record->tty_id);
	contents = contents_of(restore, slave);
	if (record->tty_id & 1 ? contents->nr_output : contents->nr_input + contents->nr_lines)
		return log_fail(-EBADMSG, "tty-data.img: terminal %u is there twice", record->tty_id);
	if (record->tty_id & 1) {
		contents->nr_output = (uint32_t)record->data.len;
		memcpy(contents->output, record->data.data, record->data.len);
		return 0;
	}
	contents->nr_input = (uint32_t)record->data.len;
	contents->nr_lines = (uint32_t)record->n_lines;
	memcpy(contents->input, record->data.data, record->data.len);
	for (size_t i = 0; i < record->n_lines; i++)
		contents->lines[i] = record->lines[i];
	return 0;
}

/* What others have stored does not tell of lines: one ends at each newline. */
static void find_lines(struct tty_info *info)
{
	struct tty_contents *contents = info->contents;
	uint32_t start = 0;

	if (!contents || contents->nr_lines || !(info->termios.local & ICANON))
		return;
	for (uint32_t i = 0; i < contents->nr_input && contents->nr_lines < TTY_LINES_MAX; i++)
		if (contents->input[i] == '\n') {
			contents->lines[contents->nr_lines++] = i + 1 - start;
			start = i + 1;
		}
}

static int read_all(struct restore *restore, struct infos *infos, enum image_kind kind)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	int ret = image_open(restore->images, kind, 0, &image);

	if (ret < 0)
		return ret == -ENOENT ? 0 : log_errno(ret, "cannot open '%s'", image_type(kind)->file_name);
	for (;;) {
		_cleanup_message_ ProtobufCMessage *message = NULL;

		ret = image_read_record(image, NULL, &message);
		if (ret < 0)
			return log_errno(ret, "cannot read '%s'", image_name(image));
		if (ret == 0)
			return 0;
		if (kind == IMAGE_TTY_INFO)
			ret = take_info(restore, infos, (const TtyInfoEntry *)message);
		else
			ret = take_data(restore, (const TtyDataEntry *)message);
		if (ret < 0)
			return ret;
	}
}

int tty_load_infos(struct restore *restore)
{
	struct tty_info *info;
	struct infos *infos;
	bool is_new;

	infos = kind_state_get(&restore->kind_state, &restore->arena, &list_key, 0, sizeof(*infos), &is_new);
	if (!is_new)
		return infos->error;
	infos->error = read_all(restore, infos, IMAGE_TTY_INFO);
	if (infos->error == 0)
		infos->error = read_all(restore, infos, IMAGE_TTY_DATA);
	SLIST_FOREACH(info, &infos->list, link)
		find_lines(info);
	return infos->error;
}

const struct tty_infos *tty_infos_of(const struct restore *restore)
{
	const struct infos *infos = kind_state_find(&restore->kind_state, &list_key, 0);

	return infos ? &infos->list : NULL;
}

struct tty_info *tty_find_info(const struct restore *restore, uint32_t id)
{
	return kind_state_find(&restore->kind_state, &info_key, id);
}

struct tty_info *tty_peer_info(const struct restore *restore, const struct tty_info *info)
{
	return info->type == TTY_TYPE__PTY ? tty_find_info(restore, info->id ^ 1) : NULL;
}

/* Others know it by the session that it controls. */
struct tty_info *tty_real_info(const struct restore *restore, struct tty_info *info)
{
	const struct tty_infos *infos = tty_infos_of(restore);
	struct tty_info *other;

	if (info->type != TTY_TYPE__CTTY)
		return info;
	if (info->target)
		return tty_find_info(restore, info->target);
	SLIST_FOREACH(other, infos, link)
		if (info->sid && other->sid == info->sid && other->type == TTY_TYPE__PTY && !(other->id & 1))
			return other;
	return NULL;
}

bool tty_is_of_tree(const struct restore *restore, struct tty_info *info)
{
	const struct tty_info *real = tty_real_info(restore, info);

	if (!real || real->type != TTY_TYPE__PTY)
		return false;
	return real->id & 1 || real->hung_up || tty_peer_info(restore, real);
}
