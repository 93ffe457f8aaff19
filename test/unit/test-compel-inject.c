// SPDX-License-Identifier: GPL-2.0-only
/* Running code in frozen processes, and that nothing of it is left: registers, mask, mappings, descriptors. */
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/auxv.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "test/unit/compel-target.h"

struct shared {
	_Atomic long rounds, failures;
	_Atomic int ready;
};

static pid_t start_sleeper(void)
{
	pid_t child = test_fork();

	if (!child)
		for (;;)
			pause();
	wait_for_state(child, 'S');
	return child;
}

/* Loads every register with a value of its own, lets time pass, looks whether they are still there. */
static int registers_are_kept(unsigned int spins)
{
	int ok = 1;
#if defined(__x86_64__)
	static const uint64_t pattern[8] = { 0x1111111111111111, 0x2222222222222222, 0x3333333333333333,
					     0x4444444444444444, 0x5555555555555555, 0x6666666666666666,
					     0x7777777777777777, 0x0123456789abcdef };
	uint64_t out[8] = { 0 }, rest;

	__asm__ volatile("vmovdqu (%[pattern]), %%ymm0\n\tvmovdqu 32(%[pattern]), %%ymm15\n\t"
			 "vmovdqu 16(%[pattern]), %%xmm7\n\t"
			 "mov $0xa1, %%r8\n\tmov $0xa2, %%r9\n\tmov $0xa3, %%r10\n\tmov $0xa4, %%r11\n\t"
			 "mov $0xa5, %%r12\n\tmov $0xa6, %%r13\n\tmov $0xa7, %%r14\n\tmov $0xa8, %%rdx\n"
			 "1:	dec %[spins]\n\tjnz 1b\n\t"
			 "xor $0xa1, %%r8\n\txor $0xa2, %%r9\n\txor $0xa3, %%r10\n\txor $0xa4, %%r11\n\t"
			 "xor $0xa5, %%r12\n\txor $0xa6, %%r13\n\txor $0xa7, %%r14\n\txor $0xa8, %%rdx\n\t"
			 "or %%r9, %%r8\n\tor %%r10, %%r8\n\tor %%r11, %%r8\n\tor %%r12, %%r8\n\tor %%r13, %%r8\n\t"
			 "or %%r14, %%r8\n\tor %%rdx, %%r8\n\tmov %%r8, %[rest]\n\t"
			 "vmovdqu %%ymm0, (%[out])\n\tvmovdqu %%ymm15, 32(%[out])"
			 : [spins] "+r"(spins), [rest] "=r"(rest)
			 : [pattern] "r"(pattern), [out] "r"(out)
			 : "r8", "r9", "r10", "r11", "r12", "r13", "r14", "rdx", "xmm0", "xmm7", "xmm15",
			   "memory", "cc");
	ok = !rest && !memcmp(out, pattern, sizeof(out));
#endif
	return ok;
}

static void *check_registers(void *argument)
{
	struct shared *shared = argument;

	shared->ready++;
	for (;;) {
		if (!registers_are_kept(300000))
			shared->failures++;
		if (own_mask() != 1UL << (SIGUSR1 - 1))
			shared->failures++;
		shared->rounds++;
	}
	return NULL;
}

static pid_t start_checkers(struct shared *shared, int nr)
{
	uint64_t mask = 1UL << (SIGUSR1 - 1);
	pid_t child = test_fork();

	if (!child) {
		pthread_t thread;

		syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof(mask));
		for (int n = 1; n < nr; n++)
			pthread_create(&thread, NULL, check_registers, shared);
		check_registers(shared);
	}
	wait_for_value(shared->ready == nr);
	return child;
}

static void test_registers_and_mask_are_kept(void **state)
{
	struct compel_ledger *ledger = new_ledger();
	struct shared *shared = shared_page();
	pid_t child = start_checkers(shared, 3);

	for (int round = 0; round < 100; round++) {
		struct compel_tree *tree;

		must(compel_seize_tree(ledger, child, NULL, &tree));
		assert_int_equal(tree->nr_threads, 3);
		assert_int_equal(tree->processes[0]->threads[0].blocked, 1UL << (SIGUSR1 - 1));
		visit_process(tree->processes[0]);
		must(compel_release_tree(tree, COMPEL_RESUME));
		sleep_ms(1);
	}
	assert_int_equal(shared->failures, 0);
	end_child(child);
	compel_ledger_free(ledger);
}

