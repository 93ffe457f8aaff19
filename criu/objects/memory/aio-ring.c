// SPDX-License-Identifier: GPL-2.0-only
/* AIO contexts, io_setup(2): a context is known by the address of its ring, in which the kernel puts what has been
 * completed. The ring is stored as private memory is; the restorer makes a context of as many slots, brings its tail
 * forward by empty reads, and moves its ring to the old address.
 *
 * Nobody tells which reads and writes are not completed, but they end without their task: the survey waits until every disk
 * has been idle. What waits for a condition is in aio-poll.c. */
#include <errno.h>
#include <inttypes.h>
#include <linux/aio_abi.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <compel/compel.h>

#include "criu/blobs/parasite/parasite.h"
#include "criu/blobs/restorer/aio-ring.h"
#include "criu/blobs/restorer/restorer.h"
#include "criu/model/arguments.h"
#include "criu/objects/memory/aio-poll.h"
#include "criu/objects/memory/disks.h"
#include "criu/objects/memory/memory.h"
#include "criu/objects/socket/queue-view.h"
#include "criu/options/options.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define SLOTS_MAX (UINT32_MAX / AIO_EVENT_SIZE / 2)

static uint64_t ring_size(uint32_t slots)
{
	return ROUND_UP(sizeof(struct aio_ring) + (uint64_t)slots * AIO_EVENT_SIZE, PAGE_SIZE);
}

/* As many requests as io_setup() makes these slots of: it doubles them, adds two, and fills the last page. */
static uint32_t requests_of(uint32_t slots)
{
	return (slots - 2) / 2;
}

/* --- dump --- */

static bool aio_ring_matches(const struct mapping *mapping)
{
	return mapping->name && mapping->deleted && !strcmp(mapping->name, "/[aio]");
}

static int read_ring(const struct task *task, const struct mapping *mapping, struct aio_ring *ret)
{
	struct iovec to = { ret, sizeof(*ret) },
		     from = { (void *)(uintptr_t)mapping->record->start, sizeof(*ret) };

	if (process_vm_readv(task_live_thread(task)->tid, &to, 1, &from, 1, 0) == sizeof(*ret))
		return 0;
	return log_errno(errno, "task %d: the ring of AIO context %lx cannot be read", task->pid,
			 (unsigned long)mapping->record->start);
}

/* NULL, or why it is no ring that could be made again. */
static const char *wrong_ring(const VmaEntry *record, const struct aio_ring *ring)
{
	if (ring->magic != AIO_RING_MAGIC || ring->header_length != sizeof(*ring) || ring->incompatible)
		return "is not in the form that this build knows, or was overwritten";
	if (ring->nr < 4 || ring->nr > SLOTS_MAX || ring->head >= ring->nr || ring->tail >= ring->nr)
		return "has impossible positions";
	if (record->pgoff || record->end - record->start != ring_size(ring->nr))
		return "is not mapped as a whole";
	if (record->prot != (PROT_READ | PROT_WRITE))
		return "has another protection than the kernel gave it";
	return NULL;
}

static int settle(struct dump *dump, const struct task *task)
{
	static const char key;
	char busy[64];
	bool is_new;
	int error;

	/* The tree is frozen: once is enough. */
	kind_state_get(&dump->kind_state, &dump->arena, &key, 0, 1, &is_new);
	error = is_new ? disks_wait_idle(dump->options->timeout, busy, sizeof(busy)) : 0;
	if (error == -ETIMEDOUT)
		dump_refuse(dump, task,
			    "has AIO contexts, and disk '%s' was busy all the time: whether requests are on their way "
			    "cannot be told; give it more time (--timeout)",
			    busy);
	return error == -ETIMEDOUT || error == -ENOENT ? 0 : error;
}

static int aio_ring_survey(struct dump *dump, const struct task *task, struct mapping *mapping)
{
	struct aio_ring ring = { 0 };
	const char *wrong;
	int error = settle(dump, task);

	if (!error)
		error = read_ring(task, mapping, &ring);
	if (error < 0)
		return error;
	wrong = wrong_ring(mapping->record, &ring);
	if (wrong)
		dump_refuse(dump, task, "%s is the ring of an AIO context (io_setup), which %s",
			    mapping_describe(&dump->arena, mapping), wrong);
	/* What it could not see is told of at the dump. */
	aio_polls_look(dump, task, mapping->record->start, ring.id, NULL);
	return mapping_survey_flags(dump, task, mapping);
}

