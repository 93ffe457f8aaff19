// SPDX-License-Identifier: GPL-2.0-only
/* Memory of stopped processes: collected, written to images, gathered again in new processes, and compared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "criu/blobs/restorer/restorer.h"
#include "criu/collect/mappings.h"
#include "criu/dump/pages.h"
#include "criu/image/file.h"
#include "criu/kernel/proc/open.h"
#include "criu/objects/kinds.h"
#include "criu/objects/memory/memory.h"
#include "criu/options/options.h"
#include "criu/pages/image-source.h"
#include "criu/restore/mappings.h"
#include "criu/restore/staging.h"
#include "criu/util/log.h"

#define TASKS_MAX 2
#define RESTORER_SIZE (256UL << 10)

/* --- the processes to be dumped --- */

struct targets {
	pid_t pids[TASKS_MAX]; /* each the parent of the next */
	unsigned int nr;
};

static void fill_random(uint8_t *at, size_t size, uint64_t seed)
{
	for (size_t i = 0; i < size / sizeof(seed); i++) {
		seed = seed * 6364136223846793005UL + 1442695040888963407UL;
		memcpy(at + i * sizeof(seed), &seed, sizeof(seed));
	}
}

/* Not merged with its neighbours: a page on each side stays free. */
static uint8_t *map(size_t size, int flags)
{
	uint8_t *memory = mmap(NULL, size + 2 * PAGE_SIZE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	if (memory == MAP_FAILED)
		_exit(2);
	munmap(memory, PAGE_SIZE);
	munmap(memory + PAGE_SIZE + size, PAGE_SIZE);
	return memory + PAGE_SIZE;
}

/* A bit of everything private. */
static void make_memory(const char *file)
{
	int fd = open(file, O_RDWR | O_CREAT | O_TRUNC, 0600);
	uint8_t *memory = map(8 << 20, 0);

	fill_random(memory, 8 << 20, 1);
	memset(memory + (1 << 20), 0, 1 << 20);
	memory = map(4 << 20, 0);
	for (size_t i = 0; i < 4 << 20; i += 5 * PAGE_SIZE)
		fill_random(memory + i, PAGE_SIZE, i);
	mprotect(memory, 2 << 20, PROT_NONE);
	memory = map(100UL << 30, MAP_NORESERVE);
	memory[50UL << 30] = 7;
	map(300 << 10, MAP_GROWSDOWN)[299 << 10] = 8;
	memory = map(64 << 10, 0);
	memory[0] = 1;
	madvise(memory + (16 << 10), 32 << 10, 102 /* MADV_GUARD_INSTALL */);
	if (fd < 0 || ftruncate(fd, 1 << 20) < 0 || pwrite(fd, "original", 8, 0x3000) != 8)
		_exit(2);
	memory = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	fill_random(memory + 0x10000, 0x8000, 3);
	memset(memory + 0x3000, 0, 0x1000);
}

static void wait_stopped(pid_t pid)
{
	char path[64], state = 0;

	/* The second process is not our child. */
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	for (int i = 0; i < 5000 && state != 'T'; i++) {
		_cleanup_fclose_ FILE *stat = fopen(path, "re");

		if (!stat || fscanf(stat, "%*d (%*[^)]) %c", &state) != 1)
			break;
		usleep(1000);
	}
	assert_int_equal(state, 'T');
}

/* The child changes some pages, drops some and adds some. */
static void change_memory(uint8_t *memory)
{
	fill_random(memory + 10 * PAGE_SIZE, 5 * PAGE_SIZE, 99);
	madvise(memory + 20 * PAGE_SIZE, 3 * PAGE_SIZE, MADV_DONTNEED);
	memset(memory + 30 * PAGE_SIZE, 0, 2 * PAGE_SIZE);
	fill_random(memory + 80 * PAGE_SIZE, PAGE_SIZE, 98);
}

/* As heaps do: one grows after the fork, one shrinks. */
static void resize_memory(uint8_t *grows, uint8_t *shrinks)
{
	if (mremap(grows, 16 * PAGE_SIZE, 40 * PAGE_SIZE, 0) == MAP_FAILED)
		_exit(2);
	fill_random(grows + 8 * PAGE_SIZE, 30 * PAGE_SIZE, 6);
	munmap(shrinks + 10 * PAGE_SIZE, 6 * PAGE_SIZE);
	fill_random(shrinks, PAGE_SIZE, 9);
}

static void run_family(pid_t *second)
{
	uint8_t *memory = map(100 * PAGE_SIZE, 0), *grows = map(100 * PAGE_SIZE, 0),
		*shrinks = map(16 * PAGE_SIZE, 0);
	pid_t pid;

	fill_random(memory, 64 * PAGE_SIZE, 5);
	fill_random(grows, 16 * PAGE_SIZE, 7);
	fill_random(shrinks, 16 * PAGE_SIZE, 8);
	munmap(grows + 16 * PAGE_SIZE, 84 * PAGE_SIZE);
	pid = fork();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (pid == 0) {
		change_memory(memory);
		resize_memory(grows, shrinks);
	} else {
		*second = pid;
	}
	/* Shared memory is another matter. */
	munmap(second, PAGE_SIZE);
	raise(SIGSTOP);
	_exit(0);
}

static struct targets start_one(const char *file)
{
	struct targets targets = { .nr = 1 };

	targets.pids[0] = fork();
	if (targets.pids[0] == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		make_memory(file);
		raise(SIGSTOP);
		_exit(0);
	}
	wait_stopped(targets.pids[0]);
	return targets;
}

static struct targets start_family(void)
{
	pid_t *second = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct targets targets = { .nr = 2 };

	targets.pids[0] = fork();
	if (targets.pids[0] == 0)
		run_family(second);
	wait_stopped(targets.pids[0]);
	targets.pids[1] = *second;
	wait_stopped(targets.pids[1]);
	munmap(second, PAGE_SIZE);
	return targets;
}

static void end_targets(const struct targets *targets)
{
	for (unsigned int i = 0; i < targets->nr; i++) {
		kill(targets->pids[i], SIGKILL);
		waitpid(targets->pids[i], NULL, 0);
	}
}

/* --- dump --- */

struct run {
	struct targets targets;
	char path[64], file[64];
	struct image_directory images;
	struct dump dump;
	struct restore restore;
	struct task dumped[TASKS_MAX], restored[TASKS_MAX];
	struct thread threads[TASKS_MAX];
	MmEntry mm[TASKS_MAX];
};

static struct options options; /* all as it is without any */

static void begin(struct run *run)
{
	strcpy(run->path, "/tmp/test-mappings-XXXXXX");
	assert_non_null(mkdtemp(run->path));
	snprintf(run->file, sizeof(run->file), "%.40s/file", run->path);
	assert_int_equal(image_directory_open(run->path, &run->images), 0);
	arena_init(&run->dump.arena);
	arena_init(&run->restore.arena);
	run->dump.images = run->restore.images = &run->images;
	run->restore.options = &options;
	TAILQ_INIT(&run->dump.tasks);
	TAILQ_INIT(&run->restore.tasks);
	STAILQ_INIT(&run->dump.refusals);
	STAILQ_INIT(&run->restore.refusals);
}

static void dump_task(struct run *run, unsigned int i)
{
	struct task *task = &run->dumped[i];

	task->pid = run->targets.pids[i];
	run->threads[i] = (struct thread){ .tid = task->pid, .task = task };
	task->threads = &run->threads[i];
	task->nr_threads = 1;
	task->proc_fd = proc_open_task(task->pid);
	assert_true(task->proc_fd >= 0);
	assert_int_equal(collect_mappings(&run->dump, task), 0);
	assert_int_equal(dump_task_pages(&run->dump, task), 0);
	mm_entry__init(&run->mm[i]);
	run->mm[i].vmas = arena_array(&run->dump.arena, VmaEntry *, task->nr_mappings);
	for (unsigned int j = 0; j < task->nr_mappings; j++) {
		struct mapping *mapping = &task->mappings[j];

		/* Files are the descriptors' part: any private one will do here. */
		if (mapping->kind == mapping_kind_of_record(&(VmaEntry){ .status = VMA_REGULAR | VMA_FILE_PRIVATE }))
			mapping->record->status = VMA_REGULAR | VMA_FILE_PRIVATE;
		else
			assert_int_equal(mapping->kind->dump(&run->dump, task, mapping), 0);
		run->mm[i].vmas[run->mm[i].n_vmas++] = mapping->record;
	}
}

static void dump_all(struct run *run)
{
	for (unsigned int i = 0; i < run->targets.nr; i++)
		dump_task(run, i);
	assert_int_equal(run->dump.nr_refusals, 0);
	assert_true(run->dump.stats.pages_written > 0);
}

/* One entry a mapped file, open already. */
static void open_files(struct run *run)
{
	struct restore *restore = &run->restore;

	restore->files = arena_array(&restore->arena, struct file, 1000);
	for (unsigned int i = 0; i < run->targets.nr; i++) {
		for (size_t j = 0; j < run->mm[i].n_vmas; j++) {
			VmaEntry *record = run->mm[i].vmas[j];
			const char *name = run->dumped[i].mappings[j].name;

			if (record->status != (VMA_REGULAR | VMA_FILE_PRIVATE))
				continue;
			record->shmid = ++restore->nr_files;
			restore->files[record->shmid - 1] = (struct file){
				.id = (uint32_t)record->shmid,
				.fd = open(name, O_RDONLY | O_CLOEXEC),
			};
			/* The same file has the same id, also in another task. */
			for (size_t k = 0; i && k < run->mm[0].n_vmas; k++) {
				if (run->mm[0].vmas[k]->start == record->start)
					record->shmid = run->mm[0].vmas[k]->shmid;
			}
		}
	}
}

static int load_all(struct run *run)
{
	for (unsigned int i = 0; i < run->targets.nr; i++) {
		struct task *task = &run->restored[i];
		int error;

		task->pid = run->targets.pids[i];
		task->threads = &run->threads[i];
		task->mm = &run->mm[i];
		TAILQ_INIT(&task->children);
		task->parent = i ? &run->restored[i - 1] : NULL;
		if (i)
			TAILQ_INSERT_TAIL(&task->parent->children, task, sibling);
		TAILQ_INSERT_TAIL(&run->restore.tasks, task, link);
		error = restore_load_mappings(&run->restore, task);
		if (error < 0)
			return error;
	}
	return restore_plan_mappings(&run->restore, RESTORER_SIZE);
}

/* --- in the new process --- */

/* Pages that the kernel refuses to read, such as guard pages, compare as zero. */
static void read_page(int fd, uint64_t address, uint8_t *page)
{
	if (pread(fd, page, PAGE_SIZE, (off_t)address) != (ssize_t)PAGE_SIZE)
		memset(page, 0, PAGE_SIZE);
}

static int compare_mapping(const struct task *task, const struct mapping *mapping, int old, int own)
{
	const VmaEntry *record = mapping->record;
	uint64_t step = record->end - record->start > 1UL << 30 ? (record->end - record->start) >> 24 << 12
								: PAGE_SIZE;
	uint8_t expected[PAGE_SIZE], found[PAGE_SIZE];

	for (uint64_t at = record->start; at < record->end; at += step) {
		read_page(old, at, expected);
		read_page(own, mapping->staging + (at - record->start), found);
		if (memcmp(expected, found, PAGE_SIZE)) {
			fprintf(stderr, "task %d: page %lx differs\n", task->pid, (unsigned long)at);
			return -EIO;
		}
	}
	return 0;
}

static int check_task(const struct task *task)
{
	_cleanup_close_ int own = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	_cleanup_close_ int old = -EBADF;
	char path[64];
	int staged = 0;

	snprintf(path, sizeof(path), "/proc/%d/mem", task->pid);
	old = open(path, O_RDONLY | O_CLOEXEC);
	for (unsigned int i = 0; i < task->nr_mappings; i++) {
		if (!task->mappings[i].staging)
			continue;
		staged++;
		if (compare_mapping(task, &task->mappings[i], old, own) < 0)
			return -EIO;
	}
	return staged ? 0 : -ENODATA;
}

static int restore_in_child(struct run *run, unsigned int i)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		int error = restore_fill_task(&run->restore, &run->restored[i]);

		if (error == 0 && i + 1 < run->targets.nr)
			error = restore_in_child(run, i + 1);
		if (error == 0)
			error = check_task(&run->restored[i]);
		_exit(error ? 1 : 0);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		return -ECHILD;
	return 0;
}

