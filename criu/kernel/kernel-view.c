// SPDX-License-Identifier: GPL-2.0-only
#include "criu/kernel/kernel-view.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/uio.h>

#include "criu/kernel/bpf-call.h"
#include "criu/util/cleanup.h"
#include "criu/util/macros.h"

#define WINDOW_SIZE 32768 /* below the usual RLIMIT_MEMLOCK, which counts it before Linux 5.11 */

struct known_field {
	const char *structure, *path;
	struct btf_field field;
	int error;
};

struct kernel_view {
	struct btf *btf;
	int map, program;
	const char *window; /* what the program has copied */
	struct known_field *fields;
	size_t nr_fields;
	struct kernel_memory {
		/* Where struct page of the first page would be, and that page itself; 0: not known yet. */
		uint64_t pages, bytes;
		uint64_t size_of_page; /* of the structure */
	} memory;
};

/* --- the program --- */

static int make_window(struct kernel_view *view)
{
	union bpf_attr attributes = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = sizeof(uint32_t),
		.value_size = WINDOW_SIZE,
		.max_entries = 1,
		.map_flags = BPF_F_MMAPABLE,
	};
	void *window;

	view->map = bpf_call(BPF_MAP_CREATE, &attributes);
	if (view->map < 0)
		return view->map;
	window = mmap(NULL, WINDOW_SIZE, PROT_READ, MAP_SHARED, view->map, 0);
	if (window == MAP_FAILED)
		return -errno;
	view->window = window;
	return 0;
}

/* Its arguments are an address and a size; address 0 asks for the task that runs it. */
static int make_program(struct kernel_view *view)
{
	const struct bpf_insn instructions[] = {
		BPF_LOAD(BPF_DW, BPF_REG_3, BPF_REG_1, 0),
		BPF_LOAD(BPF_DW, BPF_REG_2, BPF_REG_1, 8),
		BPF_VALUE_OF_MAP(BPF_REG_1, view->map),
		BPF_JUMP_IF(BPF_JEQ, BPF_REG_3, 0, 3),
		BPF_JUMP_IF(BPF_JGT, BPF_REG_2, WINDOW_SIZE, 7),
		BPF_CALL_HELPER(BPF_FUNC_probe_read_kernel),
		BPF_RETURN(),
		BPF_MOVE(BPF_REG_6, BPF_REG_1),
		BPF_CALL_HELPER(BPF_FUNC_get_current_task),
		BPF_STORE(BPF_DW, BPF_REG_6, 0, BPF_REG_0),
		BPF_SET(BPF_REG_0, 0),
		BPF_RETURN(),
		BPF_SET(BPF_REG_0, -E2BIG),
		BPF_RETURN(),
	};
	union bpf_attr attributes = {
		.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.insn_cnt = ARRAY_SIZE(instructions),
		.insns = (uintptr_t)instructions,
		.license = (uintptr_t) "GPL",
		.prog_name = "criu_view",
	};

	view->program = bpf_call(BPF_PROG_LOAD, &attributes);
	return view->program < 0 ? view->program : 0;
}

/* It is run here and now: BPF_PROG_TEST_RUN of bpf(2). */
static int run(struct kernel_view *view, uint64_t address, uint64_t size)
{
	uint64_t arguments[] = { address, size };
	union bpf_attr attributes = { .test = {
					      .prog_fd = (uint32_t)view->program,
					      .ctx_in = (uintptr_t)arguments,
					      .ctx_size_in = sizeof(arguments),
				      } };
	int ret = bpf_call(BPF_PROG_TEST_RUN, &attributes);

	return ret < 0 ? ret : (int)attributes.test.retval;
}

int kernel_view_open(struct kernel_view **ret_view)
{
	struct kernel_view *view = calloc(1, sizeof(*view));
	int ret;

	if (!view)
		return -ENOMEM;
	view->map = view->program = -EBADF;
	ret = btf_open(&view->btf);
	if (ret == 0)
		ret = make_window(view);
	if (ret == 0)
		ret = make_program(view);
	if (ret < 0)
		kernel_view_close(view);
	else
		*ret_view = view;
	return ret;
}

void kernel_view_close(struct kernel_view *view)
{
	if (!view)
		return;
	if (view->window)
		munmap((void *)view->window, WINDOW_SIZE);
	if (view->program >= 0)
		close(view->program);
	if (view->map >= 0)
		close(view->map);
	btf_close(view->btf);
	free(view->fields);
	free(view);
}

int kernel_view_read(struct kernel_view *view, uint64_t address, void *buffer, size_t size)
{
	char *to = buffer;

	if (!address)
		return -EFAULT;
	while (size) {
		size_t part = MIN(size, WINDOW_SIZE);
		int ret = run(view, address, part);

		if (ret < 0)
			return ret;
		memcpy(to, view->window, part);
		to += part;
		address += part;
		size -= part;
	}
	return 0;
}