static void test_state_is_identical(void **state)
{
	static uint8_t extended_before[16384], extended_after[16384];
	struct compel_ledger *ledger = new_ledger();
	struct compel_registers registers;
	struct compel_process *process;
	pid_t child = start_sleeper();
	char *maps = proc_text(child, "maps"), *limits = proc_text(child, "limits"), *after;
	ssize_t size;
	long value;

	must(compel_seize_process(ledger, child, 1, &process));
	registers = process->threads[0].registers;
	size = compel_get_extended_registers(&process->threads[0], extended_before, sizeof(extended_before));
	assert_true(size >= 512);
	visit_process(process);
	assert_int_equal(
		compel_get_extended_registers(&process->threads[0], extended_after, sizeof(extended_after)), size);
	assert_memory_equal(extended_before, extended_after, size);
	must(compel_syscall(&process->threads[0], SYS_getppid, (uint64_t[6]){ 0 }, &value));
	assert_int_equal(value, getpid());
	must(compel_release_process(process, COMPEL_RESUME));
	must(compel_seize_process(ledger, child, 1, &process));
	assert_memory_equal(&registers, &process->threads[0].registers, sizeof(registers));
	must(compel_release_process(process, COMPEL_RESUME));
	after = proc_text(child, "maps");
	assert_string_equal(maps, after);
	free(after);
	after = proc_text(child, "limits");
	assert_string_equal(limits, after);
	free(after);
	free(maps);
	free(limits);
	end_child(child);
	compel_ledger_free(ledger);
}

/* The bytes of the vdso, the poked ones included. */
static void test_vdso_is_identical(void **state)
{
	struct compel_ledger *ledger = new_ledger();
	struct compel_process *process;
	uint8_t before[4096], during[4096], after[4096];
	pid_t child = start_sleeper();
	unsigned long vdso = 0;
	char *maps = proc_text(child, "maps"), *line;
	long value;

	line = strstr(maps, "[vdso]");
	assert_non_null(line);
	while (line > maps && line[-1] != '\n')
		line--;
	vdso = strtoul(line, NULL, 16);
	must(compel_seize_process(ledger, child, 1, &process));
	must(compel_read(process, vdso, before, sizeof(before)));
	must(compel_syscall(&process->threads[0], SYS_getppid, (uint64_t[6]){ 0 }, &value));
	must(compel_read(process, vdso, during, sizeof(during)));
	assert_memory_not_equal(before, during, sizeof(before));
	must(compel_cure(process));
	must(compel_read(process, vdso, after, sizeof(after)));
	assert_memory_equal(before, after, sizeof(before));
	must(compel_release_process(process, COMPEL_RESUME));
	free(maps);
	end_child(child);
	compel_ledger_free(ledger);
}

static void test_call_in_each_thread(void **state)
{
	struct compel_ledger *ledger = new_ledger();
	struct shared *shared = shared_page();
	struct compel_blob blob = test_blob();
	pid_t child = start_checkers(shared, 4);
	struct compel_process *process;
	struct blob_arguments arguments;
	uint64_t data;
	long value;

	must(compel_seize_process(ledger, child, 1, &process));
	assert_int_equal(compel_data_address(process), 0);
	must(compel_inject(process, &blob, 3 * 4096, 0));
	assert_int_equal(compel_inject(process, &blob, 0, 0), -EEXIST);
	data = compel_data_address(process);
	for (unsigned int n = 0; n < process->nr_threads; n++) {
		must(compel_call(&process->threads[n], BLOB_IDENTIFY, 128, &value));
		assert_int_equal(value, BLOB_ANSWER);
		must(compel_read(process, data + 128, &arguments, sizeof(arguments)));
		assert_int_equal(arguments.pid, child);
		assert_int_equal(arguments.tid, process->threads[n].tid);
		must(compel_call(&process->threads[n], BLOB_MASK, 0, &value));
		must(compel_read(process, data, &arguments, sizeof(arguments)));
		assert_int_equal(arguments.mask | 1UL << (SIGKILL - 1) | 1UL << (SIGSTOP - 1), UINT64_MAX);
		must(compel_call(&process->threads[n], 99, 0, &value));
		assert_int_equal(value, -ENOSYS);
	}
	/* Not cured: the release does it. */
	must(compel_release_process(process, COMPEL_RESUME));
	value = shared->rounds;
	wait_for_value(shared->rounds > value);
	assert_int_equal(shared->failures, 0);
	end_child(child);
	compel_ledger_free(ledger);
}

