// SPDX-License-Identifier: GPL-2.0-only
/* Threads touch missing pages without end, others bring them, a process does so for a page that its parent misses: whatever
 * is on its way, each page comes once and is the right one.
 *
 * skip-if: no-userfaultfd
 * iterations: 10
 * not-compared: descriptors
 * kinds: userfaultfd registered_memory
 */
#include "../static/userfaultfd/faults.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define PAGES 16
#define READERS 2

static struct {
	int fd;
	uint8_t *memory;
} area;

static pthread_barrier_t started; /* by READERS, who serves them, and the first thread */

/* Of a fault that was told twice the page is there already. */
static void bring(int fd, uint64_t address, uint64_t content)
{
	uint64_t data[TEST_PAGE / 8];
	struct uffdio_copy copy = { .dst = address, .src = (uintptr_t)data, .len = TEST_PAGE };

	for (size_t i = 0; i < ARRAY_SIZE(data); i++)
		data[i] = content;
	while (ioctl(fd, UFFDIO_COPY, &copy) < 0 && errno != EEXIST)
		check(errno == EAGAIN, "UFFDIO_COPY: %s", strerror(errno));
	must(ioctl(fd, UFFDIO_WAKE, &(struct uffdio_range){ .start = address, .len = TEST_PAGE }));
}

static void *serve(void *argument)
{
	int fd = *(int *)argument;

	if (fd == area.fd)
		pthread_barrier_wait(&started);
	for (;;) {
		uint64_t page = faults_next(fd).arg.pagefault.address & ~(TEST_PAGE - 1ULL);

		bring(fd, page, page);
	}
	return NULL;
}

/* Each has pages of its own, which it drops when it has seen them all. */
static void *touch(void *argument)
{
	uint8_t *start = argument;

	if (start < area.memory + READERS * PAGES * TEST_PAGE && start >= area.memory)
		pthread_barrier_wait(&started);
	while (!test_stopped()) {
		usleep(200);
		for (int i = 0; i < PAGES; i++) {
			uint64_t found = *(volatile uint64_t *)PAGE(start, i);

			check(found == (uintptr_t)PAGE(start, i), "page %d has %lx", i, (long)found);
		}
		must(madvise(start, PAGES * TEST_PAGE, MADV_DONTNEED));
	}
	return NULL;
}

static void serve_parent(int fd)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	test_leave_starter();
	serve(&fd);
}

int main(int argc, char **argv)
{
	pthread_t threads[READERS], server;
	uint8_t *others;
	int fd;
	pid_t pid;

	test_init(argc, argv);
	area.fd = faults_open(0);
	fd = faults_open(0);
	area.memory = faults_map(READERS * PAGES);
	others = faults_map(PAGES);
	pid = (pid_t)must(fork());
	if (pid == 0)
		serve_parent(fd);
	faults_register(area.fd, area.memory, READERS * PAGES, UFFDIO_REGISTER_MODE_MISSING);
	faults_register(fd, others, PAGES, UFFDIO_REGISTER_MODE_MISSING);
	check(!pthread_barrier_init(&started, NULL, READERS + 2), "no barrier");
	check(!pthread_create(&server, NULL, serve, &area.fd), "no thread");
	for (int i = 0; i < READERS; i++)
		check(!pthread_create(&threads[i], NULL, touch, PAGE(area.memory, i * PAGES)), "no thread");
	pthread_barrier_wait(&started);
	test_ready();
	touch(others);
	test_wait();

	for (int i = 0; i < READERS; i++)
		check(!pthread_join(threads[i], NULL), "no join");
	kill(pid, SIGKILL);
	must(waitpid(pid, NULL, 0));
	pass();
}