int kernel_view_self(struct kernel_view *view, uint64_t *ret_task)
{
	int ret = run(view, 0, 0);

	memcpy(ret_task, view->window, sizeof(*ret_task));
	return ret;
}

/* --- members --- */

static int find_field(struct kernel_view *view, const char *structure, const char *path, struct btf_field *ret_field)
{
	struct known_field known = { structure, path, { 0 }, 0 }, *larger;

	for (size_t i = 0; i < view->nr_fields; i++)
		if (strcmp(view->fields[i].path, path) == 0 && strcmp(view->fields[i].structure, structure) == 0) {
			*ret_field = view->fields[i].field;
			return view->fields[i].error;
		}
	known.error = btf_find_field(view->btf, structure, path, &known.field);
	larger = realloc(view->fields, (view->nr_fields + 1) * sizeof(known));
	if (!larger)
		return -ENOMEM;
	view->fields = larger;
	view->fields[view->nr_fields++] = known;
	*ret_field = known.field;
	return known.error;
}

int kernel_view_locate(struct kernel_view *view, uint64_t address, const char *structure, const char *path,
		       uint64_t *ret_address)
{
	struct btf_field field;
	int ret = find_field(view, structure, path, &field);

	*ret_address = address + (ret < 0 ? 0 : field.offset / 8);
	return address ? ret : -EFAULT;
}

int kernel_view_get(struct kernel_view *view, uint64_t address, const char *structure, const char *path,
		    uint64_t *ret_value)
{
	struct btf_field field;
	uint64_t value = 0;
	int ret = find_field(view, structure, path, &field);

	if (ret == 0 && (!field.bits || field.offset % 8 + field.bits > 64))
		ret = -ENOENT;
	if (ret < 0)
		return ret;
	ret = address ? kernel_view_read(view, address + field.offset / 8, &value,
					 (field.offset % 8 + field.bits + 7) / 8)
		      : -EFAULT;
	value >>= field.offset % 8;
	*ret_value = field.bits < 64 ? value & ((1ULL << field.bits) - 1) : value;
	return ret;
}

int kernel_view_function(struct kernel_view *view, const char *name)
{
	return btf_find_function(view->btf, name);
}

long kernel_view_size(struct kernel_view *view, const char *structure)
{
	return btf_size(view->btf, structure);
}

int kernel_view_file(struct kernel_view *view, int fd, uint64_t *ret_file)
{
	uint64_t at, table;
	int ret = kernel_view_self(view, &at);

	if (ret == 0)
		ret = kernel_view_get(view, at, "task_struct", "files", &at);
	if (ret == 0)
		ret = kernel_view_get(view, at, "files_struct", "fdt", &at);
	if (ret == 0)
		ret = kernel_view_get(view, at, "fdtable", "fd", &table);
	if (ret == 0)
		ret = kernel_view_read(view, table + (uint64_t)fd * sizeof(at), ret_file, sizeof(*ret_file));
	return ret == 0 && !*ret_file ? -EBADF : ret;
}

/* --- pages --- */

/* Where a page is, and where its struct page is, is linear, but the kernel tells neither beginning: they are found by a page
 * of our own. Its struct page is the one that a pipe has got by vmsplice(2), its number is in /proc/PID/pagemap. */
struct sample {
	char *page;
	int pipe[2];
	uint64_t number, structure;
};

#define FRAME_MASK ((1ULL << 55) - 1) /* Documentation/admin-guide/mm/pagemap.rst */
#define MARK_SIZE 64
/* The beginning of the memory is a multiple of it (kernel_randomize_memory() in arch/x86/mm/kaslr.c). */
#define MEMORY_ALIGNMENT (1ULL << 30)
#define MEMORY_MAX (64ULL << 40)

static int find_frame(const char *page, uint64_t *ret_number)
{
	_cleanup_close_ int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry;

	if (fd < 0)
		return -errno;
	if (pread(fd, &entry, sizeof(entry), (off_t)((uintptr_t)page / PAGE_SIZE * sizeof(entry))) != sizeof(entry))
		return -EIO;
	*ret_number = entry & FRAME_MASK;
	return *ret_number ? 0 : -EPERM;
}