static void test_chosen_address(void **state)
{
	struct compel_ledger *ledger = new_ledger();
	struct compel_blob blob = test_blob();
	struct compel_process *process;
	pid_t child = start_sleeper();
	long value;

	must(compel_seize_process(ledger, child, 1, &process));
	assert_int_equal(compel_inject(process, &blob, 0, (uint64_t)(uintptr_t)blob_test & ~4095UL), -EEXIST);
	assert_int_equal(compel_data_address(process), 0);
	must(compel_inject(process, &blob, 100000, 0x10000000));
	assert_true(compel_data_address(process) > 0x10000000 && compel_data_address(process) < 0x10010000);
	must(compel_call(&process->threads[0], BLOB_IDENTIFY, 99000, &value));
	must(compel_release_process(process, COMPEL_RESUME));
	wait_for_state(child, 'S');
	end_child(child);
	compel_ledger_free(ledger);
}

static void test_blob_that_faults(void **state)
{
	struct compel_ledger *ledger = new_ledger();
	struct shared *shared = shared_page();
	struct compel_blob blob = test_blob();
	pid_t child = start_checkers(shared, 1);
	struct compel_process *process;
	long value;

	must(compel_seize_process(ledger, child, 1, &process));
	must(compel_inject(process, &blob, 0, 0));
	assert_int_equal(compel_call(&process->threads[0], BLOB_FAULT, 0, &value), -EFAULT);
	must(compel_release_process(process, COMPEL_RESUME));
	value = shared->rounds;
	wait_for_value(shared->rounds > value);
	assert_int_equal(shared->failures, 0);
	end_child(child);
	compel_ledger_free(ledger);
}

static void test_killed_meanwhile(void **state)
{
	struct compel_ledger *ledger = new_ledger();
	struct compel_blob blob = test_blob();
	struct compel_process *process;
	pid_t child = start_sleeper();
	long value;
	int status;

	must(compel_seize_process(ledger, child, 1, &process));
	must(compel_inject(process, &blob, 0, 0));
	kill(child, SIGKILL);
	sleep_ms(10);
	assert_int_equal(compel_call(&process->threads[0], BLOB_IDENTIFY, 0, &value), -ESRCH);
	assert_int_not_equal(compel_last_error()[0], 0);
	compel_release_process(process, COMPEL_RESUME);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WTERMSIG(status), SIGKILL);
	assert_int_equal(compel_ledger_repair(ledger), 0);
	compel_ledger_free(ledger);
}

static unsigned int count_fds(pid_t pid)
{
	char command[64];
	unsigned int count = 0;
	FILE *list;

	snprintf(command, sizeof(command), "ls /proc/%d/fd | wc -l", pid);
	list = popen(command, "re");
	assert_int_equal(fscanf(list, "%u", &count), 1);
	pclose(list);
	return count;
}

static void test_descriptors(void **state)
{
	struct compel_ledger *ledger = new_ledger();
	struct compel_blob blob = test_blob();
	struct compel_process *process;
	struct blob_arguments arguments = { .text = "hello" };
	pid_t child = start_sleeper();
	unsigned int before = count_fds(child);
	int pipes[2], remote, fd;
	struct stat ours, theirs;
	char text[6] = "";
	long value;

	assert_return_code(pipe2(pipes, O_CLOEXEC), errno);
	must(compel_seize_process(ledger, child, 1, &process));
	assert_int_equal(compel_send_fd(process, pipes[1], &remote), -EINVAL);
	must(compel_inject(process, &blob, 0, 0));
	for (int n = 0; n < 20; n++) {
		must(compel_send_fd(process, pipes[1], &remote));
		assert_int_equal(count_fds(child), before + 1 + (unsigned int)n);
	}
	arguments.fd = remote;
	must(compel_write(process, compel_data_address(process), &arguments, sizeof(arguments)));
	must(compel_call(&process->threads[0], BLOB_WRITE, 0, &value));
	assert_int_equal(value, 5);
	assert_int_equal(read(pipes[0], text, 5), 5);
	assert_string_equal(text, "hello");
	must(compel_get_fd(process, remote, &fd));
	assert_return_code(fstat(fd, &theirs), errno);
	assert_return_code(fstat(pipes[1], &ours), errno);
	assert_int_equal(ours.st_ino, theirs.st_ino);
	close(fd);
	assert_int_equal(compel_get_fd(process, 999, &fd), -EBADF);
	must(compel_cure(process));
	assert_int_equal(count_fds(child), before);
	must(compel_release_process(process, COMPEL_RESUME));
	close(pipes[0]);
	close(pipes[1]);
	end_child(child);
	compel_ledger_free(ledger);
}

