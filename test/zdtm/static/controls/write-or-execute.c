// SPDX-License-Identifier: GPL-2.0-only
/* Memory is either written or executed (PR_SET_MDWE, Linux 6.3): a process of this kind is dumped and restored, with
 * an executable mapping that it had made before, and stays so. Its child does not hand it on
 * (PR_MDWE_NO_INHERIT, Linux 6.6).
 *
 * flavours: host ns
 */
#include "test.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_GET_MDWE 66
#endif
#define REFUSE_EXEC_GAIN 1
#define NO_INHERIT 2

static int mdwe(void)
{
	return prctl(PR_GET_MDWE, 0, 0, 0, 0);
}

static void verify_refused(void)
{
	char *page = mmap(NULL, TEST_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(page != MAP_FAILED, "no page");
	check(mprotect(page, TEST_PAGE, PROT_READ | PROT_EXEC) == -1 && errno == EACCES, "memory became executable");
	check(mmap(NULL, TEST_PAGE, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED,
	      "memory can be both");
}

static void child(void *arg)
{
	bool inherits = prctl(PR_SET_MDWE, REFUSE_EXEC_GAIN | NO_INHERIT, 0, 0, 0) < 0;
	int before, status;
	pid_t pid;

	if (inherits)
		must(prctl(PR_SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0));
	before = mdwe();
	test_ready();
	test_wait();
	check(mdwe() == before, "of the child it was %d and is %d", before, mdwe());
	verify_refused();
	pid = must(fork());
	if (!pid)
		_exit(mdwe());
	must(waitpid(pid, &status, 0));
	check(WEXITSTATUS(status) == (inherits ? REFUSE_EXEC_GAIN : 0), "of the grandchild: %#x", status);
}

int main(int argc, char **argv)
{
	static const char code[] = { (char)0xc3, 0x55, (char)0xaa };
	char *page;
	pid_t pid;

	test_init(argc, argv);
	if (mdwe() < 0)
		skip("this kernel does not know PR_SET_MDWE");
	page = mmap(NULL, TEST_PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(page != MAP_FAILED, "no page");
	for (size_t i = 0; i < sizeof(code); i++)
		page[i] = code[i];
	pid = test_child(child, NULL);
	must(prctl(PR_SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0));
	test_ready();
	test_wait();
	check(mdwe() == REFUSE_EXEC_GAIN, "it is %d", mdwe());
	verify_refused();
	check(page[1] == 0x55, "the executable page has changed");
	page[1]++;
	test_end_child(pid);
	pass();
}
