// SPDX-License-Identifier: GPL-2.0-only
/* Names of anonymous memory, prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME), from 5.17 on. collect finds them in smaps; that of
 * the heap and of the first stack is hidden by "[heap]" and "[stack]" (get_vma_name() of the kernel). */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "criu/blobs/restorer/restorer.h"
#include "criu/model/arguments.h"
#include "criu/objects/memory/memory.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif
#define FORBIDDEN "\\`$[]" /* is_valid_name_char() of the kernel */

static size_t count_names(const struct task *task)
{
	size_t nr = 0;

	for (unsigned int i = 0; i < task->nr_mappings; i++)
		nr += task->mappings[i].record->name != NULL;
	return nr;
}

static bool is_name(const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < length; i++) {
		if (!isprint((unsigned char)name[i]) || strchr(FORBIDDEN, name[i]))
			return false;
	}
	return length < sizeof(((struct restorer_memory_name *)NULL)->name);
}

static bool kernel_has_names(void)
{
	void *page = mmap(NULL, PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int error;

	if (page == MAP_FAILED)
		return false;
	error = prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, page, PAGE_SIZE, "probe");
	munmap(page, PAGE_SIZE);
	return error == 0;
}

static int memory_names_load(struct restore *restore, struct task *task)
{
	const struct mapping *first = NULL;

	for (unsigned int i = 0; i < task->nr_mappings; i++) {
		const VmaEntry *record = task->mappings[i].record;

		if (!record->name)
			continue;
		first = first ? first : &task->mappings[i];
		if (!is_name(record->name) || !(record->status & (VMA_ANON_PRIVATE | VMA_MEMFD)))
			return log_fail(-EBADMSG, "image 'mm-%d.img': mapping %lx cannot have a name like that",
					task->pid, (unsigned long)record->start);
	}
	if (first && !kernel_has_names())
		restore_refuse(restore, task,
			       "mapping %lx is named '%s', and this kernel does not name memory "
			       "(CONFIG_ANON_VMA_NAME)",
			       (unsigned long)first->record->start, first->record->name);
	return 0;
}

static size_t memory_names_room(struct restore *restore, const struct task *task)
{
	return count_names(task) * sizeof(struct restorer_memory_name) + 64;
}

static int memory_names_plan_task(struct restore *restore, struct task *task, struct restorer_task *ret)
{
	struct restorer_memory_name *names = arguments_alloc(restore, count_names(task) * sizeof(*names),
							     &ret->names);

	if (!names)
		return -ENOMEM;
	for (unsigned int i = 0; i < task->nr_mappings; i++) {
		const VmaEntry *record = task->mappings[i].record;
		struct restorer_memory_name *name;

		if (!record->name)
			continue;
		name = &names[ret->nr_names++];
		name->start = record->start;
		name->length = record->end - record->start;
		snprintf(name->name, sizeof(name->name), "%s", record->name);
	}
	return 0;
}

const struct task_kind memory_names_kind = {
	.name = "memory-names",
	.load = memory_names_load,
	.room = memory_names_room,
	.plan_task = memory_names_plan_task,
};