static void end(struct run *run)
{
	char command[128];

	restore_forget_mappings(&run->restore);
	for (unsigned int i = 0; i < run->targets.nr; i++)
		close(run->dumped[i].proc_fd);
	for (size_t i = 0; i < run->restore.nr_files; i++)
		close(run->restore.files[i].fd);
	end_targets(&run->targets);
	image_directory_close(&run->images);
	snprintf(command, sizeof(command), "rm -r %s", run->path);
	assert_int_equal(system(command), 0);
	arena_free(&run->dump.arena);
	arena_free(&run->restore.arena);
}

static struct run *run_start(struct targets (*start)(struct run *run))
{
	struct run *run = calloc(1, sizeof(*run));

	begin(run);
	run->targets = start(run);
	dump_all(run);
	open_files(run);
	return run;
}

static struct targets one(struct run *run)
{
	return start_one(run->file);
}

static struct targets family(struct run *run)
{
	return start_family();
}

/* --- tests --- */

static void memory_comes_back(void **state)
{
	struct run *run = run_start(one);

	assert_int_equal(load_all(run), 0);
	assert_int_equal(restore_in_child(run, 0), 0);
	restore_collect_memory_stats(&run->restore);
	/* 8 MiB without 1 MiB of zeros, and a fifth of 4 MiB at least. */
	assert_true(run->restore.stats.pages_restored > 7 * 256 + 200);
	assert_int_equal(run->restore.stats.pages_restored + 2, run->dump.stats.pages_written);
	end(run);
	free(run);
}