/* Strict seccomp allows read, write and exit only: our system calls pass all the same, if we may suspend it. */
static void test_seccomp(void **state)
{
	struct compel_ledger *ledger = new_ledger();
	struct compel_blob blob = test_blob();
	struct compel_process *process;
	pid_t child;
	int pipes[2], status, error;
	char byte;
	long value;

	assert_return_code(pipe(pipes), errno);
	child = test_fork();
	if (!child) {
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
		read(pipes[0], &byte, 1);
		syscall(SYS_exit, 3);
	}
	wait_for_state(child, 'S');
	sleep_ms(20);
	must(compel_seize_process(ledger, child, 1, &process));
	error = compel_inject(process, &blob, 0, 0);
	if (geteuid() == 0 && !error)
		must(compel_call(&process->threads[0], BLOB_IDENTIFY, 0, &value));
	else
		assert_int_equal(error, -EPERM);
	must(compel_release_process(process, COMPEL_RESUME));
	assert_int_equal(write(pipes[1], "x", 1), 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3);
	close(pipes[0]);
	close(pipes[1]);
	compel_ledger_free(ledger);
}

#ifdef COMPEL_GATE_CLOSED
static void close_gate_and_die(struct compel_ledger *ledger, pid_t pid)
{
	const uint8_t closed = COMPEL_GATE_CLOSED;
	struct compel_blob blob = test_blob();
	struct compel_process *process;

	if (compel_seize_process(ledger, pid, 1, &process) || compel_inject(process, &blob, 0, 0))
		_exit(1);
	/* In the padding of the ELF header of the vdso, which is where its own is. */
	if (compel_write(process, getauxval(AT_SYSINFO_EHDR) + COMPEL_STUB_OFFSET + 1, &closed, sizeof(closed)))
		_exit(2);
	_exit(0);
}

/* The worker dies when it has closed the gate of the stub, which is what the repair has to go through. */
static void test_closed_gate(void **state)
{
	struct compel_ledger *ledger = new_ledger();
	pid_t child, worker;
	int pipes[2], status;
	long before;
	char byte;

	if (geteuid() != 0)
		skip();
	assert_return_code(pipe(pipes), errno);
	child = test_fork();
	if (!child) {
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
		read(pipes[0], &byte, 1);
		syscall(SYS_exit, 3);
	}
	wait_for_state(child, 'S');
	sleep_ms(20);
	worker = test_fork();
	if (!worker)
		close_gate_and_die(ledger, child);
	assert_int_equal(waitpid(worker, &status, 0), worker);
	assert_int_equal(status, 0);
	before = now_ms();
	must(compel_ledger_repair(ledger));
	/* The patience with one that does not come through is 10 s. */
	assert_true(now_ms() - before < 10000);
	assert_int_equal(write(pipes[1], "x", 1), 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3);
	close(pipes[0]);
	close(pipes[1]);
	compel_ledger_free(ledger);
}
#endif

/* Syscall user dispatch: system calls made outside of a range raise SIGSYS, also ours, if it were left on. */
static void on_sigsys(int signal)
{
	_exit(4);
}

static void test_syscall_user_dispatch(void **state)
{
	static volatile char selector;
	struct compel_ledger *ledger = new_ledger();
	struct compel_process *process;
	pid_t child = test_fork();
	int status;

	if (!child) {
		signal(SIGSYS, on_sigsys);
		if (prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0, 0, &selector))
			_exit(3);
		selector = SYSCALL_DISPATCH_FILTER_ALLOW;
		sleep_ms(100);
		selector = SYSCALL_DISPATCH_FILTER_BLOCK;
		for (volatile long n = 0; n < 300000000; n++)
			;
		getppid();
		_exit(5);
	}
	sleep_ms(150);
	must(compel_seize_process(ledger, child, 1, &process));
	visit_process(process);
	must(compel_release_process(process, COMPEL_RESUME));
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 3)
		skip();
	/* The handler ran into the block itself, with SIGSYS blocked: that ends the process. */
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
	compel_ledger_free(ledger);
}

