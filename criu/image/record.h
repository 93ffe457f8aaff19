/* SPDX-License-Identifier: GPL-2.0-only */
/* One encoded message from a stranger: checked against its description before protobuf-c may see it. */
#ifndef CRIU_IMAGE_RECORD_H
#define CRIU_IMAGE_RECORD_H

#include <stddef.h>
#include <stdint.h>
#include <protobuf-c/protobuf-c.h>

/* No record is longer: an address space with a million mappings fits. */
#define RECORD_SIZE_MAX (64UL << 20)
/* Memory which one decoded record may take. */
#define RECORD_MEMORY_MAX (1UL << 30)
/* Messages within messages; cgroup directories are the deepest known. */
#define RECORD_DEPTH_MAX 64

/*
 * Well formed, no field with another wire type than described, no single field twice, no required field missing, no
 * unknown enumeration value, no NUL in a string. Unknown fields are passed over. Returns 0 or -EBADMSG.
 */
int record_check(const ProtobufCMessageDescriptor *descriptor, const uint8_t *bytes, size_t size);

/* Checked, then unpacked. -EBADMSG or -ENOMEM; free with protobuf_c_message_free_unpacked(message, NULL). */
int record_unpack(const ProtobufCMessageDescriptor *descriptor, const uint8_t *bytes, size_t size,
		  ProtobufCMessage **ret_message);

#endif
