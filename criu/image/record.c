// SPDX-License-Identifier: GPL-2.0-only
// The bounded decoder. protobuf-c recurses without limit, merges repeated single fields and cuts strings at a NUL; what
// would lead it there is refused first.
#include "criu/image/record.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS_MAX 128 /* in one message; criu_opts, the longest, has 71 */

struct cursor {
	const uint8_t *at;
	const uint8_t *end;
};

struct seen {
	uint64_t fields[FIELDS_MAX / 64];
};

static int cursor_take_varint(struct cursor *cursor, uint64_t *ret_value)
{
	uint64_t value = 0;

	for (unsigned int shift = 0; shift < 70; shift += 7) {
		uint8_t byte;

		if (cursor->at == cursor->end)
			return -EBADMSG;
		byte = *cursor->at++;
		value |= shift < 64 ? (uint64_t)(byte & 0x7f) << shift : 0;
		if (!(byte & 0x80)) {
			*ret_value = value;
			return 0;
		}
	}
	return -EBADMSG;
}

static int cursor_take_bytes(struct cursor *cursor, uint64_t size, struct cursor *ret_bytes)
{
	if (size > (uint64_t)(cursor->end - cursor->at))
		return -EBADMSG;
	*ret_bytes = (struct cursor){ .at = cursor->at, .end = cursor->at + size };
	cursor->at += size;
	return 0;
}

/* The value behind a tag: its bytes without the length word and, of a varint, its number. */
static int cursor_take_value(struct cursor *cursor, ProtobufCWireType wire, struct cursor *ret_bytes,
			     uint64_t *ret_number)
{
	const uint8_t *start = cursor->at;
	uint64_t size;
	int error;

	switch (wire) {
	case PROTOBUF_C_WIRE_TYPE_VARINT:
		error = cursor_take_varint(cursor, ret_number);
		if (!error)
			*ret_bytes = (struct cursor){ .at = start, .end = cursor->at };
		return error;
	case PROTOBUF_C_WIRE_TYPE_64BIT:
		return cursor_take_bytes(cursor, 8, ret_bytes);
	case PROTOBUF_C_WIRE_TYPE_32BIT:
		return cursor_take_bytes(cursor, 4, ret_bytes);
	case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
		error = cursor_take_varint(cursor, &size);
		return error ?: cursor_take_bytes(cursor, size, ret_bytes);
	default:
		return -EBADMSG;
	}
}

static ProtobufCWireType field_wire_type(const ProtobufCFieldDescriptor *field)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_BYTES:
	case PROTOBUF_C_TYPE_MESSAGE:
		return PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
	case PROTOBUF_C_TYPE_FIXED32:
	case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_FLOAT:
		return PROTOBUF_C_WIRE_TYPE_32BIT;
	case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_DOUBLE:
		return PROTOBUF_C_WIRE_TYPE_64BIT;
	default:
		return PROTOBUF_C_WIRE_TYPE_VARINT;
	}
}

static int enum_check(const ProtobufCFieldDescriptor *field, uint64_t number)
{
	return protobuf_c_enum_descriptor_get_value(field->descriptor, (int)number) ? 0 : -EBADMSG;
}

/* Several scalars behind one tag; our writers never do that, others may. */
static int packed_check(const ProtobufCFieldDescriptor *field, struct cursor bytes)
{
	ProtobufCWireType wire = field_wire_type(field);

	if (wire == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED)
		return -EBADMSG;
	while (bytes.at < bytes.end) {
		struct cursor value;
		uint64_t number = 0;
		int error = cursor_take_value(&bytes, wire, &value, &number);

		if (!error && field->type == PROTOBUF_C_TYPE_ENUM)
			error = enum_check(field, number);
		if (error)
			return error;
	}
	return 0;
}

static int message_check(const ProtobufCMessageDescriptor *descriptor, struct cursor bytes, unsigned int depth);

