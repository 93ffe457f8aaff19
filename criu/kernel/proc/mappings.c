// SPDX-License-Identifier: GPL-2.0-only
/* /proc/PID/maps and smaps in one pass: a line that starts with a hexadecimal digit begins a mapping, all others
 * are "Key: value" of the last one. */
#include "criu/kernel/proc/mappings.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "criu/kernel/proc/link.h"
#include "criu/kernel/proc/open.h"
#include "criu/util/macros.h"
#include "criu/util/text.h"

/* Far above vm.max_map_count as anyone sets it. */
#define MAPPINGS_MAX (16UL << 20)

static const char *const flag_letters[] = {
#define VM_FLAG(letters, name) [PROC_VM_INDEX_##name] = #letters,
#include "criu/kernel/proc/vm-flags.def"
#undef VM_FLAG
};

_Static_assert(PROC_VM_COUNT < 62, "flags of a mapping are a 64-bit set");

const char *proc_vm_flag_letters(uint64_t flag)
{
	int index = __builtin_ffsll((long long)flag) - 1;

	return index >= 0 && index < PROC_VM_COUNT ? flag_letters[index] : "??";
}

static uint64_t find_flag(const struct text *word)
{
	if (text_size(word) != 2)
		return PROC_VM_UNKNOWN;
	for (int i = 0; i < PROC_VM_COUNT; i++) {
		if (flag_letters[i][0] == word->at[0] && flag_letters[i][1] == word->at[1])
			return 1ULL << i;
	}
	return PROC_VM_UNKNOWN;
}

static int parse_flags(struct text *value, struct proc_mapping *mapping)
{
	struct text word;

	while (text_take_word(value, &word)) {
		uint64_t flag = text_equals(&word, "??") ? PROC_VM_UNNAMED : find_flag(&word);

		mapping->flags |= mapping->flags & flag & PROC_VM_UNNAMED ? PROC_VM_UNKNOWN : flag;
	}
	return 0;
}

static const struct {
	const char *name;
	size_t offset;
} kib_keys[] = {
	{ "Size", offsetof(struct proc_mapping, size_kib) },
	{ "KernelPageSize", offsetof(struct proc_mapping, page_size_kib) },
	{ "Rss", offsetof(struct proc_mapping, rss_kib) },
	{ "Pss", offsetof(struct proc_mapping, pss_kib) },
	{ "Anonymous", offsetof(struct proc_mapping, anonymous_kib) },
	{ "Shared_Clean", offsetof(struct proc_mapping, shared_clean_kib) },
	{ "Shared_Dirty", offsetof(struct proc_mapping, shared_dirty_kib) },
	{ "Swap", offsetof(struct proc_mapping, swap_kib) },
};

static int parse_key_line(struct text *line, struct proc_mapping *mapping)
{
	uint64_t number;
	struct text key;
	int ret;

	if (!text_take_until(line, ':', &key))
		return -EINVAL;
	if (text_equals(&key, "VmFlags"))
		return parse_flags(line, mapping);
	text_skip_blanks(line);
	if (text_equals(&key, "ProtectionKey")) {
		ret = text_take_number(line, 10, INT32_MAX, &number);
		if (ret == 0)
			mapping->protection_key = (int)number;
		return ret;
	}
	for (size_t i = 0; i < ARRAY_SIZE(kib_keys); i++) {
		if (text_equals(&key, kib_keys[i].name))
			return text_take_number(line, 10, UINT64_MAX,
						(uint64_t *)((char *)mapping + kib_keys[i].offset));
	}
	return 0;
}

/* "rwxp" */
static int parse_permissions(struct text *line, struct proc_mapping *mapping)
{
	const char *at = line->at;

	if (text_size(line) < 5 || at[4] != ' ' || !memchr("r-", at[0], 2) || !memchr("w-", at[1], 2) ||
	    !memchr("x-", at[2], 2) || !memchr("ps", at[3], 2))
		return -EINVAL;
	mapping->prot = (at[0] == 'r' ? PROT_READ : 0) | (at[1] == 'w' ? PROT_WRITE : 0) |
			(at[2] == 'x' ? PROT_EXEC : 0);
	mapping->shared = at[3] == 's';
	line->at += 5;
	return 0;
}

static int parse_name(struct text *line, struct proc_mapping *mapping)
{
	/* One blank belongs to the inode, the rest pads; a file's name starts with "/" and others with no blank. */
	text_skip_blanks(line);
	if (text_is_empty(line))
		return 0;
	mapping->name = text_copy_unescaped(line);
	if (!mapping->name)
		return -ENOMEM;
	mapping->deleted = proc_cut_deleted(mapping->name);
	return 0;
}

