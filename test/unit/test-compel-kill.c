// SPDX-License-Identifier: GPL-2.0-only
/* The worker is killed by SIGKILL at random moments; the guardian's repair leaves a tree that checks itself (4 threads,
 * 3 children, a timer) without a loss. COMPEL_KILLS sets how often. */
#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <sys/time.h>

#include "test/unit/compel-target.h"

#define DEFAULT_KILLS 200
#define NR_THREADS 4
#define NR_CHILDREN 3
#define NR_COUNTERS (NR_THREADS + NR_CHILDREN)

struct shared {
	_Atomic long counters[NR_COUNTERS];
	_Atomic long alarms;
	_Atomic int failed;
	char why[200];
	pid_t pids[1 + NR_CHILDREN];
};

static struct shared *shared;

static void note_failure(const char *what, long value)
{
	if (!atomic_exchange(&shared->failed, 1))
		snprintf(shared->why, sizeof(shared->why), "%s: %ld, errno %d", what, value, errno);
}

static void on_alarm(int signal)
{
	shared->alarms++;
}

static void on_unexpected(int signal)
{
	note_failure("unexpected signal", signal);
}

static void check_vectors(void)
{
#if defined(__x86_64__)
	uint64_t in = 0x0123456789abcdef, out = 0;

	__asm__ volatile("movq %1, %%xmm9\n\tmov $3000, %%ecx\n1:\tdec %%ecx\n\tjnz 1b\n\tmovq %%xmm9, %0"
			 : "=r"(out)
			 : "r"(in)
			 : "xmm9", "ecx", "cc");
	if (in != out)
		note_failure("vector register", (long)out);
#endif
}

/* Each has a mask of its own; odd ones sleep, even ones wait in poll(), the first computes; all look at themselves. */
static void *check_forever(void *argument)
{
	long n = (long)argument;
	uint64_t mask = 1UL << (n + 33) | (n ? 1UL << (SIGALRM - 1) : 0);
	struct timespec delay = { 0, 200000 };

	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof(mask));
	for (;;) {
		if (n % 2) {
			int error = clock_nanosleep(CLOCK_MONOTONIC, 0, &delay, NULL);

			if (error)
				note_failure("clock_nanosleep", error);
		} else if (n && poll(NULL, 0, 1)) {
			note_failure("poll", n);
		}
		check_vectors();
		if (own_mask() != mask)
			note_failure("mask", (long)own_mask());
		shared->counters[n]++;
	}
	return NULL;
}

static void become_tree(void)
{
	struct itimerval timer = { { 0, 1500 }, { 0, 1500 } };
	pthread_t thread;

	shared->pids[0] = getpid();
	for (int signal = 1; signal < 32; signal++)
		if (signal != SIGKILL && signal != SIGSTOP && signal != SIGALRM)
			sigaction(signal, &(struct sigaction){ .sa_handler = on_unexpected }, NULL);
	sigaction(SIGALRM, &(struct sigaction){ .sa_handler = on_alarm, .sa_flags = SA_RESTART }, NULL);
	for (long n = 0; n < NR_CHILDREN; n++) {
		pid_t child = test_fork();

		if (!child)
			check_forever((void *)(NR_THREADS + n));
		shared->pids[1 + n] = child;
	}
	for (long n = 1; n < NR_THREADS; n++)
		pthread_create(&thread, NULL, check_forever, (void *)n);
	setitimer(ITIMER_REAL, &timer, NULL);
	check_forever(0);
}

/* What a dump does, over and over, until it is killed. */
static void work_until_killed(struct compel_ledger *ledger, pid_t root, unsigned int seed)
{
	struct compel_blob blob = test_blob();

	for (;;) {
		struct compel_tree *tree;
		long value;
		int fd;

		if (compel_seize_tree(ledger, root, NULL, &tree))
			_exit(1);
		for (unsigned int round = seed % 7; round-- > 0;)
			for (unsigned int n = 0; n < tree->nr_processes; n++) {
				struct compel_process *process = tree->processes[n];

				if (compel_inject(process, &blob, 4096, 0))
					_exit(2);
				for (unsigned int i = 0; i < process->nr_threads; i++)
					if (compel_call(&process->threads[i], BLOB_CLOBBER, 0, &value))
						_exit(3);
				if (round % 3 == 0 && compel_send_fd(process, 0, &fd))
					_exit(4);
				if (compel_cure(process))
					_exit(5);
			}
		if (compel_release_tree(tree, COMPEL_RESUME))
			_exit(6);
	}
}

