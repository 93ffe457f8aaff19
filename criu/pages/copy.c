// SPDX-License-Identifier: GPL-2.0-only
/* The engine that moves pages in batches. Of much memory several threads take batch after batch: each reads, filters
 * and writes its own, at the place that the sink gave it in the order of the map. */
#include "criu/pages/copy.h"
#include "criu/util/progress.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>

#define THREADS_MAX 4
/* A thread for less than this costs more than it brings. */
#define THREAD_PAGES_MIN 4096

struct page_room {
	struct page_run runs[PAGE_BATCH_PAGES];
	size_t nr;
	struct page_run kept[PAGE_BATCH_PAGES];
	struct iovec kept_data[PAGE_BATCH_PAGES];
	size_t nr_kept;
	uint64_t pages;
	uint8_t data[PAGE_BATCH_SIZE] __attribute__((aligned(PAGE_SIZE)));
};

struct cursor {
	size_t run;
	uint64_t address; /* in it; 0: its start */
};

struct work {
	struct page_copy *copy;
	struct cursor cursor;
	uint64_t taken, placed; /* counts of batches */
	int error;		/* of whoever failed first: all stop */
	pthread_mutex_t lock;
	pthread_cond_t turn;
};

/* Cuts the next batch off the map; false at its end. */
static bool take_batch(const struct page_map *map, struct cursor *cursor, struct page_room *batch)
{
	uint64_t room = PAGE_BATCH_SIZE;

	batch->nr = 0;
	while (room && cursor->run < map->count) {
		const struct page_run *run = &map->runs[cursor->run];
		uint64_t start = cursor->address ? cursor->address : run->start;
		uint64_t end = MIN(run->end, start + room);

		batch->runs[batch->nr++] = (struct page_run){ .start = start, .end = end, .flags = run->flags };
		room -= end - start;
		cursor->address = end;
		if (end == run->end) {
			cursor->run++;
			cursor->address = 0;
		}
	}
	return batch->nr > 0;
}

static void keep(struct page_room *batch, const struct page_run *run, uint8_t *data, uint64_t from, uint64_t to)
{
	if (from == to)
		return;
	batch->kept[batch->nr_kept] = (struct page_run){
		.start = run->start + from * PAGE_SIZE,
		.end = run->start + to * PAGE_SIZE,
		.flags = run->flags,
	};
	batch->kept_data[batch->nr_kept++] = (struct iovec){
		.iov_base = data + from * PAGE_SIZE,
		.iov_len = (to - from) * PAGE_SIZE,
	};
}

static void filter_run(const struct page_copy *copy, struct page_room *batch, const struct page_run *run,
		       uint8_t *data)
{
	bool drop[PAGE_BATCH_PAGES] = { false };
	uint64_t pages = page_run_pages(run), from = 0;

	for (size_t i = 0; i < copy->nr_filters; i++)
		copy->filters[i]->apply(copy->filters[i], run, data, drop);
	for (uint64_t i = 0; i < pages; i++) {
		if (!drop[i])
			continue;
		keep(batch, run, data, from, i);
		from = i + 1;
	}
	keep(batch, run, data, from, pages);
}

static void filter_batch(const struct page_copy *copy, struct page_room *batch)
{
	uint8_t *data = batch->data;

	batch->nr_kept = 0;
	for (size_t i = 0; i < batch->nr; i++) {
		filter_run(copy, batch, &batch->runs[i], data);
		data += batch->runs[i].end - batch->runs[i].start;
	}
	batch->pages = (data - batch->data) / PAGE_SIZE;
}

/* 1: a batch with its number, 0: no more. */
static int take_next(struct work *work, struct page_room *batch, uint64_t *ret_number)
{
	struct page_copy *copy = work->copy;
	int ret = 0;

	pthread_mutex_lock(&work->lock);
	if (!work->error && copy->cancelled && *copy->cancelled)
		work->error = -EINTR;
	if (!work->error && take_batch(copy->map, &work->cursor, batch)) {
		*ret_number = work->taken++;
		ret = 1;
	}
	pthread_mutex_unlock(&work->lock);
	return ret;
}