static void copy_on_write_is_kept(void **state)
{
	struct run *run = run_start(family);

	assert_int_equal(load_all(run), 0);
	assert_int_equal(restore_in_child(run, 0), 0);
	restore_collect_memory_stats(&run->restore);
	/* 64 pages of which 5 were changed, 3 dropped and 2 zeroed; 8 and 9 that were left alone. */
	assert_true(run->restore.stats.pages_skipped_cow >= 54 + 8 + 9);
	assert_true(run->restore.stats.pages_compared > run->restore.stats.pages_skipped_cow);
	end(run);
	free(run);
}

static void blob_gets_all_mappings(void **state)
{
	struct run *run = run_start(one);
	struct restorer_mapping *mappings;
	uint64_t start, stop, last = 0;
	unsigned int nr, staged = 0;

	assert_int_equal(load_all(run), 0);
	mappings = calloc(run->restored[0].nr_mappings, sizeof(*mappings));
	assert_int_equal(restore_plan_restorer_mappings(&run->restore, &run->restored[0], mappings, &nr), 0);
	restore_staging_range(&run->restore, &run->restored[0], &start, &stop);
	assert_true(start && start < stop && stop <= run->restored[0].restorer);
	for (unsigned int i = 0; i < nr; i++) {
		assert_true(mappings[i].start >= last);
		last = mappings[i].start + mappings[i].length;
		staged += !!mappings[i].staging;
		if (mappings[i].staging)
			assert_true(mappings[i].staging >= start &&
				    mappings[i].staging + mappings[i].length <= stop);
	}
	assert_true(staged >= 5);
	assert_true(nr < run->mm[0].n_vmas);
	free(mappings);
	end(run);
	free(run);
}

