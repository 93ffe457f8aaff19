// SPDX-License-Identifier: GPL-2.0-only
/* seccomp.img: the filters of all threads in one record. Those of a chain stand next to each other, the newest first;
 * prev is the number of the next newer one, and a thread names its oldest. */
#include "seccomp.pb-c.h"

#include <errno.h>
#include <string.h>

#include "criu/image/file.h"
#include "criu/objects/kinds.h"
#include "criu/objects/task/seccomp.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

/* The kernel's limit of a chain: MAX_INSNS_PER_PATH of kernel/seccomp.c, where each filter counts for four more. */
#define CHAIN_MAX (((1 << 18) / sizeof(struct sock_filter)))
#define FILTER_PENALTY 4

/* What one run has seen: dump adds to @chains, restore has read @record. */
struct seccomp_list {
	LIST_HEAD(, listed_chain) chains;
	uint32_t nr_filters;
	SeccompEntry *record;
};

struct listed_chain {
	LIST_ENTRY(listed_chain) link;
	struct seccomp_chain chain;
	uint32_t oldest; /* its number; the newest has oldest + 1 - nr */
};

static const char list_key;

bool seccomp_program_equal(const struct seccomp_program *a, const struct seccomp_program *b)
{
	return a->length == b->length && a->flags == b->flags &&
	       !memcmp(a->code, b->code, a->length * sizeof(*a->code));
}

bool seccomp_program_may_ask(const struct seccomp_program *program)
{
	for (unsigned int i = 0; i < program->length; i++) {
		const struct sock_filter *line = &program->code[i];

		if (BPF_CLASS(line->code) != BPF_RET)
			continue;
		if (BPF_RVAL(line->code) != BPF_K || (line->k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF)
			return true;
	}
	return false;
}

/* --- dump --- */

static struct seccomp_list *dump_list(struct dump *dump)
{
	return kind_state_get(&dump->kind_state, &dump->arena, &list_key, 0, sizeof(struct seccomp_list), NULL);
}

static bool chain_equal(const struct seccomp_chain *a, const struct seccomp_chain *b)
{
	if (a->nr != b->nr)
		return false;
	for (unsigned int i = 0; i < a->nr; i++)
		if (!seccomp_program_equal(&a->programs[i], &b->programs[i]))
			return false;
	return true;
}

uint32_t seccomp_image_add(struct dump *dump, const struct seccomp_chain *chain)
{
	struct seccomp_list *list = dump_list(dump);
	struct listed_chain *listed;

	LIST_FOREACH(listed, &list->chains, link)
		if (chain_equal(&listed->chain, chain))
			return listed->oldest;
	listed = arena_new(&dump->arena, struct listed_chain);
	listed->chain = *chain;
	list->nr_filters += chain->nr;
	listed->oldest = list->nr_filters - 1;
	LIST_INSERT_HEAD(&list->chains, listed, link);
	return listed->oldest;
}

static void fill_chain(struct dump *dump, const struct listed_chain *listed, SeccompFilter **filters)
{
	uint32_t newest = listed->oldest + 1 - listed->chain.nr;

	for (unsigned int age = 0; age < listed->chain.nr; age++) {
		const struct seccomp_program *program = &listed->chain.programs[age];
		SeccompFilter *filter = arena_new(&dump->arena, SeccompFilter);
		uint32_t number = listed->oldest - age;

		seccomp_filter__init(filter);
		filter->filter.data = (uint8_t *)program->code;
		filter->filter.len = program->length * sizeof(*program->code);
		filter->has_prev = number != newest;
		filter->prev = filter->has_prev ? number - 1 : 0;
		filter->has_flags = 1;
		filter->flags = program->flags;
		filters[number] = filter;
	}
}

static int filters_dump(struct dump *dump)
{
	_cleanup_image_close_ struct image_file *file = NULL;
	SeccompEntry entry = SECCOMP_ENTRY__INIT;
	struct seccomp_list *list = dump_list(dump);
	const struct listed_chain *listed;
	int error;

	entry.seccomp_filters = arena_array(&dump->arena, SeccompFilter *, list->nr_filters);
	entry.n_seccomp_filters = list->nr_filters;
	LIST_FOREACH(listed, &list->chains, link)
		fill_chain(dump, listed, entry.seccomp_filters);
	error = image_create(dump->images, IMAGE_SECCOMP, 0, &file);
	if (!error)
		error = image_write_record(file, &entry.base);
	if (!error)
		error = image_close(steal_pointer(&file));
	return error < 0 ? log_errno(error, "image 'seccomp.img' cannot be written") : 0;
}

/* --- restore --- */

static int filters_load(struct restore *restore)
{
	_cleanup_image_close_ struct image_file *file = NULL;
	struct seccomp_list *list = kind_state_get(&restore->kind_state, &restore->arena, &list_key, 0,
						   sizeof(*list), NULL);
	int error = image_open(restore->images, IMAGE_SECCOMP, 0, &file);

	if (error == -ENOENT)
		return 0;
	if (!error)
		error = image_read_single(file, (ProtobufCMessage **)&list->record);
	return error < 0 ? log_errno(error, "image 'seccomp.img' cannot be read") : 0;
}

static const char *load_program(struct restore *restore, const SeccompFilter *filter, struct seccomp_program *ret)
{
	size_t size = filter->filter.len;

	if (!size || size % sizeof(struct sock_filter) || size / sizeof(struct sock_filter) > BPF_MAXINSNS)
		return "impossible length of a filter";
	ret->code = arena_copy(&restore->arena, filter->filter.data, size);
	ret->length = size / sizeof(struct sock_filter);
	ret->flags = filter->has_flags ? filter->flags : 0;
	return NULL;
}

static const char *load_chain(struct restore *restore, const SeccompEntry *record, uint32_t index,
			      struct seccomp_chain *chain)
{
	size_t room = record ? record->n_seccomp_filters : 0, length = 0;

	chain->programs = arena_array(&restore->arena, struct seccomp_program, room + 1);
	for (chain->nr = 0;; chain->nr++) {
		struct seccomp_program *program = &chain->programs[chain->nr];
		const char *wrong;

		if (chain->nr >= room)
			return room ? "filters form a ring" : "it has no filters";
		if (index >= room)
			return "no such filter";
		wrong = load_program(restore, record->seccomp_filters[index], program);
		length += program->length + FILTER_PENALTY;
		if (wrong || length > CHAIN_MAX)
			return wrong ? wrong : "chain is longer than the kernel allows";
		if (!record->seccomp_filters[index]->has_prev)
			break;
		index = record->seccomp_filters[index]->prev;
	}
	chain->nr++;
	return NULL;
}

int seccomp_image_chain(struct restore *restore, const struct thread *thread, uint32_t index,
			struct seccomp_chain *ret_chain)
{
	const struct seccomp_list *list = kind_state_find(&restore->kind_state, &list_key, 0);
	struct seccomp_chain chain = {};
	const char *wrong = load_chain(restore, list ? list->record : NULL, index, &chain);

	if (wrong)
		return log_fail(-EBADMSG, "image 'seccomp.img': thread %d, filter %u: %s", thread->tid, index,
				wrong);
	*ret_chain = chain;
	return 0;
}

const struct global_kind seccomp_filters_kind = {
	.name = "seccomp-filters",
	.dump = filters_dump,
	.load = filters_load,
};
