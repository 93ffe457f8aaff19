// SPDX-License-Identifier: GPL-2.0-only
/* A vdso of another kernel. A task calls its functions at addresses that it has learned at its start, and it may have
 * been stopped within one, or in a signal handler that will return into one. So the old code stays where it was, as
 * memory of the task's own, and its entries jump to the vdso of this kernel, which lies at a free place near it.
 *
 * The data (vvar) that the old code reads is another kernel's; zero pages take its place. To code that a signal handler
 * returns into they say that they have changed (the sequence count) and that there is no clock which user code can read
 * (clock mode NONE, include/vdso/clocksource.h): it asks the kernel. Where nobody can look, in handlers, one reading
 * of a coarse clock can be lost: it is 0.
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
#include "criu/pages/copy.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

/* Reach of a jump with 32 bits, and less than what is kept clear of the areas where memory is gathered. */
#define NEAR (1UL << 29)
#define USER_END 0x7ffffffff000UL
/* Never nearer than this to what may grow. */
#define CLEARANCE (1UL << 20)

struct patch {
	uint32_t offset;
	uint8_t code[ARCH_VDSO_JUMP_SIZE];
};

struct proxy {
	struct patch patches[VDSO_SYMBOLS_MAX];
	unsigned int nr;
};

/* What is needed to plan one. */
struct plan {
	struct restore *restore;
	struct task *task;
	const struct vdso_source *old;
	struct page_source *pages;
	struct proxy *proxy;
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

/* Functions whose old code goes on working: it reads no data, or asks the kernel when the data say "not ready". The
 * state of getrandom is laid out by the old code, another one must not touch it. */
static bool stays(const char *name)
{
	static const char *const names[] = { "__vdso_getrandom", "__vdso_sgx_enter_enclave",
					     "__vdso_futex_robust_list" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strncmp(name, names[i], strlen(names[i])))
			return true;
	}
	return false;
}

static bool read_word(void *context, uint64_t address, uint64_t *ret)
{
	const struct plan *plan = context;
	uint64_t page = address & ~(PAGE_SIZE - 1);
	struct page_run run = { .start = page, .end = page + PAGE_SIZE };
	uint8_t bytes[PAGE_SIZE];

	if (address - page > PAGE_SIZE - sizeof(*ret) || plan->pages->ops->read(plan->pages, &run, 1, bytes) < 0)
		return false;
	memcpy(ret, bytes + (address - page), sizeof(*ret));
	return true;
}

/* A thread at the first byte takes the jump; behind it, it would go on within other code, so it starts anew. */
static int rewind_threads(const struct plan *plan, const struct vdso_symbol *symbol)
{
	uint64_t entry = plan->old->layout->code + symbol->offset;

	for (unsigned int i = 0; i < plan->task->nr_threads; i++) {
		CoreEntry *core = plan->task->threads[i].core;
		uint64_t ip = arch_get_ip(core);

		if (ip <= entry || ip - entry >= ARCH_VDSO_JUMP_SIZE ||
		    arch_vdso_rewind(core, entry, plan->old->code + symbol->offset, read_word, (void *)plan))
			continue;
		restore_refuse(plan->restore, plan->task,
			       "thread %d was stopped at the entry of '%s' of its vdso, which is another under this "
			       "kernel: restore it under the kernel it was dumped from",
			       plan->task->threads[i].tid, symbol->name);
		return -ENOTSUP;
	}
	return 0;
}

static int redirect(const struct plan *plan, const struct vdso_symbol *symbol, uint64_t to)
{
	struct patch *patch = &plan->proxy->patches[plan->proxy->nr++];

	patch->offset = symbol->offset;
	if (to && symbol->room >= ARCH_VDSO_JUMP_SIZE &&
	    arch_vdso_jump(patch->code, plan->old->layout->code + symbol->offset, to))
		return rewind_threads(plan, symbol);
	restore_refuse(plan->restore, plan->task,
		       "the function '%s' of its vdso has no like in this kernel's: restore it under the kernel it "
		       "was dumped from",
		       symbol->name);
	return -ENOTSUP;
}

static int redirect_all(const struct plan *plan, const struct vdso_source *new, uint64_t new_code)
{
	int error = 0;

	for (unsigned int i = 0; !error && i < plan->old->vdso.nr_symbols; i++) {
		const struct vdso_symbol *symbol = &plan->old->vdso.symbols[i];
		const struct vdso_symbol *other = vdso_find(&new->vdso, symbol->name);

		if (!stays(symbol->name))
			error = redirect(plan, symbol, other ? new_code + other->offset : 0);
	}
	return error;
}

/* May a thread go on at @offset of the old code? Where the code needs no data, and at its entries. */
static bool can_go_on(const struct vdso *vdso, uint64_t offset)
{
	for (unsigned int i = 0; i < vdso->nr_symbols; i++) {
		const struct vdso_symbol *symbol = &vdso->symbols[i];

		if (offset == symbol->offset || (stays(symbol->name) && offset - symbol->offset < symbol->room))
			return true;
	}
	return false;
}

/* A dump lets its threads run out of the vdso; those of a stopped task, or of a dump by others, may be left in it. */
static int check_threads(const struct plan *plan)
{
	const struct vdso_layout *layout = plan->old->layout;

	for (unsigned int i = 0; i < plan->task->nr_threads; i++) {
		uint64_t offset = arch_get_ip(plan->task->threads[i].core) - layout->code;

		if (offset >= layout->code_size || can_go_on(&plan->old->vdso, offset))
			continue;
		restore_refuse(plan->restore, plan->task,
			       "thread %d was stopped within its vdso, which is another under this kernel: restore it "
			       "under the kernel it was dumped from",
			       plan->task->threads[i].tid);
		return -ENOTSUP;
	}
	return 0;
}

static void filled(const struct restore *restore, const struct task *task, const struct mapping *mapping,
		   uint8_t *memory)
{
	const struct proxy *proxy = kind_state_find(&restore->kind_state, &proxy_key, (uint64_t)task->pid);

	for (unsigned int i = 0; proxy && i < proxy->nr; i++)
		memcpy(memory + proxy->patches[i].offset, proxy->patches[i].code, ARCH_VDSO_JUMP_SIZE);
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

int vdso_make_proxy(struct restore *restore, struct task *task, const struct vdso_source *old,
		    const struct vdso_source *new, struct page_source *pages)
{
	uint64_t place = find_place(task, old->layout, new->layout->end - new->layout->start);
	struct plan plan = {
		.restore = restore,
		.task = task,
		.old = old,
		.pages = pages,
		.proxy = kind_state_get(&restore->kind_state, &restore->arena, &proxy_key,
					(uint64_t)task->pid, sizeof(struct proxy), NULL),
	};

	plan.proxy->nr = 0;
	if (!place) {
		restore_refuse(restore, task,
			       "has no room near its vdso at %" PRIx64 " for this kernel's, which is another: "
			       "restore it under the kernel it was dumped from",
			       old->layout->code);
		return 0;
	}
	if (redirect_all(&plan, new, place + (new->layout->code - new->layout->start)) < 0 ||
	    check_threads(&plan) < 0)
		return 0;
	log_info("task %d: its vdso is of another kernel; %u entries lead to %" PRIx64, task->pid,
		 plan.proxy->nr, place);
	replace_mappings(task);
	task->kernels_own = place;
	return 0;
}