static AioRingEntry *add_context(struct dump *dump, struct task *task, const VmaEntry *record,
				 const struct aio_ring *ring)
{
	MmEntry *mm = task->mm;
	AioRingEntry *entry = arena_new(&dump->arena, AioRingEntry);

	aio_ring_entry__init(entry);
	entry->id = record->start;
	entry->nr_req = requests_of(ring->nr);
	entry->ring_len = (uint32_t)(record->end - record->start);
	if (!mm->aios)
		mm->aios = arena_array(&dump->arena, AioRingEntry *, task->nr_mappings);
	mm->aios[mm->n_aios++] = entry;
	return entry;
}

/* A request may be completed at any time: @ring is one that did not change while they were looked for. */
static int dump_polls(struct dump *dump, const struct task *task, const struct mapping *mapping,
		      struct aio_ring *ring, AioRingEntry *entry)
{
	uint32_t tail;
	int error;

	do {
		tail = ring->tail;
		entry->n_polls = 0;
		error = aio_polls_look(dump, task, entry->id, ring->id, entry);
		if (error < 0 && error != -ESTALE) {
			log_warn("task %d: AIO context %" PRIx64
				 ": a request of it that waits for a condition (IOCB_CMD_POLL) could not be "
				 "seen, and would never be completed after a restore (%s; " QUEUE_VIEW_NEEDS ")",
				 task->pid, entry->id, strerror(-error));
			return 0;
		}
		if (read_ring(task, mapping, ring) < 0)
			return -EIO;
	} while (error == -ESTALE || ring->tail != tail);
	entry->has_tail = entry->n_polls != 0;
	entry->tail = tail;
	return 0;
}

static int aio_ring_dump(struct dump *dump, struct task *task, struct mapping *mapping)
{
	VmaEntry *record = mapping->record;
	struct aio_ring ring = { 0 };
	int error = read_ring(task, mapping, &ring);

	if (error < 0)
		return error;
	if (wrong_ring(record, &ring))
		return log_fail(-EBUSY, "task %d: the ring of AIO context %lx changes during the dump",
				task->pid, (unsigned long)record->start);
	record->status = VMA_REGULAR | VMA_ANON_PRIVATE | VMA_AIO_RING;
	record->flags = (record->flags & ~(uint32_t)MAP_SHARED) | MAP_PRIVATE | MAP_ANONYMOUS;
	return dump_polls(dump, task, mapping, &ring, add_context(dump, task, record, &ring));
}

static bool aio_ring_reads(const VmaEntry *record)
{
	return (record->status & (VMA_AIO_RING | VMA_ANON_PRIVATE)) == (VMA_AIO_RING | VMA_ANON_PRIVATE);
}

const struct mapping_kind aio_ring_kind = {
	.name = "aio-ring",
	.matches = aio_ring_matches,
	.survey = aio_ring_survey,
	.dump = aio_ring_dump,
	.reads = aio_ring_reads,
	.dump_pages = true,
	.every_page = true,
	.not_lazy = true,
};

/* --- contexts: dump --- */

/* A child has the memory of the ring, but not the context. Only the task itself can tell. */
static int asynchronous_io_ask(struct dump *dump, struct task *task, uint64_t room)
{
	struct parasite_aio question = { 0 };
	uint64_t address = compel_data_address(task->compel) + room;

	for (unsigned int i = 0; i < task->nr_mappings; i++) {
		long value = 0;
		int error;

		if (task->mappings[i].kind != &aio_ring_kind)
			continue;
		question.context = task->mappings[i].record->start;
		error = compel_write(task->compel, address, &question, sizeof(question));
		if (!error)
			error = compel_call(task_live_thread(task)->compel, PARASITE_AIO, room, &value);
		if (error < 0)
			return log_fail(error, "task %d: parasite: %s", task->pid, compel_last_error());
		if (value < 0)
			return log_fail(-ENOTSUP,
					"task %d: mapping %" PRIx64 " is the ring of an AIO context that is not its own "
					"(inherited from a parent): unmap it before the dump",
					task->pid, question.context);
	}
	return 0;
}

