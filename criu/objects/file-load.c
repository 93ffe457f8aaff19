// SPDX-License-Identifier: GPL-2.0-only
/* files.img, and the images of single kinds which older versions wrote instead, as one sorted array. */
#include "criu/objects/kinds.h"

#include <errno.h>
#include <stdlib.h>

#include "criu/image/file.h"
#include "criu/objects/ghost.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

struct reading {
	struct restore *restore;
	size_t room;
};

/* Grows by doubling; what becomes too small stays in the arena. */
static void make_room(struct reading *reading)
{
	struct restore *restore = reading->restore;
	struct file *larger;

	if (restore->nr_files < reading->room)
		return;
	reading->room = reading->room * 2 + 64;
	larger = arena_array(&restore->arena, struct file, reading->room);
	for (size_t i = 0; i < restore->nr_files; i++)
		larger[i] = restore->files[i];
	restore->files = larger;
}

static void add_file(struct reading *reading, FileEntry *record)
{
	struct restore *restore = reading->restore;

	make_room(reading);
	restore->files[restore->nr_files++] = (struct file){
		.kind = fd_kind_of_record(record),
		.record = record,
		.id = record->id,
		.fd = -EBADF,
	};
}

/* --- files.img --- */

static int read_files(struct reading *reading)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	int ret = image_open(reading->restore->images, IMAGE_FILES, 0, &image);

	if (ret == -ENOENT)
		return 0;
	if (ret < 0)
		return log_errno(ret, "cannot open 'files.img'");
	for (;;) {
		_cleanup_message_ ProtobufCMessage *message = NULL;

		ret = image_read_record(image, NULL, &message);
		if (ret < 0)
			return log_errno(ret, "cannot read '%s'", image_name(image));
		if (ret == 0)
			return 0;
		add_file(reading, (FileEntry *)steal_pointer(&message));
	}
}

/* --- older images: one kind a file; the record is what file_entry now holds --- */

static void wrap_regular(FileEntry *file, ProtobufCMessage *message)
{
	file->reg = (RegFileEntry *)message;
	file->id = file->reg->id;
}

static void wrap_pipe(FileEntry *file, ProtobufCMessage *message)
{
	file->pipe = (PipeEntry *)message;
	file->id = file->pipe->id;
}

static void wrap_fifo(FileEntry *file, ProtobufCMessage *message)
{
	file->fifo = (FifoEntry *)message;
	file->id = file->fifo->id;
}

static void wrap_tty(FileEntry *file, ProtobufCMessage *message)
{
	file->tty = (TtyFileEntry *)message;
	file->id = file->tty->id;
}

static void wrap_eventfd(FileEntry *file, ProtobufCMessage *message)
{
	file->efd = (EventfdFileEntry *)message;
	file->id = file->efd->id;
}

static void wrap_signalfd(FileEntry *file, ProtobufCMessage *message)
{
	file->sgfd = (SignalfdEntry *)message;
	file->id = file->sgfd->id;
}

static void wrap_timerfd(FileEntry *file, ProtobufCMessage *message)
{
	file->tfd = (TimerfdEntry *)message;
	file->id = file->tfd->id;
}

static void wrap_pidfd(FileEntry *file, ProtobufCMessage *message)
{
	file->pidfd = (PidfdEntry *)message;
	file->id = file->pidfd->id;
}

static void wrap_unix(FileEntry *file, ProtobufCMessage *message)
{
	file->usk = (UnixSkEntry *)message;
	file->id = file->usk->id;
}

static void wrap_inet(FileEntry *file, ProtobufCMessage *message)
{
	file->isk = (InetSkEntry *)message;
	file->id = file->isk->id;
}

static void wrap_namespace(FileEntry *file, ProtobufCMessage *message)
{
	file->nsf = (NsFileEntry *)message;
	file->id = file->nsf->id;
}