/* What the images say is changed, one thing at a time. */
static void damage(VmaEntry *record, int what)
{
	switch (what) {
	case 0:
		record->start++;
		break;
	case 1:
		record->end = record->start;
		break;
	case 2:
		record->end = UINT64_MAX - 0xfff;
		break;
	case 3:
		record->start = 0;
		break;
	case 4:
		record->status |= 0x80000000;
		break;
	case 5:
		record->status |= VMA_FILE_SHARED;
		break;
	case 6:
		record->prot |= 8;
		break;
	case 7:
		record->flags |= MAP_SHARED;
		break;
	case 8:
		record->flags &= ~(uint32_t)MAP_PRIVATE;
		break;
	case 9:
		record->pgoff = INT64_MAX - 0xffe;
		break;
	case 10:
		record->end -= PAGE_SIZE;
		break; /* its last page has contents */
	}
}

static void damaged_mappings_are_found(void **state)
{
	struct run *run = run_start(one);
	VmaEntry *victim = NULL;

	/* The 8 MiB of random numbers; not the first mapping. */
	for (size_t i = 1; i < run->mm[0].n_vmas; i++) {
		if (run->mm[0].vmas[i]->end - run->mm[0].vmas[i]->start == 8 << 20)
			victim = run->mm[0].vmas[i];
	}
	assert_non_null(victim);
	log_set_level(LOG_LEVEL_NONE);
	for (int what = 0; what <= 10; what++) {
		VmaEntry before = *victim;

		damage(victim, what);
		run->restored[0] = (struct task){ .pid = run->targets.pids[0], .mm = &run->mm[0] };
		if (restore_load_mappings(&run->restore, &run->restored[0]) != -EBADMSG)
			fail_msg("damage %d was not found", what);
		*victim = before;
	}
	run->restored[0] = (struct task){ .pid = run->targets.pids[0], .mm = &run->mm[0] };
	assert_int_equal(restore_load_mappings(&run->restore, &run->restored[0]), 0);
	TAILQ_INSERT_TAIL(&run->restore.tasks, &run->restored[0], link);
	log_set_level(LOG_LEVEL_WARN);
	end(run);
	free(run);
}