static int take_hex(struct text *line, uint64_t max, const char *then, uint64_t *ret_number)
{
	int ret = text_take_number(line, 16, max, ret_number);

	if (ret < 0)
		return ret;
	return text_take_literal(line, then) ? 0 : -EINVAL;
}

/* "START-END rwxp OFFSET MAJOR:MINOR INODE   NAME"; name comes last so that a failure leaves none behind. */
static int parse_head_line(struct text *line, struct proc_mapping *mapping)
{
	uint64_t major, minor;
	int ret = take_hex(line, UINT64_MAX, "-", &mapping->start);

	if (ret == 0)
		ret = take_hex(line, UINT64_MAX, " ", &mapping->end);
	if (ret == 0)
		ret = parse_permissions(line, mapping);
	if (ret == 0)
		ret = take_hex(line, UINT64_MAX, " ", &mapping->offset);
	if (ret == 0)
		ret = take_hex(line, UINT32_MAX, ":", &major);
	if (ret == 0)
		ret = take_hex(line, UINT32_MAX, " ", &minor);
	if (ret == 0)
		ret = text_take_number(line, 10, UINT64_MAX, &mapping->inode);
	if (ret < 0)
		return ret;
	if (mapping->start >= mapping->end)
		return -EINVAL;
	mapping->dev_major = (uint32_t)major;
	mapping->dev_minor = (uint32_t)minor;
	return parse_name(line, mapping);
}

static int add_mapping(struct proc_mappings *mappings, size_t *room, const struct proc_mapping *mapping)
{
	const struct proc_mapping *last = mappings->count ? &mappings->items[mappings->count - 1] : NULL;

	if (last && mapping->start < last->end)
		return -EINVAL;
	if (mappings->count == MAPPINGS_MAX)
		return -E2BIG;
	if (mappings->count == *room) {
		size_t wanted = *room ? *room * 2 : 64;
		void *larger = reallocarray(mappings->items, wanted, sizeof(*mappings->items));

		if (!larger)
			return -ENOMEM;
		mappings->items = larger;
		*room = wanted;
	}
	mappings->items[mappings->count++] = *mapping;
	return 0;
}

static bool starts_mapping(const struct text *line)
{
	char first = text_is_empty(line) ? '\0' : *line->at;

	return (first >= '0' && first <= '9') || (first >= 'a' && first <= 'f');
}

static int parse_line(struct proc_mappings *mappings, size_t *room, struct text *line)
{
	struct proc_mapping mapping = { 0 };
	int ret;

	if (!starts_mapping(line)) {
		if (!mappings->count)
			return -EINVAL;
		mappings->has_flags = true;
		return parse_key_line(line, &mappings->items[mappings->count - 1]);
	}
	ret = parse_head_line(line, &mapping);
	if (ret == 0)
		ret = add_mapping(mappings, room, &mapping);
	if (ret < 0)
		free(mapping.name);
	return ret;
}

int proc_parse_mappings(const char *data, size_t size, struct proc_mappings *ret_mappings)
{
	_cleanup_proc_mappings_ struct proc_mappings mappings = { 0 };
	struct text text = text_of(data, size), line;
	size_t room = 0;

	while (text_take_line(&text, &line)) {
		int ret = parse_line(&mappings, &room, &line);

		if (ret < 0)
			return ret;
	}
	*ret_mappings = mappings;
	mappings = (struct proc_mappings){ 0 };
	return 0;
}

static int parse(const char *data, size_t size, void *ret)
{
	return proc_parse_mappings(data, size, ret);
}

int proc_read_maps(int task_fd, struct proc_mappings *ret_mappings)
{
	return proc_read_parsed(task_fd, "maps", PROC_LARGE_FILE_MAX, parse, ret_mappings);
}

int proc_read_smaps(int task_fd, struct proc_mappings *ret_mappings)
{
	return proc_read_parsed(task_fd, "smaps", PROC_LARGE_FILE_MAX, parse, ret_mappings);
}

void proc_free_mappings(struct proc_mappings *mappings)
{
	if (!mappings)
		return;
	for (size_t i = 0; i < mappings->count; i++)
		free(mappings->items[i].name);
	free(mappings->items);
	*mappings = (struct proc_mappings){ 0 };
}

int proc_settle_mapping_name(int task_fd, struct proc_mapping *mapping)
{
	char link[64];
	char *name;
	bool deleted;
	int ret;

	if (!mapping->name || mapping->name[0] != '/')
		return 0;
	snprintf(link, sizeof(link), "map_files/%" PRIx64 "-%" PRIx64, mapping->start, mapping->end);
	ret = proc_read_file_name(task_fd, link, &name, &deleted);
	if (ret < 0)
		return ret;
	free(mapping->name);
	mapping->name = name;
	mapping->deleted = deleted;
	return 0;
}
