// SPDX-License-Identifier: GPL-2.0-only
/* The code that the kernel maps into each task (vdso) and the data it reads (vvar). The code is stored: under another
 * kernel the task goes on calling it at the addresses that it has learned (vdso-proxy.c). */
#include "criu/objects/memory/vdso.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "criu/kernel/proc/mappings.h"
#include "criu/objects/memory/memory.h"
#include "criu/options/options.h"
#include "criu/pages/copy.h"
#include "criu/util/log.h"

int vdso_add_part(struct vdso_layout *layout, uint64_t start, uint64_t end, bool code)
{
	if (layout->nr == VDSO_PARTS_MAX)
		return -E2BIG;
	if (!layout->nr)
		layout->start = start;
	layout->end = end;
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

static bool same_parts(const struct vdso_layout *task, const struct vdso_layout *own)
{
	if (task->nr != own->nr)
		return false;
	for (unsigned int i = 0; i < own->nr; i++) {
		const struct vdso_part *a = &task->parts[i], *b = &own->parts[i];

		if (a->offset != b->offset || a->size != b->size || a->code != b->code)
			return false;
	}
	return true;
}

/* The kernel's own can take its place only when whatever a task may remember lies where it was: not only the entries,
 * also where a thread was stopped, where a handler returns to, and the tables for unwinding. */
static bool is_the_kernels(const struct restore *restore, const struct vdso_source *old,
			   const struct vdso_source *own)
{
	if (restore->options->fault == FAULT_VDSO_TRAMPOLINES || !same_parts(old->layout, own->layout))
		return false;
	return vdso_same_build(&old->vdso, &own->vdso) || !memcmp(old->code, own->code, own->layout->code_size);
}

/* The stored code of @task, from malloc(). */
static int read_code(const struct task *task, const struct vdso_layout *layout, struct page_source *pages,
		     uint8_t **ret_code)
{
	struct page_run run = { .start = layout->code, .end = layout->code + layout->code_size };
	_cleanup_free_ uint8_t *code = NULL;
	int error;

	if (!layout->code_size || layout->code_size > VDSO_SIZE_MAX)
		return log_fail(-EBADMSG, "image 'mm-%d.img': impossible size of the vdso", task->pid);
	code = malloc(layout->code_size);
	if (!code)
		return log_errno(ENOMEM, "task %d: no memory", task->pid);
	error = pages->ops->read(pages, &run, 1, code);
	if (error < 0)
		return log_errno(error, "task %d: cannot read the vdso in its image", task->pid);
	*ret_code = steal_pointer(&code);
	return 0;
}

static bool is_compat(const uint8_t *code)
{
	return code && code[EI_CLASS] == ELFCLASS32;
}

/* No proxy is made for 32-bit code. */
static int decide_compat(struct restore *restore, struct task *task, const struct vdso_layout *layout,
			 const uint8_t *code)
{
	struct vdso_layout own = { .nr = 0 };
	int error;

	task->compat_vdso = true;
	error = vdso_compat_layout(&own);
	if (error < 0)
		return log_errno(error, "task %d: cannot compare its vdso with the kernel's", task->pid);
	if (!same_parts(layout, &own) || memcmp(code, (const void *)(uintptr_t)own.code, own.code_size))
		restore_refuse(restore, task,
			       "vdso of task %d differs from that of this kernel for 32-bit code; restore it under "
			       "the kernel it was dumped from",
			       task->pid);
	free((void *)(uintptr_t)own.code);
	task->kernels_own = layout->start;
	return 0;
}

static int decide_native(struct restore *restore, struct task *task, const struct vdso_layout *layout,
			 const struct vdso_layout *own_layout, struct page_source *pages, const uint8_t *code)
{
	struct vdso_source old = { .layout = layout, .code = code }, own = { .layout = own_layout };

	own.code = (const uint8_t *)(uintptr_t)own_layout->code;
	if (vdso_parse(code, layout->code_size, &old.vdso) < 0)
		return log_fail(-EBADMSG, "image 'pagemap-%d.img': the vdso is none of this architecture",
				task->pid);
	if (!own.code || vdso_parse(own.code, own_layout->code_size, &own.vdso) < 0) {
		restore_refuse(restore, task,
			       "has a vdso, but this kernel gives none that can be read; boot it without vdso=0");
		return 0;
	}
	if (!is_the_kernels(restore, &old, &own))
		return vdso_make_proxy(restore, task, &old, &own, pages);
	task->kernels_own = layout->start;
	return 0;
}

static int decide(struct restore *restore, struct task *task, const struct vdso_layout *layout,
		  const struct vdso_layout *own, struct page_source *pages)
{
	_cleanup_free_ uint8_t *code = NULL;
	int error = read_code(task, layout, pages, &code);

	if (error < 0)
		return error;
	return is_compat(code) ? decide_compat(restore, task, layout, code)
			       : decide_native(restore, task, layout, own, pages, code);
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

static int check(struct restore *restore, struct task *task, const struct mapping *mapping, struct page_source *pages)
{
	struct vdso_layout layout = { .nr = 0 }, own = { .nr = 0 };
	int error;

	if (!is_first(task, mapping))
		return 0;
	error = task_layout(task, &layout);
	if (error < 0 || !layout.code) {
		restore_refuse(restore, task,
			       "has data of a vdso, but not its code, or in more parts than any kernel has");
		return 0;
	}
	error = vdso_own_layout(&own);
	if (error < 0)
		return log_errno(error, "task %d: cannot look at the kernel's vdso", task->pid);
	return decide(restore, task, &layout, &own, pages);
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
