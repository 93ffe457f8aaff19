// SPDX-License-Identifier: GPL-2.0-only
/* A reader of BTF: a header, types one behind the other, strings. Types refer to each other by number, from 1 on. */
#include "criu/kernel/btf.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "criu/util/cleanup.h"
#include "criu/util/macros.h"
#include "criu/util/read-file.h"

#define KERNEL_TYPES "/sys/kernel/btf/vmlinux"
#define SIZE_MAX_OF_TYPES (256UL << 20)
/* Newer than some headers. */
#define KIND_DECL_TAG 17
#define KIND_TYPE_TAG 18
#define KIND_ENUM64 19
#define ENUM64_SIZE 12
/* Of types that stand for another one, and of structures within one another. */
#define DEPTH_MAX 32

struct btf {
	char *data;
	const char *strings;
	size_t nr, strings_size;
	const struct btf_type **types; /* by number; [0] is void */
};

static const char *string_at(const struct btf *btf, uint32_t offset)
{
	return offset < btf->strings_size ? btf->strings + offset : "";
}

/* Bytes behind struct btf_type; -1: no kind that is known. */
static long tail_of(const struct btf_type *type)
{
	size_t nr = BTF_INFO_VLEN(type->info);

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case KIND_DECL_TAG:
		return sizeof(uint32_t);
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return (long)(nr * sizeof(struct btf_member));
	case BTF_KIND_ENUM:
		return (long)(nr * sizeof(struct btf_enum));
	case KIND_ENUM64:
		return (long)(nr * ENUM64_SIZE);
	case BTF_KIND_FUNC_PROTO:
		return (long)(nr * sizeof(struct btf_param));
	case BTF_KIND_DATASEC:
		return (long)(nr * sizeof(struct btf_var_secinfo));
	default:
		return BTF_INFO_KIND(type->info) > KIND_ENUM64 ? -1 : 0;
	}
}

/* Twice: to count, and to note. */
static int list_types(struct btf *btf, const char *at, size_t size)
{
	size_t nr = 1;

	while (size >= sizeof(struct btf_type)) {
		const struct btf_type *type = (const void *)at;
		long tail = tail_of(type);
		size_t all = sizeof(*type) + (size_t)tail;

		if (tail < 0 || all > size)
			return -EBADMSG;
		if (btf->types)
			btf->types[nr] = type;
		nr++;
		at += all;
		size -= all;
	}
	btf->nr = nr;
	return size ? -EBADMSG : 0;
}

static int parse(struct btf *btf, size_t size)
{
	const struct btf_header *head = (const void *)btf->data;
	size_t room = size - MIN(size, sizeof(*head));
	int ret;

	if (!room || head->magic != BTF_MAGIC || head->hdr_len < sizeof(*head) || head->hdr_len > size)
		return -EBADMSG;
	room = size - head->hdr_len;
	if (head->type_off % 4 || head->type_off > room || head->type_len > room - head->type_off ||
	    head->str_off > room || head->str_len > room - head->str_off || !head->str_len)
		return -EBADMSG;
	btf->strings = btf->data + head->hdr_len + head->str_off;
	btf->strings_size = head->str_len;
	if (btf->strings[head->str_len - 1])
		return -EBADMSG;
	ret = list_types(btf, btf->data + head->hdr_len + head->type_off, head->type_len);
	if (ret < 0)
		return ret;
	btf->types = calloc(btf->nr, sizeof(*btf->types));
	return btf->types ? list_types(btf, btf->data + head->hdr_len + head->type_off, head->type_len) : -ENOMEM;
}

/* Takes @data. */
static int take(char *data, size_t size, struct btf **ret_btf)
{
	struct btf *btf = calloc(1, sizeof(*btf));
	int ret;

	if (!btf) {
		free(data);
		return -ENOMEM;
	}
	btf->data = data;
	ret = parse(btf, size);
	if (ret < 0)
		btf_close(btf);
	else
		*ret_btf = btf;
	return ret;
}

int btf_parse(const void *data, size_t size, struct btf **ret_btf)
{
	char *copy = malloc(size + 1);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, data, size);
	return take(copy, size, ret_btf);
}

int btf_open(struct btf **ret_btf)
{
	char *data;
	size_t size;
	int ret = read_file_at(AT_FDCWD, KERNEL_TYPES, SIZE_MAX_OF_TYPES, &data, &size);

	return ret < 0 ? ret : take(data, size, ret_btf);
}