static int take_sample(struct kernel_view *view, struct sample *sample)
{
	struct iovec part = { sample->page, MARK_SIZE };
	uint64_t file, pipe, buffers;
	int ret;

	if (getrandom(sample->page, MARK_SIZE, 0) != MARK_SIZE)
		return -EIO;
	if (vmsplice(sample->pipe[1], &part, 1, SPLICE_F_NONBLOCK) != MARK_SIZE)
		return -EIO;
	ret = find_frame(sample->page, &sample->number);
	if (ret == 0)
		ret = kernel_view_file(view, sample->pipe[1], &file);
	if (ret == 0)
		ret = kernel_view_get(view, file, "file", "private_data", &pipe);
	if (ret == 0)
		ret = kernel_view_get(view, pipe, "pipe_inode_info", "bufs", &buffers);
	return ret < 0 ? ret : kernel_view_get(view, buffers, "pipe_buffer", "page", &sample->structure);
}

/* From some address in it downward. */
static int find_memory(struct kernel_view *view, const struct sample *sample, uint64_t *ret_start)
{
	char seen[MARK_SIZE];
	uint64_t somewhere;
	int ret = kernel_view_self(view, &somewhere);

	for (uint64_t below = 0; ret == 0 && below < MEMORY_MAX; below += MEMORY_ALIGNMENT) {
		uint64_t start = (somewhere & ~(MEMORY_ALIGNMENT - 1)) - below;

		if (kernel_view_read(view, start + sample->number * PAGE_SIZE, seen, sizeof(seen)) == 0 &&
		    memcmp(seen, sample->page, sizeof(seen)) == 0) {
			*ret_start = start;
			return 0;
		}
	}
	return ret < 0 ? ret : -ENXIO;
}

static int learn_memory(struct kernel_view *view, struct sample *sample)
{
	struct kernel_memory memory = { 0 };
	long size = kernel_view_size(view, "page");
	int ret = size > 0 ? take_sample(view, sample) : -ENOENT;

	if (ret == 0)
		ret = find_memory(view, sample, &memory.bytes);
	if (ret < 0)
		return ret;
	memory.size_of_page = (uint64_t)size;
	memory.pages = sample->structure - sample->number * memory.size_of_page;
	view->memory = memory;
	return 0;
}

static int learn_with_sample(struct kernel_view *view)
{
	struct sample sample = { .page = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE,
					      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0) };
	int ret;

	if (sample.page == MAP_FAILED)
		return -errno;
	ret = pipe2(sample.pipe, O_CLOEXEC) < 0 ? -errno : 0;
	if (ret == 0) {
		ret = learn_memory(view, &sample);
		close(sample.pipe[0]);
		close(sample.pipe[1]);
	}
	munmap(sample.page, PAGE_SIZE);
	return ret;
}

int kernel_view_page_number(struct kernel_view *view, uint64_t page, uint64_t *ret_number)
{
	int ret = view->memory.pages ? 0 : learn_with_sample(view);

	if (ret < 0)
		return ret;
	*ret_number = (page - view->memory.pages) / view->memory.size_of_page;
	return (page - view->memory.pages) % view->memory.size_of_page ? -EFAULT : 0;
}

int kernel_view_page_address(struct kernel_view *view, uint64_t page, uint64_t *ret_address)
{
	uint64_t number = 0;
	int ret = kernel_view_page_number(view, page, &number);

	*ret_address = view->memory.bytes + number * PAGE_SIZE;
	return ret;
}

/* A struct upid for each namespace, the outermost first. */
static int get_upid(struct kernel_view *view, uint64_t pid, uint64_t level, uint64_t *ret_space, uint64_t *ret_number)
{
	long size = kernel_view_size(view, "upid");
	uint64_t at = 0;
	int ret = size < 0 ? (int)size : kernel_view_locate(view, pid, "pid", "numbers", &at);

	at += level * (uint64_t)size;
	if (ret == 0)
		ret = kernel_view_get(view, at, "upid", "ns", ret_space);
	return ret < 0 ? ret : kernel_view_get(view, at, "upid", "nr", ret_number);
}

int kernel_view_pid(struct kernel_view *view, uint64_t pid, uint32_t *ret_number)
{
	uint64_t self = 0, level = 0, other_level = 0, space = 0, other_space = 0, number = 0;
	int ret = kernel_view_self(view, &self);

	*ret_number = 0;
	if (ret == 0)
		ret = kernel_view_get(view, self, "task_struct", "thread_pid", &self);
	if (ret == 0)
		ret = kernel_view_get(view, self, "pid", "level", &level);
	if (ret == 0)
		ret = kernel_view_get(view, pid, "pid", "level", &other_level);
	if (ret < 0 || other_level < level)
		return ret;
	ret = get_upid(view, self, level, &space, &number);
	if (ret == 0)
		ret = get_upid(view, pid, level, &other_space, &number);
	if (ret == 0 && space == other_space)
		*ret_number = (uint32_t)number;
	return ret;
}
