// SPDX-License-Identifier: GPL-2.0-only
/* Rings of io_uring_setup(2): restore. The kernel counts for itself how far it has come: a new ring is brought there by
 * no-ops, then the queues are filled. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "criu/objects/fd/io-uring.h"
#include "criu/objects/fd/owner.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

static bool is_power_of_two(uint32_t number)
{
	return number && !(number & (number - 1));
}

/* NULL, or what is impossible. */
static const char *wrong_record(const IoUringEntry *record)
{
	size_t array = record->sq_entries * sizeof(uint32_t);

	if (!is_power_of_two(record->sq_entries) || record->sq_entries > RING_SQ_MAX ||
	    !is_power_of_two(record->cq_entries) || record->cq_entries > RING_CQ_MAX)
		return "size";
	if (record->n_positions != RING_POSITIONS || record->n_counters != RING_COUNTERS ||
	    record->n_offsets != RING_OFFSETS || record->n_contents != RING_CONTENTS)
		return "form";
	if (record->positions[RING_SQ_TAIL] - record->positions[RING_SQ_HEAD] > record->sq_entries ||
	    record->positions[RING_CQ_TAIL] - record->positions[RING_CQ_HEAD] > record->cq_entries ||
	    record->positions[RING_SQ_HEAD] != record->positions[RING_CQ_TAIL] ||
	    record->positions[RING_CQ_TAIL] - record->positions[RING_CQ_HEAD] > record->positions[RING_CQ_TAIL])
		return "position";
	if (record->setup_flags & IORING_SETUP_R_DISABLED && record->positions[RING_SQ_HEAD])
		return "position";
	if ((record->contents[RING_ARRAY].len && record->setup_flags & RING_SETUP_NO_SQARRAY) ||
	    (record->contents[RING_ARRAY].len && record->contents[RING_ARRAY].len != array) ||
	    record->contents[RING_SQES].len != record->sq_entries * ring_sqe_size(record->setup_flags) ||
	    record->contents[RING_CQES].len != record->cq_entries * ring_cqe_size(record->setup_flags))
		return "queue";
	return NULL;
}

/* Does this kernel lay its rings out as the program has learned? */
static bool is_alike(const IoUringEntry *record, const struct ring_view *view)
{
	uint32_t offsets[RING_OFFSETS];

	ring_offsets(&view->params, offsets);
	for (int i = 0; i < RING_OFFSETS; i++)
		if (offsets[i] != record->offsets[i])
			return false;
	return true;
}

int ring_load(struct restore *restore, struct file *file)
{
	const IoUringEntry *record = file->record->uring;
	struct ring_view view = { .fd = -EBADF };
	const char *wrong = record ? wrong_record(record) : "record";
	int error;

	if (wrong)
		return log_fail(-EBADMSG, "files.img: io_uring %u: impossible %s", file->id, wrong);
	if (record->setup_flags & ~RING_KEPT_FLAGS || record->positions[RING_SQ_HEAD] > RING_STEPS_MAX) {
		restore_refuse(restore, NULL,
			       "io_uring %u has flags (%#x) or counters (%u) that this build does not know",
			       file->id, record->setup_flags, record->positions[RING_SQ_HEAD]);
		return 0;
	}
	error = ring_make(record->sq_entries, record->cq_entries, record->setup_flags, &view);
	if (error < 0)
		restore_refuse(restore, NULL, "io_uring %u of %u entries cannot be made: %s", file->id,
			       record->sq_entries, strerror(-error));
	else if (!is_alike(record, &view))
		restore_refuse(restore, NULL, "io_uring %u: this kernel lays rings out in another way", file->id);
	ring_forget(&view);
	return ring_load_registered(restore, file);
}

/* --- open --- */