void btf_close(struct btf *btf)
{
	if (!btf)
		return;
	free(btf->types);
	free(btf->data);
	free(btf);
}

/* --- looking --- */

static bool is_structure(const struct btf_type *type)
{
	return type &&
	       (BTF_INFO_KIND(type->info) == BTF_KIND_STRUCT || BTF_INFO_KIND(type->info) == BTF_KIND_UNION);
}

/* Through typedef, const and the like. */
static const struct btf_type *resolve(const struct btf *btf, uint32_t number)
{
	for (int depth = 0; depth < DEPTH_MAX && number && number < btf->nr; depth++) {
		const struct btf_type *type = btf->types[number];

		switch (BTF_INFO_KIND(type->info)) {
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_CONST:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_RESTRICT:
		case KIND_TYPE_TAG:
			number = type->type;
			break;
		default:
			return type;
		}
	}
	return NULL;
}

static uint32_t bits_of(const struct btf *btf, uint32_t number)
{
	const struct btf_type *type = resolve(btf, number);
	uint32_t count = 1;

	for (int depth = 0; type && BTF_INFO_KIND(type->info) == BTF_KIND_ARRAY && depth < DEPTH_MAX; depth++) {
		const struct btf_array *array = (const void *)(type + 1);

		count *= array->nelems;
		type = resolve(btf, array->type);
	}
	if (!type)
		return 0;
	return 8 * count * (uint32_t)(BTF_INFO_KIND(type->info) == BTF_KIND_PTR ? sizeof(void *) : type->size);
}

static const struct btf_type *find_named(const struct btf *btf, const char *name)
{
	for (size_t i = 1; i < btf->nr; i++)
		if (is_structure(btf->types[i]) && btf->types[i]->size &&
		    strcmp(string_at(btf, btf->types[i]->name_off), name) == 0)
			return btf->types[i];
	return NULL;
}

/* One member; @ret_type is the number of its type. */
static bool find_member(const struct btf *btf, const struct btf_type *in, const char *name, size_t length,
			int depth, struct btf_field *field, uint32_t *ret_type)
{
	const struct btf_member *members = (const void *)(in + 1);

	for (size_t i = 0; i < BTF_INFO_VLEN(in->info) && depth < DEPTH_MAX; i++) {
		const struct btf_member *member = &members[i];
		const char *its_name = string_at(btf, member->name_off);
		uint32_t offset = BTF_INFO_KFLAG(in->info) ? BTF_MEMBER_BIT_OFFSET(member->offset) : member->offset;
		uint32_t bits = BTF_INFO_KFLAG(in->info) ? BTF_MEMBER_BITFIELD_SIZE(member->offset) : 0;
		const struct btf_type *type = *its_name ? NULL : resolve(btf, member->type);

		if (is_structure(type) && find_member(btf, type, name, length, depth + 1, field, ret_type)) {
			field->offset += offset;
			return true;
		}
		if (strncmp(its_name, name, length) != 0 || its_name[length])
			continue;
		*ret_type = member->type;
		*field = (struct btf_field){ offset, bits ? bits : bits_of(btf, member->type) };
		return true;
	}
	return false;
}

int btf_find_field(const struct btf *btf, const char *structure, const char *path, struct btf_field *ret_field)
{
	const struct btf_type *in = find_named(btf, structure);

	ret_field->offset = 0;
	for (;;) {
		size_t length = strcspn(path, ".");
		struct btf_field field;
		uint32_t type;

		if (!is_structure(in) || !find_member(btf, in, path, length, 0, &field, &type))
			return -ENOENT;
		ret_field->offset += field.offset;
		ret_field->bits = field.bits;
		if (!path[length])
			return 0;
		path += length + 1;
		in = resolve(btf, type);
	}
}

long btf_size(const struct btf *btf, const char *structure)
{
	const struct btf_type *type = find_named(btf, structure);

	return type ? (long)type->size : -ENOENT;
}

int btf_find_function(const struct btf *btf, const char *name)
{
	for (size_t i = 1; i < btf->nr; i++)
		if (BTF_INFO_KIND(btf->types[i]->info) == BTF_KIND_FUNC &&
		    strcmp(string_at(btf, btf->types[i]->name_off), name) == 0)
			return (int)i;
	return -ENOENT;
}