/* --- contexts: restore --- */

static bool has_ring(const struct task *task, const AioRingEntry *entry)
{
	for (unsigned int i = 0; i < task->nr_mappings; i++) {
		const VmaEntry *record = task->mappings[i].record;

		if (task->mappings[i].kind == &aio_ring_kind && record->start == entry->id)
			return record->end - record->start == entry->ring_len;
	}
	return false;
}

/* How many slots a context gets depends on the number of processors: the kernel is asked. */
static int try_context(struct restore *restore, const struct task *task, const AioRingEntry *entry)
{
	aio_context_t context = 0;
	uint64_t size = 0;

	if (syscall(SYS_io_setup, entry->nr_req, &context) < 0) {
		restore_refuse(restore, task,
			       "AIO context %" PRIx64
			       " of %u requests cannot be made: %s (see /proc/sys/fs/aio-max-nr)",
			       entry->id, entry->nr_req, strerror(errno));
		return 0;
	}
	size = ring_size(((const struct aio_ring *)(uintptr_t)context)->nr);
	syscall(SYS_io_destroy, context);
	if (size != entry->ring_len)
		restore_refuse(restore, task,
			       "AIO context %" PRIx64 " has a ring of %u bytes, and this kernel makes one of %" PRIu64
			       ", because the machine has another number of processors",
			       entry->id, entry->ring_len, size);
	return 0;
}

static int asynchronous_io_load(struct restore *restore, struct task *task)
{
	const MmEntry *mm = task->mm;
	unsigned int rings = 0;
	int error = 0;

	for (unsigned int i = 0; i < task->nr_mappings; i++)
		rings += task->mappings[i].kind == &aio_ring_kind;
	if (rings != mm->n_aios)
		return log_fail(-EBADMSG, "image 'mm-%d.img': %zu AIO contexts and %u rings", task->pid,
				mm->n_aios, rings);
	for (size_t i = 0; !error && i < mm->n_aios; i++) {
		if (!has_ring(task, mm->aios[i]) || mm->aios[i]->nr_req > SLOTS_MAX || !mm->aios[i]->nr_req)
			return log_fail(-EBADMSG, "image 'mm-%d.img': AIO context %" PRIx64 " has no such ring",
					task->pid, mm->aios[i]->id);
		error = aio_polls_load(task, mm->aios[i]);
		if (!error)
			error = try_context(restore, task, mm->aios[i]);
	}
	return error;
}

static size_t asynchronous_io_room(struct restore *restore, const struct task *task)
{
	return task->mm ? task->mm->n_aios * sizeof(struct restorer_aio) + 64 : 0;
}

static int asynchronous_io_plan_task(struct restore *restore, struct task *task, struct restorer_task *ret)
{
	const MmEntry *mm = task->mm;
	struct restorer_aio *contexts = arguments_alloc(restore, mm->n_aios * sizeof(*contexts), &ret->aios);

	if (!contexts)
		return -ENOMEM;
	ret->nr_aios = (uint32_t)mm->n_aios;
	for (size_t i = 0; i < mm->n_aios; i++)
		contexts[i] = (struct restorer_aio){
			.address = mm->aios[i]->id,
			.length = mm->aios[i]->ring_len,
			.requests = mm->aios[i]->nr_req,
		};
	return 0;
}

static int asynchronous_io_finish_task(struct restore *restore, struct task *task)
{
	int error = 0;

	for (size_t i = 0; !error && task->mm && i < task->mm->n_aios; i++)
		error = aio_polls_submit(restore, task, task->mm->aios[i]);
	return error;
}

const struct task_kind asynchronous_io_kind = {
	.name = "asynchronous-io",
	.ask = asynchronous_io_ask,
	.load = asynchronous_io_load,
	.room = asynchronous_io_room,
	.plan_task = asynchronous_io_plan_task,
	.finish_task = asynchronous_io_finish_task,
};