static void store(uint32_t *word, uint32_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static int submit(const struct ring_view *view, uint32_t nr)
{
	uint32_t *tail = ring_word(view, view->params.sq_off.tail);
	int done;

	store(tail, *tail + nr);
	done = ring_enter(view->fd, nr, 0);
	return done < 0 ? done : done == (int)nr ? 0 : -EIO;
}

static void fill_array(const struct ring_view *view)
{
	uint32_t *array = ring_word(view, view->params.sq_off.array);

	for (uint32_t i = 0; !(view->params.flags & RING_SETUP_NO_SQARRAY) && i < view->params.sq_entries; i++)
		array[i] = i;
}

/* The queues are empty: requests of zeros are no-ops. The last completions stay unread as they were, because the kernel
 * remembers how much room it has found. */
static int bring_forward(const struct ring_view *view, const IoUringEntry *record)
{
	uint32_t *head = ring_word(view, view->params.cq_off.head);
	uint32_t read = record->positions[RING_CQ_HEAD], all = record->positions[RING_CQ_TAIL];
	int error = 0;

	for (uint32_t at = 0, nr; !error && at != all; at += nr) {
		nr = MIN(MIN(view->params.sq_entries, view->params.cq_entries), (at < read ? read : all) - at);
		error = submit(view, nr);
		if (at < read)
			store(head, at + nr);
	}
	return error;
}

static int check_positions(const struct ring_view *view, const IoUringEntry *record)
{
	const struct io_uring_params *params = &view->params;

	return *ring_word(view, params->sq_off.head) == record->positions[RING_SQ_HEAD] &&
			       *ring_word(view, params->cq_off.tail) == record->positions[RING_CQ_TAIL] &&
			       *ring_word(view, params->cq_off.head) == record->positions[RING_CQ_HEAD]
		       ? 0
		       : -EIO;
}

static void fill(const struct ring_view *view, const IoUringEntry *record)
{
	const struct io_uring_params *params = &view->params;
	const ProtobufCBinaryData *contents = record->contents;

	if (contents[RING_ARRAY].len)
		memcpy(view->queues + params->sq_off.array, contents[RING_ARRAY].data, contents[RING_ARRAY].len);
	memcpy(view->sqes, contents[RING_SQES].data, contents[RING_SQES].len);
	memcpy(view->queues + params->cq_off.cqes, contents[RING_CQES].data, contents[RING_CQES].len);
	store(ring_word(view, params->sq_off.dropped), record->counters[RING_DROPPED]);
	store(ring_word(view, params->cq_off.overflow), record->counters[RING_OVERFLOW]);
	store(ring_word(view, params->cq_off.flags), record->counters[RING_CQ_FLAGS]);
	store(ring_word(view, params->sq_off.tail), record->positions[RING_SQ_TAIL]);
}

static int bring_and_fill(const struct ring_view *view, const IoUringEntry *record)
{
	int error = bring_forward(view, record);

	if (!error)
		error = check_positions(view, record);
	if (!error)
		fill(view, record);
	return error;
}

int ring_open(struct restore *restore, struct file *file, int *ret_fd)
{
	const IoUringEntry *record = file->record->uring;
	struct ring_view view = { .fd = -EBADF };
	bool bound = ring_is_bound(record);
	int error = ring_make(record->sq_entries, record->cq_entries,
			      record->setup_flags | (bound ? IORING_SETUP_R_DISABLED : 0), &view);

	if (!error) {
		file->object = arena_copy(&restore->arena, &view.params, sizeof(view.params));
		fill_array(&view);
		/* What its thread repeats is nothing to tell others. */
		if (bound)
			store(ring_word(&view, view.params.cq_off.flags), RING_CQ_EVENTFD_DISABLED);
		else
			error = bring_and_fill(&view, record);
	}
	if (error < 0) {
		ring_forget(&view);
		return log_errno(error, "io_uring %u cannot be brought to its %u requests", file->id,
				 record->positions[RING_SQ_HEAD]);
	}
	*ret_fd = view.fd;
	view.fd = -EBADF;
	ring_forget(&view);
	return 0;
}

/* Its thread has brought it forward. */
int ring_finish(struct restore *restore, struct file *file)
{
	const IoUringEntry *record = file->record->uring;
	struct ring_view view = { .fd = file->fd };
	int error;

	if (!ring_is_bound(record))
		return 0;
	view.params = *(const struct io_uring_params *)file->object;
	error = ring_map(&view);
	if (!error)
		error = check_positions(&view, record);
	if (!error)
		fill(&view, record);
	view.fd = -EBADF;
	ring_forget(&view);
	return error < 0 ? log_errno(error, "io_uring %u has not come to its %u requests", file->id,
				     record->positions[RING_SQ_HEAD])
			 : 0;
}

int ring_attach(struct restore *restore, struct task *task, const struct file *file, int fd)
{
	return fd_owner_restore(task, fd, file->record->uring->fown, file->record->uring->flags);
}
