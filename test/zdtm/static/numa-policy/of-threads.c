// SPDX-License-Identifier: GPL-2.0-only
/* From which nodes threads get memory (set_mempolicy(2)): a policy of each sort, with flags, and none.
 *
 * flavours: host ns uns
 */
#include "test.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NODES 1024

enum { DEFAULT, PREFERRED, BIND, INTERLEAVE, LOCAL };
#define STATIC_NODES (1 << 15)

static const int modes[] = { DEFAULT, PREFERRED, BIND, INTERLEAVE | STATIC_NODES, LOCAL };
static pthread_barrier_t barrier;
static int error;

static void get(int *ret_mode, unsigned long *ret_nodes)
{
	memset(ret_nodes, 0, NODES / 8);
	must(syscall(SYS_get_mempolicy, ret_mode, ret_nodes, NODES, 0, 0));
}

static void *work(void *arg)
{
	unsigned long nodes[NODES / 64] = { 1 }, before[NODES / 64], after[NODES / 64];
	int wanted = *(const int *)arg, mode, mode_after;
	bool without = wanted == DEFAULT || wanted == LOCAL;

	if (syscall(SYS_set_mempolicy, wanted, without ? NULL : nodes, without ? 0 : NODES) < 0)
		error = errno;
	else
		get(&mode, before);
	pthread_barrier_wait(&barrier);
	if (error)
		return NULL;
	test_wait();
	get(&mode_after, after);
	check(mode == mode_after && !memcmp(before, after, sizeof(after)),
	      "policy %#x of %#lx became %#x of %#lx", mode, before[0], mode_after, after[0]);
	return NULL;
}

int main(int argc, char **argv)
{
	unsigned long nodes[NODES / 64] = { 1 };
	pthread_t threads[ARRAY_SIZE(modes)];
	int mode;

	test_init(argc, argv);
	pthread_barrier_init(&barrier, NULL, ARRAY_SIZE(modes) + 1);
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		check(!pthread_create(&threads[i], NULL, work, (void *)&modes[i]), "no thread");
	pthread_barrier_wait(&barrier);
	if (error == ENOSYS)
		skip("this kernel has no NUMA policies");
	check(!error, "a policy cannot be set: %d", error);
	must(syscall(SYS_set_mempolicy, INTERLEAVE, nodes, NODES));
	test_ready();
	test_wait();
	get(&mode, nodes);
	check(mode == INTERLEAVE && nodes[0] == 1, "policy of the first thread: %#x of %#lx", mode, nodes[0]);
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		pthread_join(threads[i], NULL);
	pass();
}