static void list_fds(pid_t pid, char *text, size_t size)
{
	struct dirent *entry;
	size_t length = 0;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir)) && length + 16 < size)
		length += (size_t)snprintf(text + length, size - length, "%s ", entry->d_name);
	closedir(dir);
}

struct picture {
	char *maps, fds[256];
};

static void take_picture(pid_t pid, struct picture *ret_picture)
{
	ret_picture->maps = proc_text(pid, "maps");
	list_fds(pid, ret_picture->fds, sizeof(ret_picture->fds));
}

static void compare_picture(pid_t pid, const struct picture *before, int round)
{
	struct picture now;

	take_picture(pid, &now);
	if (strcmp(now.maps, before->maps))
		fail_msg("round %d, pid %d: mappings were\n%s\nare\n%s", round, pid, before->maps, now.maps);
	if (strcmp(now.fds, before->fds))
		fail_msg("round %d, pid %d: descriptors were %s are %s", round, pid, before->fds, now.fds);
	free(now.maps);
}

static void check_progress(int round)
{
	long before[NR_COUNTERS], alarms = shared->alarms;

	for (int n = 0; n < NR_COUNTERS; n++)
		before[n] = shared->counters[n];
	for (int n = 0; n < NR_COUNTERS; n++) {
		for (int wait = 0; wait < 3000 && shared->counters[n] == before[n]; wait++)
			sleep_ms(1);
		if (shared->counters[n] == before[n])
			fail_msg("round %d: thread %d does not go on", round, n);
	}
	for (int wait = 0; wait < 3000 && shared->alarms == alarms; wait++)
		sleep_ms(1);
	if (shared->alarms == alarms)
		fail_msg("round %d: no alarm comes any more", round);
	if (shared->failed)
		fail_msg("round %d: %s", round, shared->why);
}

static int kill_once(struct compel_ledger *ledger, pid_t root)
{
	unsigned int seed = (unsigned int)rand();
	struct timespec delay = { 0, 200000 + rand() % 12000000 };
	pid_t worker = test_fork();
	int status, moved;

	if (!worker)
		work_until_killed(ledger, root, seed);
	nanosleep(&delay, NULL);
	kill(worker, SIGKILL);
	assert_int_equal(waitpid(worker, &status, 0), worker);
	if (!WIFSIGNALED(status))
		fail_msg("the worker failed at step %d", WEXITSTATUS(status));
	moved = compel_ledger_repair(ledger);
	must(moved);
	return moved;
}

static void test_kills(void **state)
{
	const char *kills = getenv("COMPEL_KILLS");
	int rounds = kills ? atoi(kills) : DEFAULT_KILLS, repaired = 0, moved = 0;
	struct compel_ledger *ledger = new_ledger();
	struct picture before[1 + NR_CHILDREN];
	pid_t root;

	shared = shared_page();
	root = test_fork();
	if (!root)
		become_tree();
	for (int n = 0; n < NR_COUNTERS; n++)
		wait_for_value(shared->counters[n]);
	wait_for_value(shared->alarms);
	for (int n = 0; n <= NR_CHILDREN; n++)
		take_picture(shared->pids[n], &before[n]);
	srand((unsigned int)now_ms());
	for (int round = 0; round < rounds; round++) {
		int result = kill_once(ledger, root);

		moved += result;
		repaired += result > 0;
		check_progress(round);
		for (int n = 0; n <= NR_CHILDREN; n++)
			compare_picture(shared->pids[n], &before[n], round);
	}
	print_message("%d kills, %d with something to put back, %d threads put back\n", rounds, repaired, moved);
	end_child(root);
	for (int n = 0; n <= NR_CHILDREN; n++)
		free(before[n].maps);
	for (int n = 1; n <= NR_CHILDREN; n++)
		kill(shared->pids[n], SIGKILL);
	compel_ledger_free(ledger);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_kills) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