/* The old code is private memory now; the kernel's own goes to where nothing is. */
static void find_proxy(const struct task *task)
{
	unsigned int proxies = 0;

	for (unsigned int i = 0; i < task->nr_mappings; i++) {
		const struct mapping *mapping = &task->mappings[i];

		proxies += !strcmp(mapping->kind->name, "vdso-proxy");
		assert_false(mapping->kind->kernels_own);
		assert_true(task->kernels_own + (64 << 10) <= mapping->record->start ||
			    task->kernels_own >= mapping->record->end);
	}
	assert_int_equal(proxies, 1);
	assert_int_not_equal(task->kernels_own, 0);
}

static void other_vdso_becomes_a_proxy(void **state)
{
	struct run *run = run_start(one);
	MmEntry *mm = &run->mm[0];

	/* Without its data the code would read something else. */
	for (size_t i = 0; i < mm->n_vmas; i++) {
		if (mm->vmas[i]->status & VMA_VVAR) {
			memmove(&mm->vmas[i], &mm->vmas[i + 1], (--mm->n_vmas - i) * sizeof(*mm->vmas));
			break;
		}
	}
	assert_int_equal(load_all(run), 0);
	assert_int_equal(run->restore.nr_refusals, 0);
	find_proxy(&run->restored[0]);
	end(run);
	free(run);
}

static void hole_is_the_largest(void **state)
{
	struct address_range ranges[] = { { 60UL << 30, 61UL << 30 },
					  { 10UL << 30, 20UL << 30 },
					  { 15UL << 30, 18UL << 30 } };
	struct address_range hole;

	assert_int_equal(staging_find_hole(ranges, 3, 0, 80UL << 30, &hole), 0);
	assert_int_equal(hole.start, 21UL << 30);
	assert_int_equal(hole.end, 59UL << 30);
	assert_int_equal(staging_find_hole(ranges, 3, 0, 120UL << 30, &hole), 0);
	assert_int_equal(hole.start, 62UL << 30);
	assert_int_equal(staging_find_hole(ranges, 3, 15UL << 30, 22UL << 30, &hole), -ENOSPC);
	assert_int_equal(staging_find_hole(NULL, 0, 0, 3UL << 30, &hole), 0);
	assert_int_equal(hole.end - hole.start, 1UL << 30);
}

static void areas_agree_in_their_low_bits(void **state)
{
	assert_int_equal(staging_align(0x200000, 0x7f0000123000, 0x1000), 0x323000);
	assert_int_equal(staging_align(0x324000, 0x7f0000123000, 0x1000), 0x523000);
	assert_int_equal(staging_align(0x40000000, 0x7f0000123000, 2UL << 30), 0x40123000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hole_is_the_largest),	      cmocka_unit_test(areas_agree_in_their_low_bits),
		cmocka_unit_test(memory_comes_back),	      cmocka_unit_test(copy_on_write_is_kept),
		cmocka_unit_test(blob_gets_all_mappings),     cmocka_unit_test(damaged_mappings_are_found),
		cmocka_unit_test(other_vdso_becomes_a_proxy),
	};

	/* Grandchildren are ours to wait for. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
