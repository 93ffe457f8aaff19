// SPDX-License-Identifier: GPL-2.0-only
// Table of image kinds, expanded from images/image-types.def.
#include "criu/image/types.h"

#include <stdio.h>

#define IMAGE(kind, name, file_name, magic, framing, count, message) \
	extern const ProtobufCMessageDescriptor message##__descriptor;
#define IMAGE_HEADED(kind, name, file_name, magic, head, message) \
	extern const ProtobufCMessageDescriptor head##__descriptor, message##__descriptor;
#include "images/image-types.def"

enum image_count { ONE, MANY };

static const struct image_type image_types[NR_IMAGE_KINDS] = {
#define IMAGE(kind_, name_, file_name_, magic_, framing_, count_, message_) \
	[IMAGE_##kind_] = {                                                 \
		.name = #kind_,                                             \
		.file_name = file_name_,                                    \
		.magic = magic_,                                            \
		.framing = IMAGE_FRAMING_##framing_,                        \
		.single = count_ == ONE,                                    \
		.head = &message_##__descriptor,                            \
		.message = &message_##__descriptor,                         \
	},
#define IMAGE_HEADED(kind_, name_, file_name_, magic_, head_, message_) \
	[IMAGE_##kind_] = {                                             \
		.name = #kind_,                                         \
		.file_name = file_name_,                                \
		.magic = magic_,                                        \
		.framing = IMAGE_FRAMING_COMMON,                        \
		.head = &head_##__descriptor,                           \
		.message = &message_##__descriptor,                     \
	},
#define IMAGE_RAW(kind_, file_name_) [IMAGE_##kind_] = { .name = #kind_, .file_name = file_name_ },
#include "images/image-types.def"
};

const struct image_type *image_type(enum image_kind kind)
{
	return &image_types[kind];
}

void image_format_name(char name[IMAGE_NAME_SIZE], enum image_kind kind, unsigned long argument)
{
	snprintf(name, IMAGE_NAME_SIZE, image_types[kind].file_name, argument);
}

uint32_t image_first_word(enum image_framing framing)
{
	switch (framing) {
	case IMAGE_FRAMING_COMMON:
		return 0x54564319;
	case IMAGE_FRAMING_SERVICE:
		return 0x55105940;
	default:
		return 0;
	}
}
