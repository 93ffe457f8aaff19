// SPDX-License-Identifier: GPL-2.0-only
/* A vdso of another kernel. A task calls its functions at addresses that it has learned at its start, and it may have
 * been stopped within one, or in a signal handler that will return into one. So the old code stays where it was, as
 * memory of the task's own, and its entries jump to the vdso of this kernel, which lies at a free place near it.
 *
 * The data (vvar) that the old code reads is another kernel's; zero pages take its place. To code that was left in
 * mid-flight they say that they have changed (the sequence count) and that there is no clock which user code can read
 * (clock mode NONE, include/vdso/clocksource.h): it asks the kernel.
 *
 * Such a task is dumped like any other: the old code is private memory, and the vdso is the one the kernel calls so. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "criu/arch/arch.h"
#include "criu/objects/memory/memory.h"
#include "criu/objects/memory/vdso.h"
#include "criu/pages/page-map.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

/* Reach of a jump with 32 bits, and less than what is kept clear of the areas where memory is gathered. */
#define NEAR (1UL << 29)
#define USER_END 0x7ffffffff000UL
/* Never nearer than this to what may grow. */
#define CLEARANCE (1UL << 20)

struct patch {
	uint32_t offset;
	uint32_t length;
	uint8_t code[ARCH_VDSO_CODE_MAX];
};

struct proxy {
	struct patch patches[VDSO_SYMBOLS_MAX];
	unsigned int nr;
};

static const char proxy_key; /* its address names the state of this file */

static void keep_larger(uint64_t *best, uint64_t *best_size, uint64_t start, uint64_t end)
{
	if (start < end && end - start > *best_size) {
		*best = start;
		*best_size = end - start;
	}
}

/* The middle of the largest hole near the old code; 0: there is none. */
static uint64_t find_place(const struct task *task, const struct vdso_layout *layout, uint64_t size)
{
	uint64_t low = layout->start > NEAR ? layout->start - NEAR : PAGE_SIZE;
	uint64_t high = MIN(layout->end + NEAR, USER_END), from = low, best = 0, best_size = 0;

	for (unsigned int i = 0; i < task->nr_mappings; i++) {
		keep_larger(&best, &best_size, from, MIN(task->mappings[i].record->start, high));
		from = MAX(from, task->mappings[i].record->end);
	}
	keep_larger(&best, &best_size, from, high);
	if (best_size < size + 2 * CLEARANCE)
		return 0;
	return (best + (best_size - size) / 2) & ~(PAGE_SIZE - 1);
}

/* The random numbers of a task depend on a state that the old kernel's code has laid out: that entry asks the kernel. */
static bool can_jump(const char *name)
{
	return !strstr(name, "getrandom");
}

static int make_patch(struct restore *restore, const struct task *task, const struct vdso_symbol *symbol,
		      uint64_t from, uint64_t to, struct patch *ret)
{
	ret->offset = symbol->offset;
	ret->length = (uint32_t)(to ? arch_vdso_jump(ret->code, from, to)
				    : arch_vdso_call(ret->code, symbol->name));
	if (ret->length == 0 || ret->length > symbol->room) {
		restore_refuse(restore, task,
			       "the function '%s' of its vdso cannot be redirected to this kernel's: "
			       "restore it under the kernel it was dumped from",
			       symbol->name);
		return -ENOTSUP;
	}
	return 0;
}

/* A thread at the first byte makes the jump; behind it, it would go on within other code. */
static bool thread_is_within(const struct task *task, uint64_t start, uint64_t length, pid_t *ret_tid)
{
	for (unsigned int i = 0; i < task->nr_threads; i++) {
		uint64_t ip = arch_get_ip(task->threads[i].core);

		*ret_tid = task->threads[i].tid;
		if (ip > start && ip - start < length)
			return true;
	}
	return false;
}

static int make_patches(struct restore *restore, const struct task *task, const struct vdso_layout *layout,
			const struct vdso *vdso, uint64_t new_code, const struct vdso *own_vdso, struct proxy *ret)
{
	for (unsigned int i = 0; i < vdso->nr_symbols; i++) {
		const struct vdso_symbol *symbol = &vdso->symbols[i];
		const struct vdso_symbol *other = can_jump(symbol->name) ? vdso_find(own_vdso, symbol->name) : NULL;
		struct patch *patch = &ret->patches[ret->nr];
		uint64_t at = layout->code + symbol->offset;
		pid_t tid;

		if (make_patch(restore, task, symbol, at, other ? new_code + other->offset : 0, patch) < 0)
			return -ENOTSUP;
		if (thread_is_within(task, at, patch->length, &tid)) {
			restore_refuse(restore, task,
				       "thread %d was stopped at the entry of '%s' of its vdso, which is "
				       "another under this kernel: restore it under the kernel it was dumped from",
				       tid, symbol->name);
			return -ENOTSUP;
		}
		ret->nr++;
	}
	return 0;
}

static void filled(const struct restore *restore, const struct task *task, const struct mapping *mapping,
		   uint8_t *memory)
{
	const struct proxy *proxy = kind_state_find(&restore->kind_state, &proxy_key, (uint64_t)task->pid);

	for (unsigned int i = 0; proxy && i < proxy->nr; i++)
		memcpy(memory + proxy->patches[i].offset, proxy->patches[i].code, proxy->patches[i].length);
}

static bool reads(const VmaEntry *record)
{
	return false;
}

/* Not in the list of kinds: no record says that it is one, it is made of a vdso. */
static const struct mapping_kind vdso_proxy_kind = {
	.name = "vdso-proxy",
	.reads = reads,
	.filled = filled,
	.dump_pages = true,
	.not_lazy = true,
};

static void replace_mappings(struct task *task)
{
	for (unsigned int i = 0; i < task->nr_mappings; i++) {
		struct mapping *mapping = &task->mappings[i];
		VmaEntry *record = mapping->record;
		bool code = record->status & VMA_VDSO;

		if (!(record->status & (VMA_VDSO | VMA_VVAR)))
			continue;
		record->status = VMA_REGULAR | VMA_ANON_PRIVATE;
		record->flags = MAP_PRIVATE | MAP_ANONYMOUS;
		record->prot = code ? PROT_READ | PROT_EXEC : PROT_READ;
		record->madv = 0;
		mapping->anonymous = true;
		mapping->kind = code ? &vdso_proxy_kind : mapping_kind_of_record(record);
	}
}

int vdso_make_proxy(struct restore *restore, struct task *task, const struct vdso_layout *layout,
		    const struct vdso *vdso, const struct vdso_layout *own, const struct vdso *own_vdso)
{
	uint64_t place = find_place(task, layout, own->end - own->start);
	struct proxy *proxy = kind_state_get(&restore->kind_state, &restore->arena, &proxy_key,
					     (uint64_t)task->pid, sizeof(*proxy), NULL);

	proxy->nr = 0;
	if (!place) {
		restore_refuse(restore, task,
			       "has no room near its vdso at %" PRIx64 " for this kernel's, which is "
			       "another: restore it under the kernel it was dumped from",
			       layout->code);
		return 0;
	}
	if (make_patches(restore, task, layout, vdso, place + (own->code - own->start), own_vdso, proxy) < 0)
		return 0;
	log_info("task %d: its vdso is of another kernel; %u entries lead to %" PRIx64, task->pid, proxy->nr, place);
	replace_mappings(task);
	task->vdso = place;
	return 0;
}
