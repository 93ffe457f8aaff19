// SPDX-License-Identifier: GPL-2.0-only
/* The engine that moves pages in batches. While one batch is written, a second thread reads and filters the next. */
#include "criu/pages/copy.h"
#include "criu/util/progress.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#define SLOTS 4
/* A thread for less than this costs more than it brings. */
#define THREAD_PAGES_MIN 4096

struct batch {
	uint8_t *data;
	struct page_run runs[PAGE_BATCH_PAGES];
	size_t nr;
	struct page_run kept[PAGE_BATCH_PAGES];
	struct iovec kept_data[PAGE_BATCH_PAGES];
	size_t nr_kept;
};

struct cursor {
	size_t run;
	uint64_t address; /* in it; 0: its start */
};

struct pipeline {
	struct page_copy *copy;
	struct cursor cursor;
	struct batch slots[SLOTS];
	size_t filled, emptied; /* counts of batches */
	bool ended, stopped;
	int error;
	pthread_mutex_t lock;
	pthread_cond_t changed;
};

/* Cuts the next batch off the map; false at its end. */
static bool take_batch(const struct page_map *map, struct cursor *cursor, struct batch *batch)
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

static void keep(struct batch *batch, const struct page_run *run, uint8_t *data, uint64_t from, uint64_t to)
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

static void filter_run(const struct page_copy *copy, struct batch *batch, const struct page_run *run, uint8_t *data)
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

/* 1: a batch, 0: no more, or -errno. */
static int fill_batch(struct page_copy *copy, struct cursor *cursor, struct batch *batch)
{
	uint8_t *data = batch->data;
	int error;

	if (copy->cancelled && *copy->cancelled)
		return -EINTR;
	if (!take_batch(copy->map, cursor, batch))
		return 0;
	error = copy->source->ops->read(copy->source, batch->runs, batch->nr, data);
	if (error < 0)
		return error;
	batch->nr_kept = 0;
	for (size_t i = 0; i < batch->nr; i++) {
		filter_run(copy, batch, &batch->runs[i], data);
		data += batch->runs[i].end - batch->runs[i].start;
	}
	copy->read += (data - batch->data) / PAGE_SIZE;
	return 1;
}

static void report_batch(const struct page_copy *copy, const struct batch *batch)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < batch->nr; i++)
		bytes += batch->runs[i].end - batch->runs[i].start;
	if (copy->progress)
		progress_add(copy->progress, bytes);
}

static int empty_batch(struct page_copy *copy, const struct batch *batch)
{
	report_batch(copy, batch);
	if (!batch->nr_kept)
		return 0;
	for (size_t i = 0; i < batch->nr_kept; i++) {
		copy->written += page_run_pages(&batch->kept[i]);
		if (batch->kept[i].flags & PAGES_LAZY)
			copy->written_lazy += page_run_pages(&batch->kept[i]);
	}
	return copy->sink->ops->write(copy->sink, batch->kept, batch->kept_data, batch->nr_kept);
}

static int copy_alone(struct pipeline *pipeline)
{
	struct batch *batch = &pipeline->slots[0];
	int ret;

	while ((ret = fill_batch(pipeline->copy, &pipeline->cursor, batch)) > 0) {
		ret = empty_batch(pipeline->copy, batch);
		if (ret < 0)
			return ret;
	}
	return ret;
}

static struct batch *wait_for_empty(struct pipeline *pipeline)
{
	struct batch *batch = NULL;

	pthread_mutex_lock(&pipeline->lock);
	while (!pipeline->stopped && pipeline->filled - pipeline->emptied == SLOTS)
		pthread_cond_wait(&pipeline->changed, &pipeline->lock);
	if (!pipeline->stopped)
		batch = &pipeline->slots[pipeline->filled % SLOTS];
	pthread_mutex_unlock(&pipeline->lock);
	return batch;
}

static struct batch *wait_for_full(struct pipeline *pipeline)
{
	struct batch *batch = NULL;

	pthread_mutex_lock(&pipeline->lock);
	while (!pipeline->ended && pipeline->filled == pipeline->emptied)
		pthread_cond_wait(&pipeline->changed, &pipeline->lock);
	if (pipeline->filled != pipeline->emptied)
		batch = &pipeline->slots[pipeline->emptied % SLOTS];
	pthread_mutex_unlock(&pipeline->lock);
	return batch;
}

static void *read_all(void *argument)
{
	struct pipeline *pipeline = argument;
	struct batch *batch;
	int ret = 1;

	while (ret > 0 && (batch = wait_for_empty(pipeline))) {
		ret = fill_batch(pipeline->copy, &pipeline->cursor, batch);
		pthread_mutex_lock(&pipeline->lock);
		pipeline->filled += ret > 0;
		pipeline->ended = ret <= 0;
		pipeline->error = ret < 0 ? ret : 0;
		pthread_cond_signal(&pipeline->changed);
		pthread_mutex_unlock(&pipeline->lock);
	}
	return NULL;
}

static int write_all(struct pipeline *pipeline)
{
	struct batch *batch;
	int error = 0;

	while (error == 0 && (batch = wait_for_full(pipeline))) {
		error = empty_batch(pipeline->copy, batch);
		pthread_mutex_lock(&pipeline->lock);
		pipeline->emptied++;
		pipeline->stopped = error < 0;
		pthread_cond_signal(&pipeline->changed);
		pthread_mutex_unlock(&pipeline->lock);
	}
	return error;
}

static int copy_with_reader(struct pipeline *pipeline)
{
	sigset_t all, before;
	pthread_t reader;
	int error;

	/* Signals are for the thread that runs the phases. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	error = pthread_create(&reader, NULL, read_all, pipeline);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error)
		return copy_alone(pipeline);
	error = write_all(pipeline);
	pthread_join(reader, NULL);
	return error < 0 ? error : pipeline->error;
}

int page_copy_all(struct page_copy *copy)
{
	bool threaded = page_map_pages(copy->map, UINT32_MAX) >= THREAD_PAGES_MIN;
	size_t slots = threaded ? SLOTS : 1;
	_cleanup_free_ struct pipeline *pipeline = calloc(1, sizeof(*pipeline));
	uint8_t *buffer;
	int ret;

	if (!pipeline)
		return -ENOMEM;
	buffer = mmap(NULL, slots * PAGE_BATCH_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (buffer == MAP_FAILED)
		return -errno;
	for (size_t i = 0; i < slots; i++)
		pipeline->slots[i].data = buffer + i * PAGE_BATCH_SIZE;
	pipeline->copy = copy;
	pthread_mutex_init(&pipeline->lock, NULL);
	pthread_cond_init(&pipeline->changed, NULL);
	ret = threaded ? copy_with_reader(pipeline) : copy_alone(pipeline);
	pthread_cond_destroy(&pipeline->changed);
	pthread_mutex_destroy(&pipeline->lock);
	munmap(buffer, slots * PAGE_BATCH_SIZE);
	return ret;
}