static void wrap_bpf_map(FileEntry *file, ProtobufCMessage *message)
{
	file->bpf = (BpfmapFileEntry *)message;
	file->id = file->bpf->id;
}

static const struct legacy_image {
	enum image_kind image;
	FdTypes type;
	void (*wrap)(FileEntry *file, ProtobufCMessage *message);
} legacy_images[] = {
	{ IMAGE_REG_FILES, FD_TYPES__REG, wrap_regular },
	{ IMAGE_PIPES, FD_TYPES__PIPE, wrap_pipe },
	{ IMAGE_FIFO, FD_TYPES__FIFO, wrap_fifo },
	{ IMAGE_TTY_FILES, FD_TYPES__TTY, wrap_tty },
	{ IMAGE_NS_FILES, FD_TYPES__NS, wrap_namespace },
	{ IMAGE_BPFMAP_FILE, FD_TYPES__BPFMAP, wrap_bpf_map },
	{ IMAGE_EVENTFD_FILE, FD_TYPES__EVENTFD, wrap_eventfd },
	{ IMAGE_SIGNALFD, FD_TYPES__SIGNALFD, wrap_signalfd },
	{ IMAGE_TIMERFD, FD_TYPES__TIMERFD, wrap_timerfd },
	{ IMAGE_PIDFD, FD_TYPES__PIDFD, wrap_pidfd },
	{ IMAGE_UNIXSK, FD_TYPES__UNIXSK, wrap_unix },
	{ IMAGE_INETSK, FD_TYPES__INETSK, wrap_inet },
};

static int add_legacy(struct reading *reading, const struct legacy_image *legacy, ProtobufCMessage *message)
{
	FileEntry *file = malloc(sizeof(*file));

	if (!file)
		return log_errno(ENOMEM, "cannot keep a record of a file");
	file_entry__init(file);
	file->type = legacy->type;
	legacy->wrap(file, message);
	add_file(reading, file);
	return 0;
}

static int read_legacy(struct reading *reading, const struct legacy_image *legacy)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	int ret = image_open(reading->restore->images, legacy->image, 0, &image);

	if (ret == -ENOENT)
		return 0;
	if (ret < 0)
		return log_errno(ret, "cannot open '%s'", image_type(legacy->image)->file_name);
	for (;;) {
		_cleanup_message_ ProtobufCMessage *message = NULL;

		ret = image_read_record(image, NULL, &message);
		if (ret < 0)
			return log_errno(ret, "cannot read '%s'", image_name(image));
		if (ret == 0)
			return 0;
		ret = add_legacy(reading, legacy, message);
		if (ret < 0)
			return ret;
		steal_pointer(&message);
	}
}

/* --- all --- */

static int compare_files(const void *left, const void *right)
{
	const struct file *a = left, *b = right;

	return a->id < b->id ? -1 : a->id > b->id;
}

static int check_files(const struct restore *restore)
{
	for (size_t i = 0; i < restore->nr_files; i++) {
		const struct file *file = &restore->files[i];

		if (!file->id)
			return log_fail(-EBADMSG, "files.img: a file has id 0");
		if (i && file[-1].id == file->id)
			return log_fail(-EBADMSG, "files.img: file %u is there twice", file->id);
	}
	return 0;
}

int restore_load_files(struct restore *restore)
{
	struct reading reading = { .restore = restore };
	int ret = read_files(&reading);

	for (size_t i = 0; i < ARRAY_SIZE(legacy_images) && ret == 0; i++)
		ret = read_legacy(&reading, &legacy_images[i]);
	if (ret < 0)
		return ret;
	if (restore->nr_files)
		qsort(restore->files, restore->nr_files, sizeof(*restore->files), compare_files);
	return check_files(restore);
}

void restore_free_files(struct restore *restore)
{
	ghost_free_all(restore);
	for (size_t i = 0; i < restore->nr_files; i++)
		file_entry__free_unpacked(restore->files[i].record, NULL);
	restore->files = NULL;
	restore->nr_files = 0;
}
