// SPDX-License-Identifier: GPL-2.0-only
/* Pages: maps of runs, the zero filter, the copying engine, images written and read, and images that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "criu/image/file.h"
#include "criu/pages/copy.h"
#include "criu/pages/file-source.h"
#include "criu/pages/image-sink.h"
#include "criu/pages/image-source.h"
#include "criu/pages/page-map.h"
#include "pagemap.pb-c.h"

#define LIMIT (1UL << 47)

/* --- maps of runs --- */

static void map_merges_touching_runs(void **state)
{
	_cleanup_page_map_ struct page_map map = { 0 };

	assert_int_equal(page_map_add(&map, 0x1000, 0x2000, 4), 0);
	assert_int_equal(page_map_add(&map, 0x2000, 0x4000, 4), 0);
	assert_int_equal(page_map_add(&map, 0x4000, 0x5000, 6), 0);
	assert_int_equal(page_map_add(&map, 0x8000, 0x9000, 6), 0);
	assert_int_equal(map.count, 3);
	assert_int_equal(map.runs[0].end, 0x4000);
	assert_int_equal(page_map_pages(&map, 2), 2);
	assert_int_equal(page_map_pages(&map, 4), 5);
}

static void map_refuses_nonsense(void **state)
{
	_cleanup_page_map_ struct page_map map = { 0 };

	assert_int_equal(page_map_add(&map, 0x1000, 0x1000, 4), -EINVAL);
	assert_int_equal(page_map_add(&map, 0x1001, 0x2000, 4), -EINVAL);
	assert_int_equal(page_map_add(&map, 0x2000, 0x1000, 4), -EINVAL);
	assert_int_equal(page_map_add(&map, 0x5000, 0x7000, 4), 0);
	assert_int_equal(page_map_add(&map, 0x6000, 0x8000, 4), -EINVAL);
	assert_int_equal(page_map_add(&map, 0x1000, 0x2000, 4), -EINVAL);
	assert_int_equal(map.count, 1);
}

static void map_finds(void **state)
{
	_cleanup_page_map_ struct page_map map = { 0 };

	for (uint64_t i = 0; i < 200; i++)
		assert_int_equal(page_map_add(&map, i * 0x4000 + 0x1000, i * 0x4000 + 0x3000, 4), 0);
	assert_int_equal(page_map_find(&map, 0), 0);
	assert_int_equal(page_map_find(&map, 0x2fff), 0);
	assert_int_equal(page_map_find(&map, 0x3000), 1);
	assert_int_equal(page_map_find(&map, 1UL << 40), 200);
	assert_true(page_map_touches(&map, 0x2000, 0x3000));
	assert_false(page_map_touches(&map, 0x3000, 0x5000));
	assert_false(page_map_touches(&map, 0, 0x1000));
}

/* --- zero filter --- */

static void zero_page_is_seen(void **state)
{
	static uint8_t page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

	assert_true(page_is_zero(page));
	for (size_t i = 0; i < PAGE_SIZE; i++) {
		page[i] = 1;
		assert_false(page_is_zero(page));
		page[i] = 0;
	}
}

/* --- copying --- */

/* Contents that tell their address; page n is zero when n % 3 == 1. */
static bool is_zero_page(uint64_t address)
{
	return address / PAGE_SIZE % 3 == 1;
}

static void fill_page(uint64_t address, uint8_t *page)
{
	memset(page, 0, PAGE_SIZE);
	if (!is_zero_page(address))
		memcpy(page + address / PAGE_SIZE % 500 * 8, &address, sizeof(address));
}

struct fake_source {
	struct page_source source;
	uint64_t fail_at;
};

static int fake_read(struct page_source *base, const struct page_run *runs, size_t nr, void *buffer)
{
	struct fake_source *fake = container_of(base, struct fake_source, source);
	uint8_t *at = buffer;

	for (size_t i = 0; i < nr; i++) {
		for (uint64_t page = runs[i].start; page < runs[i].end; page += PAGE_SIZE, at += PAGE_SIZE) {
			if (fake->fail_at && page >= fake->fail_at)
				return -EFAULT;
			fill_page(page, at);
		}
	}
	assert_true((size_t)(at - (uint8_t *)buffer) <= PAGE_BATCH_SIZE);
	return 0;
}

static const struct page_source_ops fake_ops = { .read = fake_read };

struct directory {
	char path[64];
	struct image_directory images;
};

static int make_directory(void **state)
{
	struct directory *directory = calloc(1, sizeof(*directory));

	strcpy(directory->path, "/tmp/test-pages-XXXXXX");
	assert_non_null(mkdtemp(directory->path));
	assert_int_equal(image_directory_open(directory->path, &directory->images), 0);
	*state = directory;
	return 0;
}

