// SPDX-License-Identifier: GPL-2.0-only
/* Freezing trees: threads, racing forks, zombies, stopped, traced and unstoppable processes. */
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>

#include "test/unit/compel-target.h"

static void *thread_of_storm(void *argument)
{
	sleep_ms(2);
	return NULL;
}

/* Forks and makes threads without end, two generations deep; the last one ends soon. */
static void storm(void)
{
	int depth = 0, left = 0;

	for (;;) {
		pthread_t thread;
		pid_t child = test_fork();

		if (!child) {
			depth++;
			left = 4;
		}
		if (depth > 2 || (depth && !left--)) {
			sleep_ms(3);
			_exit(0);
		}
		if (!pthread_create(&thread, NULL, thread_of_storm, NULL))
			pthread_detach(thread);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		sleep_ms(1);
	}
}

static void assert_all_stopped(const struct compel_tree *tree)
{
	for (unsigned int n = 0; n < tree->nr_processes; n++) {
		const struct compel_process *process = tree->processes[n];

		for (unsigned int i = 0; i < process->nr_threads; i++) {
			if (!process->threads[i].dead)
				assert_int_equal(proc_state(process->threads[i].tid), 't');
		}
	}
}

/* All pids of the tree as /proc has them now, by walking parents. */
static unsigned int count_descendants(pid_t root)
{
	unsigned int count = 1;
	char command[96];
	char *text, *word, *save = NULL;
	FILE *list;

	snprintf(command, sizeof(command), "cat /proc/%d/task/*/children 2>/dev/null", root);
	list = popen(command, "re");
	text = calloc(1, 65536);
	text[fread(text, 1, 65535, list)] = 0;
	pclose(list);
	for (word = strtok_r(text, " \n", &save); word; word = strtok_r(NULL, " \n", &save))
		count += count_descendants(atoi(word));
	free(text);
	return count;
}

static void test_tree_that_forks(void **state)
{
	struct compel_ledger *ledger = new_ledger();
	pid_t child = test_fork();

	if (!child) {
		prctl(PR_SET_CHILD_SUBREAPER, 1);
		storm();
	}
	sleep_ms(50);
	for (int round = 0; round < 10; round++) {
		struct compel_tree *tree;

		must(compel_seize_tree(ledger, child, NULL, &tree));
		assert_all_stopped(tree);
		assert_int_equal(count_descendants(child), tree->nr_processes);
		for (unsigned int n = 1; n < tree->nr_processes; n++) {
			unsigned int parent = 0;

			while (parent < n && tree->processes[parent]->pid != tree->processes[n]->ppid)
				parent++;
			assert_int_not_equal(parent, n);
		}
		must(compel_release_tree(tree, round == 9 ? COMPEL_KILL : COMPEL_RESUME));
		sleep_ms(5);
	}
	assert_int_equal(waitpid(child, NULL, 0), child);
	compel_ledger_free(ledger);
}

