// SPDX-License-Identifier: GPL-2.0-only
/* The code that the kernel maps into each task (vdso) and the data it reads (vvar). The code is stored, so that a
 * restore under another kernel is noticed: a task calls into it at addresses that it has learned. */
#include "criu/objects/memory/vdso.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "criu/kernel/proc/mappings.h"
#include "criu/objects/memory/memory.h"
#include "criu/pages/copy.h"
#include "criu/util/log.h"

int vdso_add_part(struct vdso_layout *layout, uint64_t start, uint64_t end, bool code)
{
	if (layout->nr == VDSO_PARTS_MAX)
		return -E2BIG;
	if (!layout->nr)
		layout->start = start;
	layout->parts[layout->nr++] = (struct vdso_part){ start - layout->start, end - start, code };
	if (code) {
		layout->code = start;
		layout->code_size = end - start;
	}
	return 0;
}

static int task_layout(const struct task *task, struct vdso_layout *layout)
{
	int error = 0;

	for (unsigned int i = 0; error == 0 && i < task->nr_mappings; i++) {
		const VmaEntry *record = task->mappings[i].record;

		if (record->status & (VMA_VDSO | VMA_VVAR))
			error = vdso_add_part(layout, record->start, record->end, record->status & VMA_VDSO);
	}
	return error;
}

int vdso_own_layout(struct vdso_layout *layout)
{
	_cleanup_close_ int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_proc_mappings_ struct proc_mappings own = { 0 };
	int error = self < 0 ? -errno : proc_read_maps(self, &own);

	for (size_t i = 0; error == 0 && i < own.count; i++) {
		const char *name = own.items[i].name ? own.items[i].name : "";

		if (!strcmp(name, "[vdso]") || !strncmp(name, "[vvar", strlen("[vvar")))
			error = vdso_add_part(layout, own.items[i].start, own.items[i].end,
					      !strcmp(name, "[vdso]"));
	}
	return error;
}

static const char *difference_of_layout(const struct vdso_layout *task, const struct vdso_layout *own)
{
	if (task->nr != own->nr)
		return "it has other parts";
	for (unsigned int i = 0; i < own->nr; i++) {
		const struct vdso_part *a = &task->parts[i], *b = &own->parts[i];

		if (a->offset != b->offset || a->size != b->size || a->code != b->code)
			return "its parts have other sizes";
	}
	return NULL;
}

static int read_code(const struct task *task, const struct vdso_layout *layout, struct page_source *pages,
		     uint8_t **ret_code)
{
	struct page_run run = { .start = layout->code, .end = layout->code + layout->code_size };
	_cleanup_free_ uint8_t *code = NULL;
	int error;

	if (!layout->code)
		return 0;
	if (layout->code_size > VDSO_SIZE_MAX)
		return log_fail(-EBADMSG, "image 'mm-%d.img': impossible size of the vdso", task->pid);
	code = malloc(layout->code_size);
	if (!code)
		return log_errno(ENOMEM, "task %d: no memory", task->pid);
	error = pages->ops->read(pages, &run, 1, code);
	if (error < 0)
		return log_errno(error, "task %d: cannot read the vdso in its image", task->pid);
	*ret_code = code;
	code = NULL;
	return 0;
}

/* Once a task: with the lowest of the mappings. */
static bool is_first(const struct task *task, const struct mapping *mapping)
{
	for (unsigned int i = 0; i < task->nr_mappings; i++) {
		if (task->mappings[i].record->status & (VMA_VDSO | VMA_VVAR))
			return &task->mappings[i] == mapping;
	}
	return false;
}

/* Without a vdso nothing depends on it. */
static bool is_compat(const uint8_t *code)
{
	return code && code[EI_CLASS] == ELFCLASS32;
}

static int compare(const struct vdso_layout *layout, const uint8_t *code, const char **ret_difference)
{
	struct vdso_layout own = { .nr = 0 };
	int error = is_compat(code) ? vdso_compat_layout(&own) : vdso_own_layout(&own);

	if (error < 0)
		return error;
	*ret_difference = difference_of_layout(layout, &own);
	if (!*ret_difference && code && memcmp(code, (const void *)(uintptr_t)own.code, own.code_size))
		*ret_difference = "its code is other code";
	if (is_compat(code))
		free((void *)(uintptr_t)own.code);
	return 0;
}

static int check(struct restore *restore, struct task *task, const struct mapping *mapping, struct page_source *pages)
{
	struct vdso_layout layout = { .nr = 0 };
	_cleanup_free_ uint8_t *code = NULL;
	const char *difference = NULL;
	int error;

	if (!is_first(task, mapping))
		return 0;
	error = task_layout(task, &layout);
	if (error < 0)
		return log_errno(error, "task %d: has too many parts of a vdso", task->pid);
	error = read_code(task, &layout, pages, &code);
	if (error < 0)
		return error;
	task->compat_vdso = is_compat(code);
	error = compare(&layout, code, &difference);
	if (error < 0)
		return log_errno(error, "task %d: cannot compare its vdso with the kernel's", task->pid);
	if (difference)
		restore_refuse(restore, task,
			       "vdso of task %d differs from this kernel's: %s; restore it under the "
			       "kernel it was dumped from",
			       task->pid, difference);
	return 0;
}

static bool vdso_matches(const struct mapping *mapping)
{
	return mapping->name && !strcmp(mapping->name, "[vdso]");
}

static int vdso_dump(struct dump *dump, struct task *task, struct mapping *mapping)
{
	mapping->record->status = VMA_REGULAR | VMA_VDSO | VMA_ANON_PRIVATE;
	return 0;
}

static bool vdso_reads(const VmaEntry *record)
{
	return record->status & VMA_VDSO;
}

const struct mapping_kind vdso_kind = {
	.name = "vdso",
	.matches = vdso_matches,
	.dump = vdso_dump,
	.reads = vdso_reads,
	.check = check,
	.kernels_own = true,
	.dump_pages = true,
	.every_page = true,
	.not_lazy = true,
};

/* "[vvar]", and "[vvar_vclock]" from 6.13 on. */
static bool vvar_matches(const struct mapping *mapping)
{
	return mapping->name && !strncmp(mapping->name, "[vvar", strlen("[vvar"));
}

static int vvar_dump(struct dump *dump, struct task *task, struct mapping *mapping)
{
	mapping->record->status = VMA_REGULAR | VMA_VVAR | VMA_ANON_PRIVATE;
	return 0;
}

static bool vvar_reads(const VmaEntry *record)
{
	return record->status & VMA_VVAR;
}

const struct mapping_kind vvar_kind = {
	.name = "vvar",
	.matches = vvar_matches,
	.dump = vvar_dump,
	.reads = vvar_reads,
	.check = check,
	.kernels_own = true,
};