static int field_check(const ProtobufCFieldDescriptor *field, ProtobufCWireType wire, struct cursor bytes,
		       uint64_t number, unsigned int depth)
{
	if (wire != field_wire_type(field)) {
		bool packed = field->label == PROTOBUF_C_LABEL_REPEATED &&
			      wire == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;

		return packed ? packed_check(field, bytes) : -EBADMSG;
	}
	switch (field->type) {
	case PROTOBUF_C_TYPE_MESSAGE:
		return message_check(field->descriptor, bytes, depth + 1);
	case PROTOBUF_C_TYPE_STRING:
		return memchr(bytes.at, 0, bytes.end - bytes.at) ? -EBADMSG : 0;
	case PROTOBUF_C_TYPE_ENUM:
		return enum_check(field, number);
	default:
		return 0;
	}
}

/* 0, or -EBADMSG for the second one of a field that stands once. */
static int seen_mark(struct seen *seen, const ProtobufCMessageDescriptor *descriptor,
		     const ProtobufCFieldDescriptor *field)
{
	size_t index = field - descriptor->fields;
	uint64_t bit = 1ULL << index % 64;

	if (index >= FIELDS_MAX)
		return -EBADMSG;
	if (field->label != PROTOBUF_C_LABEL_REPEATED && (seen->fields[index / 64] & bit))
		return -EBADMSG;
	seen->fields[index / 64] |= bit;
	return 0;
}

static int seen_check_required(const struct seen *seen, const ProtobufCMessageDescriptor *descriptor)
{
	for (size_t i = 0; i < descriptor->n_fields; i++)
		if (descriptor->fields[i].label == PROTOBUF_C_LABEL_REQUIRED &&
		    (i >= FIELDS_MAX || !(seen->fields[i / 64] & 1ULL << i % 64)))
			return -EBADMSG;
	return 0;
}

static int message_check(const ProtobufCMessageDescriptor *descriptor, struct cursor bytes, unsigned int depth)
{
	struct seen seen = {};

	if (depth > RECORD_DEPTH_MAX)
		return -EBADMSG;
	while (bytes.at < bytes.end) {
		const ProtobufCFieldDescriptor *field;
		struct cursor value;
		uint64_t tag, number = 0;
		int error = cursor_take_varint(&bytes, &tag);

		if (error || tag >> 3 == 0 || tag >> 32)
			return -EBADMSG;
		error = cursor_take_value(&bytes, tag & 7, &value, &number);
		if (error)
			return error;
		field = protobuf_c_message_descriptor_get_field(descriptor, tag >> 3);
		if (!field)
			continue;
		error = seen_mark(&seen, descriptor, field) ?: field_check(field, tag & 7, value, number, depth);
		if (error)
			return error;
	}
	return seen_check_required(&seen, descriptor);
}

int record_check(const ProtobufCMessageDescriptor *descriptor, const uint8_t *bytes, size_t size)
{
	if (size > RECORD_SIZE_MAX)
		return -EBADMSG;
	return message_check(descriptor, (struct cursor){ .at = bytes, .end = bytes + size }, 0);
}

/* Sub-messages of two bytes decode to structs of hundreds: the memory is bounded, too. */
struct budget {
	size_t left;
	int error;
};

static void *budget_allocate(void *data, size_t size)
{
	struct budget *budget = data;
	void *memory = size <= budget->left ? malloc(size) : NULL;

	if (memory)
		budget->left -= size;
	else
		budget->error = size <= budget->left ? -ENOMEM : -EBADMSG;
	return memory;
}

static void budget_free(void *data, void *pointer)
{
	free(pointer);
}

int record_unpack(const ProtobufCMessageDescriptor *descriptor, const uint8_t *bytes, size_t size,
		  ProtobufCMessage **ret_message)
{
	struct budget budget = { .left = RECORD_MEMORY_MAX };
	ProtobufCAllocator allocator = { .alloc = budget_allocate, .free = budget_free, .allocator_data = &budget };
	ProtobufCMessage *message;
	int error = record_check(descriptor, bytes, size);

	if (error)
		return error;
	message = protobuf_c_message_unpack(descriptor, &allocator, size, bytes);
	if (!message)
		return budget.error ?: -EBADMSG;
	*ret_message = message;
	return 0;
}
