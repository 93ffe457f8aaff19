/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An image file as a stream of records: u32 length and that many bytes each, some followed by bytes of their own.
 * Nothing here logs; image_name() is for the messages of callers.
 */
#ifndef CRIU_IMAGE_FILE_H
#define CRIU_IMAGE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "criu/image/directory.h"
#include "criu/image/types.h"

struct image_file;

/* A new file in place of any other with that name; it has its magic, even when no record follows. */
int image_create(const struct image_directory *directory, enum image_kind kind, unsigned long argument,
		 struct image_file **ret_file);
/* The same, but the file appears with the first record or byte: an empty list is no file. @directory stays in use. */
int image_create_list(const struct image_directory *directory, enum image_kind kind, unsigned long argument,
		      struct image_file **ret_file);
/* -ENOENT: no such file, which of a list means that it is empty. -EBADMSG: not that kind of file. */
int image_open(const struct image_directory *directory, enum image_kind kind, unsigned long argument,
	       struct image_file **ret_file);
/* 0, also when there is no such file. */
int image_remove(const struct image_directory *directory, enum image_kind kind, unsigned long argument);

/* -EINVAL: a raw kind, or a required pointer is missing; -EMSGSIZE: longer than a reader would take. */
int image_write_record(struct image_file *file, const ProtobufCMessage *message);
int image_write_bytes(struct image_file *file, const void *bytes, size_t size);

/*
 * 1: a record, to be freed with protobuf_c_message_free_unpacked(message, NULL); 0: end of the file; -EBADMSG: cut,
 * invalid or over a limit. NULL for @descriptor: that of the kind (the head's for the first record).
 */
int image_read_record(struct image_file *file, const ProtobufCMessageDescriptor *descriptor,
		      ProtobufCMessage **ret_message);
/* The only record of a file: 0, or -EBADMSG when there is none or more. */
int image_read_single(struct image_file *file, ProtobufCMessage **ret_message);
/* All or -EBADMSG. */
int image_read_bytes(struct image_file *file, void *bytes, size_t size);
int image_skip_bytes(struct image_file *file, uint64_t size);
/* Bytes between here and the end of a file being read. */
uint64_t image_bytes_left(const struct image_file *file);

/* Descriptor for the caller's own reading or writing (raw kinds); what was buffered is written before. */
int image_fd(struct image_file *file);
const char *image_name(const struct image_file *file);
enum image_kind image_file_kind(const struct image_file *file);

/* To the disk. */
int image_sync(struct image_file *file);
/* Accepts NULL. Of a written file, the first error of all writing. */
int image_close(struct image_file *file);

static inline void cleanup_image_close(struct image_file **file)
{
	image_close(*file);
}

static inline void cleanup_message(void *message)
{
	protobuf_c_message_free_unpacked(*(ProtobufCMessage **)message, NULL);
}

#define _cleanup_image_close_ _cleanup_(cleanup_image_close)
/* For any unpacked message: _cleanup_message_ CoreEntry *core = NULL; */
#define _cleanup_message_ _cleanup_(cleanup_message)

#endif
