// SPDX-License-Identifier: GPL-2.0-only
/* Steps of the restorer that build the address space: after them nothing of criu is left but the blob. */
#include <asm/mman.h>
#include <errno.h>
#include <linux/mman.h>
#include <linux/prctl.h>

#include "criu/blobs/arch.h"
#include "criu/blobs/restorer/internal.h"

#define STAGING_PROT (PROT_READ | PROT_WRITE)
#define MADVISE_MAX 64
#define PAGE 4096
#define ATTACH_TRIES 3
/* shmat(2) */
#define SHM_RDONLY 010000
#define SHM_EXEC 0100000

static long unmap(struct context *context, uint64_t start, uint64_t end)
{
	context->value = start;
	return start < end ? call(__NR_munmap, start, end - start) : 0;
}

long step_unmap_old(struct context *context)
{
	const struct restorer_task *task = context->task;
	uint64_t base_end = task->base + task->size;
	uint64_t low = task->base, low_end = base_end, high = task->staging_start, high_end = task->staging_end;
	long error;

	/* Two areas stay: in order of address. */
	if (high < low) {
		low = task->staging_start;
		low_end = task->staging_end;
		high = task->base;
		high_end = base_end;
	}
	error = unmap(context, 0, low);
	if (!error)
		error = unmap(context, low_end, high);
	return error ? error : unmap(context, high_end, task->task_size);
}

static long move(const struct restorer_mapping *mapping)
{
	long address = call(__NR_mremap, mapping->staging, mapping->length, mapping->length,
			    MREMAP_MAYMOVE | MREMAP_FIXED, mapping->start);

	if (address < 0 && address > -4096)
		return address;
	if (mapping->prot == STAGING_PROT)
		return 0;
	return call(__NR_mprotect, mapping->start, mapping->length, mapping->prot);
}

static long map(const struct restorer_mapping *mapping)
{
	long address = call(__NR_mmap, mapping->start, mapping->length, mapping->prot,
			    mapping->flags | MAP_FIXED_NOREPLACE, mapping->fd, mapping->offset);

	return address < 0 && address > -4096 ? address : 0;
}

static int is_error(long address)
{
	return address < 0 && address > -4096;
}

/* The piece is moved out of a whole attachment, the rest is let go. */
static long cut_out(const struct restorer_mapping *mapping, uint64_t from)
{
	uint64_t size = (mapping->segment + PAGE - 1) / PAGE * PAGE, end = mapping->offset + mapping->length;
	long error = call(__NR_mremap, from + mapping->offset, mapping->length, mapping->length,
			  MREMAP_MAYMOVE | MREMAP_FIXED, mapping->start);

	if (is_error(error))
		return error;
	error = mapping->offset ? call(__NR_munmap, from, mapping->offset) : 0;
	return error || end >= size ? error : call(__NR_munmap, from + end, size - end);
}

/* At a place of the kernel's choice, which may lie across ours: of three at most two do. */
static long attach_piece(const struct restorer_mapping *mapping, int flags)
{
	long tries[ATTACH_TRIES], error = 0;
	int nr = 0;

	do {
		tries[nr] = call(__NR_shmat, mapping->fd, 0, flags);
		if (is_error(tries[nr]))
			return tries[nr];
	} while (++nr < ATTACH_TRIES && (uint64_t)tries[nr - 1] < mapping->start + mapping->length &&
		 mapping->start < (uint64_t)tries[nr - 1] + mapping->segment);
	for (int i = 0; !error && i < nr - 1; i++)
		error = call(__NR_shmdt, tries[i]);
	return error ? error : cut_out(mapping, (uint64_t)tries[nr - 1]);
}

static long attach(const struct restorer_mapping *mapping)
{
	int flags = mapping->read_only ? SHM_RDONLY : 0, now = mapping->read_only ? PROT_READ : STAGING_PROT;
	long error;

	if (mapping->prot & PROT_EXEC) {
		flags |= SHM_EXEC;
		now |= PROT_EXEC;
	}
	if (!mapping->offset && mapping->length >= mapping->segment) {
		error = call(__NR_shmat, mapping->fd, mapping->start, flags);
		error = is_error(error) ? error : 0;
	} else {
		error = attach_piece(mapping, flags);
	}
	if (error || mapping->prot == (uint32_t)now)
		return error;
	return call(__NR_mprotect, mapping->start, mapping->length, mapping->prot);
}

static long put(const struct restorer_mapping *mapping)
{
	if (mapping->staging)
		return move(mapping);
	return mapping->segment ? attach(mapping) : map(mapping);
}

long step_map(struct context *context)
{
	const struct restorer_mapping *mappings = at_offset(context, context->task->mappings);
	long error = 0;

	for (uint32_t i = 0; !error && i < context->task->nr_mappings; i++) {
		context->value = mappings[i].start;
		if (!mappings[i].cornered)
			error = put(&mappings[i]);
	}
	return error;
}

long step_unmap_staging(struct context *context)
{
	return unmap(context, context->task->staging_start, context->task->staging_end);
}

long step_map_vdso(struct context *context)
{
	context->value = context->task->vdso_start;
	if (!context->task->vdso_start)
		return 0;
	return arch_map_vdso(context->task->vdso_start, context->task->vdso_compat);
}

/* What is locked cannot be cold, madvise(2). */
static int is_locked(const struct restorer_mapping *mapping)
{
	return call(__NR_madvise, mapping->start, PAGE, MADV_COLD) == -EINVAL;
}

/* Pages that cannot be had (memory without access, beyond the end of a file) make the call fail, but the memory is
 * locked by then; mlockall() has not minded either. */
static long lock(const struct restorer_mapping *mapping)
{
	int flags = mapping->lock == RESTORER_LOCKED_ON_FAULT ? MLOCK_ONFAULT : 0;
	long error = mapping->lock ? call(__NR_mlock2, mapping->start, mapping->length, flags) : 0;

	return error && is_locked(mapping) ? 0 : error;
}

long step_advise(struct context *context)
{
	const struct restorer_mapping *mappings = at_offset(context, context->task->mappings);
	long error = 0;

	for (uint32_t i = 0; !error && i < context->task->nr_mappings; i++) {
		const struct restorer_mapping *mapping = &mappings[i];

		context->value = mapping->start;
		for (int advice = 0; !error && advice < MADVISE_MAX; advice++)
			if (mapping->madvise & (1ULL << advice))
				error = call(__NR_madvise, mapping->start, mapping->length, advice);
		if (!error)
			error = lock(mapping);
	}
	return error;
}

long step_set_memory(struct context *context)
{
	const struct restorer_task *task = context->task;
	struct prctl_mm_map map = {
		.start_code = task->start_code,
		.end_code = task->end_code,
		.start_data = task->start_data,
		.end_data = task->end_data,
		.start_brk = task->start_brk,
		.brk = task->brk,
		.start_stack = task->start_stack,
		.arg_start = task->arg_start,
		.arg_end = task->arg_end,
		.env_start = task->env_start,
		.env_end = task->env_end,
		.auxv = at_offset(context, task->auxv),
		.auxv_size = task->auxv_size,
		.exe_fd = task->exe_fd,
	};

	return call(__NR_prctl, PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0);
}

long step_open_house(struct context *context)
{
	struct restorer_house *house = (struct restorer_house *)(uintptr_t)context->task->house;

	if (!house)
		return 0;
	__atomic_store_n(&house->complete, 1, __ATOMIC_SEQ_CST);
	wake_all(&house->complete);
	return 0;
}