/* One of several threads calls execve() again and again: it becomes the leader and the others end. */
static void *execute(void *argument)
{
	/* It is the thread's, not the process's: the one that executes brings it along. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sleep_ms(rand() % 3);
	execl("/proc/self/exe", "test-compel-seize", "--execute", NULL);
	return NULL;
}

static void execute_forever(void)
{
	pthread_t thread;

	srand((unsigned int)getpid() + (unsigned int)now_ms());
	for (int n = 0; n < 4; n++)
		pthread_create(&thread, NULL, execute, NULL);
	for (;;)
		pause();
}

static void test_threads_that_execute(void **state)
{
	struct compel_ledger *ledger = new_ledger();
	pid_t child = test_fork();

	if (!child)
		execute_forever();
	for (int round = 0; round < 300; round++) {
		struct compel_tree *tree;

		must(compel_seize_tree(ledger, child, NULL, &tree));
		assert_int_equal(tree->processes[0]->state, COMPEL_ALIVE);
		assert_all_stopped(tree);
		if (round % 8 == 0)
			visit_process(tree->processes[0]);
		must(compel_release_tree(tree, COMPEL_RESUME));
		sleep_ms(rand() % 3);
	}
	end_child(child);
	compel_ledger_free(ledger);
}

static void *wait_forever(void *argument)
{
	for (;;)
		pause();
	return NULL;
}

static void test_many_threads(void **state)
{
	struct compel_ledger *ledger = new_ledger();
	struct compel_tree *tree;
	pid_t child = test_fork();

	if (!child) {
		pthread_t thread;

		for (int n = 0; n < 500; n++)
			pthread_create(&thread, NULL, wait_forever, NULL);
		wait_forever(NULL);
	}
	wait_for_threads(child, 501);
	must(compel_seize_tree(ledger, child, NULL, &tree));
	assert_int_equal(tree->nr_threads, 501);
	assert_int_equal(tree->processes[0]->threads[0].tid, child);
	must(compel_release_tree(tree, COMPEL_RESUME));
	end_child(child);
	compel_ledger_free(ledger);
}

static void test_full_ledger(void **state)
{
	struct compel_ledger *ledger;
	struct compel_tree *tree;
	pid_t child = test_fork();

	if (!child) {
		pthread_t thread;

		for (int n = 0; n < 10; n++)
			pthread_create(&thread, NULL, wait_forever, NULL);
		wait_forever(NULL);
	}
	wait_for_threads(child, 11);
	must(compel_ledger_new(4, &ledger));
	assert_int_equal(compel_seize_tree(ledger, child, NULL, &tree), -ENOSPC);
	assert_non_null(strstr(compel_last_error(), "full"));
	wait_for_state(child, 'S');
	end_child(child);
	compel_ledger_free(ledger);
}

static void test_zombie(void **state)
{
	struct compel_ledger *ledger = new_ledger();
	_Atomic int *ready = shared_page();
	struct compel_tree *tree;
	pid_t child = test_fork();

	if (!child) {
		siginfo_t info;

		if (!test_fork())
			_exit(5);
		if (!test_fork())
			raise(SIGKILL);
		waitid(P_ALL, 0, &info, WEXITED | WNOWAIT);
		sleep_ms(50);
		*ready = 1;
		wait_forever(NULL);
	}
	wait_for_value(*ready);
	sleep_ms(50);
	must(compel_seize_tree(ledger, child, NULL, &tree));
	assert_int_equal(tree->nr_processes, 3);
	for (unsigned int n = 1; n < 3; n++) {
		assert_int_equal(tree->processes[n]->state, COMPEL_ZOMBIE);
		assert_int_equal(tree->processes[n]->ppid, child);
		assert_true(tree->processes[n]->threads[0].dead);
		if (WIFEXITED(tree->processes[n]->exit_code))
			assert_int_equal(WEXITSTATUS(tree->processes[n]->exit_code), 5);
		else
			assert_int_equal(WTERMSIG(tree->processes[n]->exit_code), SIGKILL);
	}
	must(compel_release_tree(tree, COMPEL_RESUME));
	assert_int_equal(compel_seize_process(ledger, 0x3fffff, 1, NULL), -ESRCH);
	end_child(child);
	compel_ledger_free(ledger);
}

/* The leader has ended by pthread_exit(), a thread lives on. */
static void test_dead_leader(void **state)
{
	struct compel_ledger *ledger = new_ledger();
	struct compel_tree *tree;
	pid_t child = test_fork();

	if (!child) {
		pthread_t thread;

		pthread_create(&thread, NULL, wait_forever, NULL);
		syscall(SYS_exit, 0);
	}
	wait_for_state(child, 'Z');
	must(compel_seize_tree(ledger, child, NULL, &tree));
	assert_int_equal(tree->processes[0]->state, COMPEL_ALIVE);
	assert_int_equal(tree->nr_threads, 2);
	assert_true(tree->processes[0]->threads[0].dead);
	assert_false(tree->processes[0]->threads[1].dead);
	visit_process(tree->processes[0]);
	must(compel_release_tree(tree, COMPEL_RESUME));
	assert_int_equal(proc_state(child), 'Z');
	end_child(child);
	compel_ledger_free(ledger);
}

static void stop_and_visit(int signal)
{
	struct compel_ledger *ledger = new_ledger();
	struct compel_tree *tree;
	pid_t child = test_fork();
	int status;

	if (!child)
		wait_forever(NULL);
	/* An orphaned group ignores SIGTSTP, SIGTTIN and SIGTTOU; ours may be one, one with us as a parent is not. */
	assert_int_equal(setpgid(child, child), 0);
	wait_for_state(child, 'S');
	kill(child, signal);
	assert_int_equal(waitpid(child, &status, WUNTRACED), child);
	assert_int_equal(WSTOPSIG(status), signal);
	for (int round = 0; round < 2; round++) {
		must(compel_seize_tree(ledger, child, NULL, &tree));
		assert_int_equal(tree->processes[0]->state, COMPEL_STOPPED);
		assert_int_equal(tree->processes[0]->stop_signal, signal);
		if (round)
			visit_process(tree->processes[0]);
		must(compel_release_tree(tree, COMPEL_RESUME));
		wait_for_state(child, 'T');
	}
	/* No news for the parent: it knows about the stop. */
	assert_int_equal(waitpid(child, &status, WUNTRACED | WCONTINUED | WNOHANG), 0);
	kill(child, SIGCONT);
	assert_int_equal(waitpid(child, &status, WUNTRACED | WCONTINUED), child);
	assert_true(WIFCONTINUED(status));
	wait_for_state(child, 'S');
	end_child(child);
	compel_ledger_free(ledger);
}

static void test_stopped(void **state)
{
	stop_and_visit(SIGSTOP);
	stop_and_visit(SIGTSTP);
}

static void test_leave_stopped(void **state)
{
	struct compel_ledger *ledger = new_ledger();
	struct compel_tree *tree;
	_Atomic long *counter = shared_page();
	pid_t child = test_fork();
	long before;

	if (!child)
		for (;;)
			++*counter;
	wait_for_value(*counter);
	must(compel_seize_tree(ledger, child, NULL, &tree));
	visit_process(tree->processes[0]);
	before = *counter;
	must(compel_release_tree(tree, COMPEL_STOP));
	wait_for_state(child, 'T');
	assert_int_equal(*counter, before);
	kill(child, SIGCONT);
	wait_for_value(*counter != before);
	end_child(child);
	compel_ledger_free(ledger);
}

static void test_traced(void **state)
{
	struct compel_ledger *ledger = new_ledger();
	struct compel_tree *tree;
	_Atomic int *traced = shared_page();
	char tracer_name[64];
	pid_t child = test_fork(), tracer;

	if (!child)
		wait_forever(NULL);
	tracer = test_fork();
	if (!tracer) {
		prctl(PR_SET_NAME, "some-tracer");
		if (ptrace(PTRACE_SEIZE, child, NULL, NULL))
			_exit(1);
		*traced = 1;
		wait_forever(NULL);
	}
	wait_for_value(*traced);
	assert_int_equal(compel_seize_tree(ledger, child, NULL, &tree), -EBUSY);
	snprintf(tracer_name, sizeof(tracer_name), "traced by pid %d (some-tracer)", tracer);
	assert_non_null(strstr(compel_last_error(), tracer_name));
	end_child(tracer);
	must(compel_seize_tree(ledger, child, NULL, &tree));
	must(compel_release_tree(tree, COMPEL_KILL));
	waitpid(child, NULL, 0);
	compel_ledger_free(ledger);
}

static void test_seized_already(void **state)
{
	struct compel_ledger *ledger = new_ledger();
	struct compel_process *process, *again;
	pid_t child = test_fork();

	if (!child)
		wait_forever(NULL);
	must(compel_seize_process(ledger, child, 1, &process));
	assert_int_equal(compel_seize_process(ledger, child, 1, &again), -EBUSY);
	visit_process(process);
	must(compel_release_process(process, COMPEL_RESUME));
	must(compel_seize_process(ledger, child, 1, &process));
	must(compel_release_process(process, COMPEL_KILL));
	waitpid(child, NULL, 0);
	compel_ledger_free(ledger);
}

static int sleep_and_exit(void *argument)
{
	for (;;)
		sleep_ms(1000);
	return 0;
}

static void test_in_vfork(void **state)
{
	const struct compel_seize_options options = { .timeout_sec = 1 };
	struct compel_ledger *ledger = new_ledger();
	struct compel_tree *tree;
	pid_t child = test_fork();
	char name[64], *children;

	if (!child) {
		static char stack[65536] __attribute__((aligned(16)));

		clone(sleep_and_exit, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
		_exit(0);
	}
	wait_for_state(child, 'D');
	assert_int_equal(compel_seize_tree(ledger, child, &options, &tree), -ETIME);
	assert_non_null(strstr(compel_last_error(), "state D"));
	assert_non_null(strstr(compel_last_error(), "is in vfork()"));
	snprintf(name, sizeof(name), "task/%d/children", child);
	children = proc_text(child, name);
	kill(atoi(children), SIGKILL);
	free(children);
	waitpid(child, NULL, 0);
	compel_ledger_free(ledger);
}

static _Atomic long *received;

static void count_signal(int signal)
{
	received[0]++;
}

/* A timer whose signal is there again as soon as it was delivered: one that stops the thread cancels the interrupt. */
static void test_signals_without_end(void **state)
{
	struct compel_ledger *ledger = new_ledger();
	struct compel_tree *tree;
	pid_t child;

	received = shared_page();
	child = test_fork();
	if (!child) {
		struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
		struct itimerspec flood = { { 0, 1000 }, { 0, 1000 } };
		timer_t timer;

		signal(SIGRTMIN, count_signal);
		timer_create(CLOCK_MONOTONIC, &event, &timer);
		timer_settime(timer, 0, &flood, NULL);
		for (;;)
			getppid();
	}
	wait_for_value(received[0] > 100);
	for (int n = 0; n < 3000; n++) {
		must(compel_seize_tree(ledger, child, NULL, &tree));
		must(compel_release_tree(tree, COMPEL_RESUME));
	}
	end_child(child);
	compel_ledger_free(ledger);
}

/* Signals that come while it is being frozen, again and again: none is lost, siginfo stays. */

static void on_queued(int signal, siginfo_t *info, void *context)
{
	if (info->si_code == SI_QUEUE && info->si_int == (int)received[0])
		received[0]++;
	else
		received[1]++;
}

static void test_signals_meanwhile(void **state)
{
	struct compel_ledger *ledger = new_ledger();
	struct compel_tree *tree;
	pid_t child, sender;

	received = shared_page();
	child = test_fork();
	if (!child) {
		struct sigaction action = { .sa_sigaction = on_queued, .sa_flags = SA_SIGINFO };

		sigaction(SIGRTMIN, &action, NULL);
		received[2] = 1;
		wait_forever(NULL);
	}
	wait_for_value(received[2]);
	sender = test_fork();
	if (!sender) {
		for (int n = 0; n < 2000; n++) {
			while (sigqueue(child, SIGRTMIN, (union sigval){ .sival_int = n }))
				sleep_ms(1);
			if (n % 16 == 0)
				sleep_ms(1);
		}
		_exit(0);
	}
	while (!waitpid(sender, NULL, WNOHANG)) {
		must(compel_seize_tree(ledger, child, NULL, &tree));
		if (*received % 2)
			visit_process(tree->processes[0]);
		must(compel_release_tree(tree, COMPEL_RESUME));
	}
	wait_for_value(received[0] + received[1] >= 2000);
	assert_int_equal(received[0], 2000);
	assert_int_equal(received[1], 0);
	end_child(child);
	compel_ledger_free(ledger);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree_that_forks),
		cmocka_unit_test(test_threads_that_execute),
		cmocka_unit_test(test_many_threads),
		cmocka_unit_test(test_full_ledger),
		cmocka_unit_test(test_zombie),
		cmocka_unit_test(test_dead_leader),
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_leave_stopped),
		cmocka_unit_test(test_traced),
		cmocka_unit_test(test_seized_already),
		cmocka_unit_test(test_in_vfork),
		cmocka_unit_test(test_signals_meanwhile),
		cmocka_unit_test(test_signals_without_end),
	};

	if (argc > 1 && !strcmp(argv[1], "--execute"))
		execute_forever();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