static void count_batch(struct page_copy *copy, const struct page_room *batch)
{
	copy->read += batch->pages;
	for (size_t i = 0; i < batch->nr_kept; i++) {
		copy->written += page_run_pages(&batch->kept[i]);
		if (batch->kept[i].flags & PAGES_LAZY)
			copy->written_lazy += page_run_pages(&batch->kept[i]);
	}
	if (copy->progress)
		progress_add(copy->progress, batch->pages * PAGE_SIZE);
}

/* Waits until all batches before it have their places. @error is what happened to it so far. */
static int place(struct work *work, const struct page_room *batch, uint64_t number, int error, uint64_t *ret_place)
{
	struct page_copy *copy = work->copy;

	pthread_mutex_lock(&work->lock);
	if (error < 0 && !work->error)
		work->error = error;
	while (!work->error && work->placed != number)
		pthread_cond_wait(&work->turn, &work->lock);
	if (!work->error && batch->nr_kept)
		work->error = copy->sink->ops->place(copy->sink, batch->kept, batch->nr_kept, ret_place);
	if (!work->error)
		count_batch(copy, batch);
	work->placed++;
	error = work->error;
	pthread_cond_broadcast(&work->turn);
	pthread_mutex_unlock(&work->lock);
	return error;
}

static void fail(struct work *work, int error)
{
	pthread_mutex_lock(&work->lock);
	if (!work->error)
		work->error = error;
	pthread_cond_broadcast(&work->turn);
	pthread_mutex_unlock(&work->lock);
}

static void copy_batches(struct work *work, struct page_room *batch)
{
	struct page_copy *copy = work->copy;
	uint64_t number, where = 0;

	while (take_next(work, batch, &number)) {
		int error = copy->source->ops->read(copy->source, batch->runs, batch->nr, batch->data);

		if (!error)
			filter_batch(copy, batch);
		error = place(work, batch, number, error, &where);
		if (!error && batch->nr_kept)
			error = copy->sink->ops->put(copy->sink, where, batch->kept_data, batch->nr_kept);
		if (error < 0)
			fail(work, error);
	}
}

static void *run_helper(void *work)
{
	struct page_room *room = page_room_new();

	/* Without memory the others do it. */
	if (room)
		copy_batches(work, room);
	page_room_free(room);
	return NULL;
}

static unsigned int count_helpers(const struct page_map *map)
{
	uint64_t wanted = page_map_pages(map, UINT32_MAX) / THREAD_PAGES_MIN;
	cpu_set_t cpus;

	if (wanted < 2 || sched_getaffinity(0, sizeof(cpus), &cpus) < 0)
		return 0;
	return MIN(MIN(wanted, (uint64_t)CPU_COUNT(&cpus)), (uint64_t)THREADS_MAX) - 1;
}

/* Signals are for the thread that runs the phases. */
static unsigned int start_helpers(struct work *work, pthread_t *threads, unsigned int nr)
{
	unsigned int started = 0;
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	while (started < nr && !pthread_create(&threads[started], NULL, run_helper, work))
		started++;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

int page_copy_all(struct page_copy *copy)
{
	struct page_room *room = copy->room ? copy->room : page_room_new();
	struct work work = { .copy = copy };
	pthread_t helpers[THREADS_MAX];
	unsigned int started;

	if (!room)
		return -ENOMEM;
	pthread_mutex_init(&work.lock, NULL);
	pthread_cond_init(&work.turn, NULL);
	started = start_helpers(&work, helpers, count_helpers(copy->map));
	copy_batches(&work, room);
	while (started-- > 0)
		pthread_join(helpers[started], NULL);
	pthread_cond_destroy(&work.turn);
	pthread_mutex_destroy(&work.lock);
	if (!copy->room)
		page_room_free(room);
	return work.error;
}

struct page_room *page_room_new(void)
{
	void *room = mmap(NULL, sizeof(struct page_room), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	return room == MAP_FAILED ? NULL : room;
}

void page_room_free(struct page_room *room)
{
	if (room)
		munmap(room, sizeof(*room));
}