/* What restore does: a task spins in code that is to vanish, and goes on somewhere else with given registers. */
static void arrive(void)
{
	for (;;)
		pause();
}

static _Atomic long *arrived;

static void land(void)
{
	*arrived = (long)own_mask();
	arrive();
}

struct handover {
	pid_t child;
	uint8_t *code;
	struct compel_registers home;
};

static void start_handover(struct handover *handover)
{
	static const uint8_t spin[4] = { 0xf3, 0x90, 0xeb, 0xfc };
	uint8_t *code = mmap(NULL, 8192, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memcpy(code, spin, sizeof(spin));
	arrived = shared_page();
	handover->code = code;
	handover->child = test_fork();
	if (!handover->child) {
		uint64_t all = UINT64_MAX;

		syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(all));
		arrived[1] = 1;
		__asm__ volatile("jmp *%0" : : "r"(code));
	}
	munmap(code, 8192);
	wait_for_value(arrived[1]);
	sleep_ms(50);
}

static void set_handover(struct compel_process *process, struct handover *handover)
{
	struct compel_registers home = process->threads[0].registers;

	assert_int_equal(compel_ip(&home) & ~4095UL, (uint64_t)handover->code);
	compel_set_ip(&home, (uint64_t)land);
	compel_set_sp(&home, (compel_sp(&home) & ~15UL) - 1032);
	compel_forget_syscall(&home);
	must(compel_set_home(&process->threads[0], &home, NULL, 0, 0x4000));
	must(compel_add_unmap(process, (uint64_t)handover->code, 8192));
}

static void check_handover(const struct handover *handover)
{
	char *maps = proc_text(handover->child, "maps"), start[32];

	wait_for_value(*arrived);
	assert_int_equal(*arrived, 0x4000);
	snprintf(start, sizeof(start), "%lx-", (unsigned long)handover->code);
	assert_null(strstr(maps, start));
	free(maps);
	end_child(handover->child);
}

static void test_handover(void **state)
{
	struct compel_ledger *ledger = new_ledger();
	struct compel_process *process;
	struct handover handover;

	start_handover(&handover);
	must(compel_seize_process(ledger, handover.child, 1, &process));
	set_handover(process, &handover);
	must(compel_release_process(process, COMPEL_RESUME));
	check_handover(&handover);
	compel_ledger_free(ledger);
}

static void test_handover_by_repair(void **state)
{
	struct compel_ledger *ledger = new_ledger();
	struct handover handover;
	pid_t worker;
	int status;

	start_handover(&handover);
	worker = test_fork();
	if (!worker) {
		struct compel_process *process;

		if (compel_seize_process(ledger, handover.child, 1, &process))
			_exit(1);
		set_handover(process, &handover);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(worker, &status, 0), worker);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(compel_ledger_repair(ledger), 1);
	check_handover(&handover);
	compel_ledger_free(ledger);
}

static void test_verdict_kill(void **state)
{
	struct compel_ledger *ledger = new_ledger();
	pid_t child = start_sleeper(), worker = test_fork();
	int status;

	if (!worker) {
		struct compel_process *process;

		if (compel_seize_process(ledger, child, 1, &process))
			_exit(1);
		compel_ledger_set_verdict(ledger, COMPEL_KILL);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(worker, NULL, 0), worker);
	assert_int_equal(compel_ledger_verdict(ledger), COMPEL_KILL);
	assert_int_equal(compel_ledger_repair(ledger), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WTERMSIG(status), SIGKILL);
	compel_ledger_free(ledger);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_registers_and_mask_are_kept),
		cmocka_unit_test(test_state_is_identical),
		cmocka_unit_test(test_vdso_is_identical),
		cmocka_unit_test(test_call_in_each_thread),
		cmocka_unit_test(test_chosen_address),
		cmocka_unit_test(test_blob_that_faults),
		cmocka_unit_test(test_killed_meanwhile),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_seccomp),
#ifdef COMPEL_GATE_CLOSED
		cmocka_unit_test(test_closed_gate),
#endif
		cmocka_unit_test(test_syscall_user_dispatch),
		cmocka_unit_test(test_handover),
		cmocka_unit_test(test_handover_by_repair),
		cmocka_unit_test(test_verdict_kill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