static int remove_directory(void **state)
{
	struct directory *directory = *state;

	image_remove(&directory->images, IMAGE_PAGEMAP, 1);
	image_remove(&directory->images, IMAGE_SHMEM_PAGEMAP, 1);
	image_remove(&directory->images, IMAGE_PAGES, 1);
	image_directory_close(&directory->images);
	assert_int_equal(rmdir(directory->path), 0);
	free(directory);
	return 0;
}

static int copy_to_image(struct directory *directory, const struct page_map *map, uint64_t fail_at,
			 struct page_copy *ret_copy)
{
	static const struct page_filter *const filters[] = { &page_filter_zero };
	struct fake_source fake = { .source.ops = &fake_ops, .fail_at = fail_at };
	struct page_copy copy = { .map = map, .source = &fake.source, .filters = filters, .nr_filters = 1 };
	int error = page_image_sink_open(&directory->images, IMAGE_PAGEMAP, 1, 1, &copy.sink);

	assert_int_equal(error, 0);
	error = page_copy_all(&copy);
	if (error < 0) {
		page_sink_abandon(copy.sink);
		return error;
	}
	*ret_copy = copy;
	return page_sink_finish(copy.sink);
}

static void check_image(struct directory *directory, const struct page_map *map)
{
	_cleanup_page_source_ struct page_source *image = NULL;
	uint8_t expected[PAGE_SIZE], found[PAGE_SIZE];
	const struct page_map *stored;

	assert_int_equal(page_image_source_open(&directory->images, IMAGE_PAGEMAP, 1, LIMIT, &image), 0);
	stored = page_image_source_map(image);
	for (size_t i = 0; i < map->count; i++) {
		bool keep_zero = map->runs[i].flags & PAGES_KEEP_ZERO;

		for (uint64_t at = map->runs[i].start; at < map->runs[i].end; at += PAGE_SIZE) {
			struct page_run run = { .start = at, .end = at + PAGE_SIZE };

			assert_int_equal(page_map_touches(stored, at, at + PAGE_SIZE),
					 keep_zero || !is_zero_page(at));
			if (!keep_zero && is_zero_page(at))
				continue;
			assert_int_equal(image->ops->read(image, &run, 1, found), 0);
			fill_page(at, expected);
			assert_memory_equal(found, expected, PAGE_SIZE);
		}
	}
}

static void round_trip(struct directory *directory, uint64_t runs, uint64_t pages, uint64_t gap, uint32_t flags)
{
	_cleanup_page_map_ struct page_map map = { 0 };
	struct page_copy copy;
	uint64_t at = 0x10000;

	for (uint64_t i = 0; i < runs; i++, at += (pages + gap) * PAGE_SIZE)
		assert_int_equal(
			page_map_add(&map, at, at + pages * PAGE_SIZE, PAGES_PRESENT | (i % 2 ? flags : 0)), 0);
	assert_int_equal(copy_to_image(directory, &map, 0, &copy), 0);
	assert_int_equal(copy.read, runs * pages);
	check_image(directory, &map);
}

static void small_image_round_trip(void **state)
{
	round_trip(*state, 20, 3, 2, PAGES_LAZY);
}

static void scattered_image_round_trip(void **state)
{
	round_trip(*state, 3000, 1, 1, PAGES_KEEP_ZERO);
}

static void large_image_round_trip(void **state)
{
	round_trip(*state, 5, 3001, 7, PAGES_LAZY | PAGES_KEEP_ZERO);
}

static void empty_image_round_trip(void **state)
{
	round_trip(*state, 0, 0, 0, 0);
}

static void failing_source_is_reported(void **state)
{
	_cleanup_page_map_ struct page_map map = { 0 };
	struct page_copy copy;

	assert_int_equal(page_map_add(&map, 0, 10000 * PAGE_SIZE, PAGES_PRESENT), 0);
	assert_int_equal(copy_to_image(*state, &map, 9000 * PAGE_SIZE, &copy), -EFAULT);
	assert_int_equal(copy_to_image(*state, &map, PAGE_SIZE, &copy), -EFAULT);
}

static void shared_memory_is_read_sparsely(void **state)
{
	_cleanup_page_source_ struct page_source *source = NULL;
	_cleanup_page_map_ struct page_map map = { 0 };
	_cleanup_close_ int fd = memfd_create("test", MFD_CLOEXEC);
	uint8_t page[PAGE_SIZE];

	assert_int_equal(ftruncate(fd, 1UL << 36), 0);
	assert_int_equal(pwrite(fd, "x", 1, 0x5000), 1);
	assert_int_equal(pwrite(fd, "y", 1, 1UL << 35), 1);
	assert_int_equal(page_file_map(fd, 1UL << 36, PAGES_PRESENT, &map), 0);
	assert_int_equal(map.count, 2);
	assert_int_equal(map.runs[0].start, 0x5000);
	assert_int_equal(page_map_pages(&map, PAGES_PRESENT), 2);
	assert_int_equal(page_file_source_open(fd, &source), 0);
	assert_int_equal(source->ops->read(source, &map.runs[1], 1, page), 0);
	assert_int_equal(page[0], 'y');
}

