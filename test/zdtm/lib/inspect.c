// SPDX-License-Identifier: GPL-2.0-only
/* Contents of memory by pattern, and what /proc tells about a task. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/futex.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static uint32_t next_word(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state ^ *state >> 15;
}

void test_fill(void *memory, size_t size, uint32_t seed)
{
	uint8_t *byte = memory;

	for (size_t i = 0; i < size; i += sizeof(uint32_t)) {
		uint32_t word = next_word(&seed);

		memcpy(byte + i, &word, size - i < sizeof(word) ? size - i : sizeof(word));
	}
}

ssize_t test_differs(const void *memory, size_t size, uint32_t seed)
{
	const uint8_t *byte = memory;

	for (size_t i = 0; i < size; i += sizeof(uint32_t)) {
		uint32_t word = next_word(&seed);

		if (memcmp(byte + i, &word, size - i < sizeof(word) ? size - i : sizeof(word)))
			return i;
	}
	return -1;
}

void test_proc_line(pid_t pid, const char *file, const char *key, char *value, size_t size)
{
	size_t length = strlen(key);
	bool found = false;
	char line[4096];
	FILE *stream;

	snprintf(line, sizeof(line), "/proc/%d/%s", pid, file);
	stream = fopen(line, "re");
	check(stream, "no %s", line);
	while (!found && fgets(line, sizeof(line), stream)) {
		if (strncmp(line, key, length) || line[length] != ':')
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(value, size, "%s", line + length + 1 + strspn(line + length + 1, " \t"));
		found = true;
	}
	fclose(stream);
	check(found, "/proc/%d/%s has no line %s", pid, file, key);
}

static bool is_mapping_line(const char *line, uintptr_t *start, uintptr_t *end, int *name_at)
{
	*name_at = 0;
	return sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %*s %*s %*s %*s %n", start, end, name_at) >= 2;
}

bool test_mapping_line(const void *address, const char *key, char *value, size_t size)
{
	FILE *stream = fopen("/proc/self/smaps", "re");
	uintptr_t start = 0, end = 0, from, to;
	size_t length = strlen(key);
	bool found = false;
	char line[1024];
	int at;

	check(stream, "no smaps");
	while (!found && fgets(line, sizeof(line), stream)) {
		if (is_mapping_line(line, &from, &to, &at)) {
			start = from;
			end = to;
		} else if ((uintptr_t)address >= start && (uintptr_t)address < end &&
			   !strncmp(line, key, length) && line[length] == ':') {
			snprintf(value, size, "%s", line + length + 1 + strspn(line + length + 1, " \t"));
			found = true;
		}
	}
	fclose(stream);
	return found;
}

bool test_mapping_has(const void *address, const char *flag)
{
	char flags[512], *rest = flags, *word;

	check(test_mapping_line(address, "VmFlags", flags, sizeof(flags)), "nothing is mapped at %p", address);
	while ((word = strsep(&rest, " \n"))) {
		if (!strcmp(word, flag))
			return true;
	}
	return false;
}

uintptr_t test_mapping_start(const void *address, char *name, size_t size)
{
	FILE *stream = fopen("/proc/self/maps", "re");
	uintptr_t start = 0, end;
	char line[1024];
	int at;

	check(stream, "no maps");
	while (fgets(line, sizeof(line), stream)) {
		if (!is_mapping_line(line, &start, &end, &at) || (uintptr_t)address < start ||
		    (uintptr_t)address >= end)
			continue;
		fclose(stream);
		line[strcspn(line, "\n")] = '\0';
		snprintf(name, size, "%s", at ? line + at : "");
		return start;
	}
	fail("nothing is mapped at %p", address);
}

long test_proportional(const void *memory, size_t size)
{
	FILE *stream = fopen("/proc/self/smaps", "re");
	uintptr_t from = (uintptr_t)memory, start = 0, end;
	bool inside = false;
	long sum = 0, kib;
	char line[1024];
	int at;

	check(stream, "no smaps");
	while (fgets(line, sizeof(line), stream)) {
		if (is_mapping_line(line, &start, &end, &at))
			inside = start >= from && end <= from + size;
		else if (inside && sscanf(line, "Pss: %ld", &kib) == 1)
			sum += kib;
	}
	fclose(stream);
	return sum;
}

uint64_t test_page_entry(pid_t pid, const void *address)
{
	uint64_t entry;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	fd = must(open(path, O_RDONLY | O_CLOEXEC));
	check(pread(fd, &entry, sizeof(entry), (uintptr_t)address / TEST_PAGE * sizeof(entry)) == sizeof(entry),
	      "short read from %s", path);
	close(fd);
	return entry & 1ULL << 63 ? entry & ((1ULL << 55) - 1) : 0;
}

void test_wait_blocked(pid_t tid, long number)
{
	char path[64], line[256];

	snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", tid);
	for (int left = 2000; left; left--) {
		FILE *stream = fopen(path, "re");
		long now = -1;

		check(stream, "no %s", path);
		if (fgets(line, sizeof(line), stream))
			sscanf(line, "%ld", &now);
		fclose(stream);
		if (now == number)
			return;
		usleep(1000);
	}
	fail("thread %d does not get into system call %ld: %s", tid, number, line);
}

long test_futex_wait(int *word, int value, const struct timespec *limit)
{
#ifdef __x86_64__
	register const struct timespec *fourth asm("r10") = limit;
	long result;

	asm volatile("movl %[number], %%eax\n	syscall"
		     : "=&a"(result)
		     : [number] "i"(SYS_futex), "D"(word), "S"(FUTEX_WAIT_PRIVATE), "d"(value), "r"(fourth)
		     : "rcx", "r11", "memory");
	return result;
#elif defined(__i386__)
	long result;

	asm volatile("movl %[number], %%eax\n	int $0x80"
		     : "=&a"(result)
		     : [number] "i"(SYS_futex), "b"(word), "c"(FUTEX_WAIT_PRIVATE), "d"(value), "S"(limit)
		     : "memory");
	return result;
#else
	return syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, limit, NULL, 0) ? -errno : 0;
#endif
}
