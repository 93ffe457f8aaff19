/* SPDX-License-Identifier: GPL-2.0-only */
/* Kinds of image files: the table of images/image-types.def. */
#ifndef CRIU_IMAGE_TYPES_H
#define CRIU_IMAGE_TYPES_H

#include <stdbool.h>
#include <stdint.h>
#include <protobuf-c/protobuf-c.h>

/* Longest name of an image file, with the final NUL. */
#define IMAGE_NAME_SIZE 64

enum image_kind {
#define IMAGE(kind, name, file_name, magic, framing, count, message) IMAGE_##kind,
#define IMAGE_HEADED(kind, name, file_name, magic, head, message) IMAGE_##kind,
#define IMAGE_RAW(kind, file_name) IMAGE_##kind,
#include "images/image-types.def"
	NR_IMAGE_KINDS,
};

enum image_framing { IMAGE_FRAMING_RAW, IMAGE_FRAMING_BARE, IMAGE_FRAMING_COMMON, IMAGE_FRAMING_SERVICE };

struct image_type {
	const char *name;      /* of the kind: "CORE" */
	const char *file_name; /* format with at most one unsigned long */
	uint32_t magic;
	enum image_framing framing;
	bool single;				   /* exactly one record */
	const ProtobufCMessageDescriptor *head;	   /* of the first record; NULL in a raw file */
	const ProtobufCMessageDescriptor *message; /* of the others */
};

const struct image_type *image_type(enum image_kind kind);
/* "core-5.img" */
void image_format_name(char name[IMAGE_NAME_SIZE], enum image_kind kind, unsigned long argument);
/* First word of files with that framing; 0 where there is none. */
uint32_t image_first_word(enum image_framing framing);

#endif