/* --- images from strangers --- */

struct lie {
	uint64_t vaddr, nr_pages;
	uint32_t flags;
};

static int open_lies(struct directory *directory, const struct lie *lies, size_t nr, size_t stored_pages)
{
	struct page_source *source = NULL;
	struct image_file *map = NULL, *pages = NULL;
	PagemapHead head = PAGEMAP_HEAD__INIT;
	int error;

	head.pages_id = 1;
	assert_int_equal(image_create(&directory->images, IMAGE_PAGEMAP, 1, &map), 0);
	assert_int_equal(image_write_record(map, &head.base), 0);
	for (size_t i = 0; i < nr; i++) {
		PagemapEntry entry = PAGEMAP_ENTRY__INIT;

		entry.vaddr = lies[i].vaddr;
		entry.has_nr_pages = true;
		entry.nr_pages = lies[i].nr_pages;
		entry.has_flags = true;
		entry.flags = lies[i].flags;
		assert_int_equal(image_write_record(map, &entry.base), 0);
	}
	assert_int_equal(image_close(map), 0);
	assert_int_equal(image_create(&directory->images, IMAGE_PAGES, 1, &pages), 0);
	assert_int_equal(ftruncate(image_fd(pages), stored_pages * PAGE_SIZE), 0);
	assert_int_equal(image_close(pages), 0);
	error = page_image_source_open(&directory->images, IMAGE_PAGEMAP, 1, LIMIT, &source);
	page_source_close(source);
	return error;
}

static void lies_are_found(void **state)
{
	static const struct {
		struct lie lies[2];
		size_t nr, pages;
		int error;
	} cases[] = {
		{ { { 0x1000, 1, 4 }, { 0x3000, 1, 4 } }, 2, 2, 0 },
		{ { { 0x1001, 1, 4 } }, 1, 1, -EBADMSG },
		{ { { 0x1000, 0, 4 } }, 1, 1, -EBADMSG },
		{ { { 0x1000, 2, 4 } }, 1, 1, -EBADMSG },
		{ { { 0x1000, 1UL << 52, 4 } }, 1, 1, -EBADMSG },
		{ { { 0x1000, UINT64_MAX, 4 } }, 1, 1, -EBADMSG },
		{ { { LIMIT, 1, 4 } }, 1, 1, -EBADMSG },
		{ { { UINT64_MAX - 0xfff, 1, 4 } }, 1, 1, -EBADMSG },
		{ { { 0x3000, 1, 4 }, { 0x1000, 1, 4 } }, 2, 2, -EBADMSG },
		{ { { 0x1000, 2, 4 }, { 0x2000, 1, 4 } }, 2, 3, -EBADMSG },
		{ { { 0x1000, 1, 0 } }, 1, 1, -EBADMSG },
		{ { { 0x1000, 1, 5 } }, 1, 1, -EBADMSG },
		{ { { 0x1000, 1, 8 } }, 1, 1, -EBADMSG },
		{ { { 0x1000, 1, 2 } }, 1, 1, -ENODATA },
		{ { { 0x1000, 1, 1 } }, 1, 1, -EBADMSG },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int error = open_lies(*state, cases[i].lies, cases[i].nr, cases[i].pages);

		if (error != cases[i].error)
			fail_msg("case %zu: %d instead of %d", i, error, cases[i].error);
	}
}

static void reading_outside_is_refused(void **state)
{
	struct directory *directory = *state;
	static const struct lie lies[] = { { 0x1000, 2, 4 } };
	_cleanup_page_source_ struct page_source *source = NULL;
	struct page_run run = { .start = 0x2000, .end = 0x4000 };
	uint8_t buffer[2 * PAGE_SIZE];

	assert_int_equal(open_lies(directory, lies, 1, 2), 0);
	assert_int_equal(page_image_source_open(&directory->images, IMAGE_PAGEMAP, 1, LIMIT, &source), 0);
	assert_int_equal(source->ops->read(source, &run, 1, buffer), -EBADMSG);
	run = (struct page_run){ .start = 0, .end = 0x1000 };
	assert_int_equal(source->ops->read(source, &run, 1, buffer), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(map_merges_touching_runs),
		cmocka_unit_test(map_refuses_nonsense),
		cmocka_unit_test(map_finds),
		cmocka_unit_test(zero_page_is_seen),
		cmocka_unit_test_setup_teardown(small_image_round_trip, make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(scattered_image_round_trip, make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(large_image_round_trip, make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(empty_image_round_trip, make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(failing_source_is_reported, make_directory, remove_directory),
		cmocka_unit_test(shared_memory_is_read_sparsely),
		cmocka_unit_test_setup_teardown(lies_are_found, make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(reading_outside_is_refused, make_directory, remove_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
