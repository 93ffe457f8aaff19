// SPDX-License-Identifier: GPL-2.0-only
/* Pages that are write-protected stay so, and no others; where the kernel lifts the protection by itself
 * (UFFD_FEATURE_WP_ASYNC) pages that are not there are protected, too.
 *
 * skip-if: no-userfaultfd
 * kinds: userfaultfd registered_memory
 */
#include "faults.h"

#ifndef UFFD_FEATURE_WP_UNPOPULATED
#define UFFD_FEATURE_WP_UNPOPULATED (1 << 13)
#endif
#ifndef UFFD_FEATURE_WP_ASYNC
#define UFFD_FEATURE_WP_ASYNC (1 << 15)
#endif
#define PAGES 64

static bool has_async(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	int fd = must(syscall(SYS_userfaultfd, O_CLOEXEC));

	must(ioctl(fd, UFFDIO_API, &api));
	close(fd);
	return api.features & UFFD_FEATURE_WP_ASYNC;
}

static void *lift(void *argument)
{
	int fd = *(int *)argument;

	for (;;) {
		struct uffd_msg message = faults_next(fd);
		uint8_t *page = (uint8_t *)(uintptr_t)(message.arg.pagefault.address & ~(TEST_PAGE - 1ULL));

		check(message.arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WP, "not for its protection");
		faults_protect(fd, page, 1, false);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	int fd, async_fd = -1;
	uint8_t *memory, *async = NULL;
	bool shows;
	pthread_t thread;

	test_init(argc, argv);
	fd = faults_open(UFFD_FEATURE_PAGEFAULT_FLAG_WP);
	memory = faults_map(PAGES);
	memset(memory, 1, PAGES / 2 * TEST_PAGE);
	faults_register(fd, memory, PAGES, UFFDIO_REGISTER_MODE_WP);
	faults_protect(fd, PAGE(memory, 8), 8, true);
	check(!pthread_create(&thread, NULL, lift, &fd), "no thread");
	PAGE(memory, 9)[0] = 2;
	shows = faults_is_protected(PAGE(memory, 8));
	if (!shows)
		skip("this kernel does not tell what is protected");
	if (has_async()) {
		async_fd = faults_open(UFFD_FEATURE_WP_ASYNC | UFFD_FEATURE_WP_UNPOPULATED |
				       UFFD_FEATURE_PAGEFAULT_FLAG_WP);
		async = faults_map(PAGES);
		memset(async, 3, 8 * TEST_PAGE);
		faults_register(async_fd, async, PAGES, UFFDIO_REGISTER_MODE_WP);
		faults_protect(async_fd, async, PAGES, true);
		PAGE(async, 1)[0] = 4;
		PAGE(async, 20)[0] = 5;
	}

	test_ready();
	test_wait();

	for (int i = 0; i < PAGES; i++)
		check(faults_is_protected(PAGE(memory, i)) == (i >= 8 && i < 16 && i != 9),
		      "page %d is %sprotected", i, faults_is_protected(PAGE(memory, i)) ? "" : "not ");
	PAGE(memory, 10)[0] = 6;
	check(!faults_is_protected(PAGE(memory, 10)) && PAGE(memory, 10)[0] == 6 && PAGE(memory, 10)[1] == 1,
	      "a page cannot be written");
	for (int i = 0; async && i < PAGES; i++)
		check(faults_is_protected(PAGE(async, i)) == (i != 1 && i != 20),
		      "asynchronous page %d is %sprotected", i, faults_is_protected(PAGE(async, i)) ? "" : "not ");
	if (async) {
		check(PAGE(async, 20)[0] == 5 && PAGE(async, 2)[9] == 3, "memory has changed");
		PAGE(async, 30)[0] = 1;
		check(!faults_is_protected(PAGE(async, 30)), "the protection is not lifted");
	}
	pass();
}
