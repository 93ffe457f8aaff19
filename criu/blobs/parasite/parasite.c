// SPDX-License-Identifier: GPL-2.0-only
/* Runs inside a target: asks the kernel what it tells only the task itself. Changes nothing. */
#include "criu/blobs/parasite/parasite.h"

#include <asm/unistd.h>
#include <compel/blob/entry.h>
#include <errno.h>
#include <linux/keyctl.h>
#include <linux/membarrier.h>
#include <linux/prctl.h>
#include <linux/rseq.h>
#include <linux/wait.h>
#include <stdbool.h>

#include "criu/blobs/arch.h"
#include "criu/blobs/calls.h"
#include "criu/blobs/control-calls.h"

#define CMD_GET_REGISTRATIONS (1 << 9)
#define MADVISE_COLD 20
#define MEMPOLICY_OF_ADDRESS 2 /* MPOL_F_ADDR */
/* linux/io_uring.h */
#define RING_GET_EVENTS 1
#define RING_IS_REGISTERED (1 << 4)
#define RINGS_REGISTERED_MAX 16
#define RING_EVENTFD 4
#define RING_BUFFER_STATUS 26
#define RING_NAPI 27
#define RING_MEMORY_REGION 34
#define RING_GROUPS 65536U
#define PAGE 4096UL
#define NEVER_MAPPED (-2 * PAGE) /* not of user space */
#define KEYS_MAX 16
#define KEYRING_KEYS 32
#define KEY_TEXT 128
#define SIGNAL_KILL 9
#define SIGNAL_STOP 19

static long read_actions(struct parasite_task *task)
{
	for (int signal = 1; signal <= PARASITE_SIGNALS; signal++) {
		long error;

		if (signal == SIGNAL_KILL || signal == SIGNAL_STOP)
			continue;
		error = call(__NR_rt_sigaction, signal, 0, &task->actions[signal - 1], sizeof(uint64_t));
		if (error)
			return error;
	}
	return 0;
}

static long read_itimers(struct parasite_task *task)
{
	for (int which = 0; which < 3; which++) {
		long error = call(__NR_getitimer, which, &task->itimers[which]);

		if (error)
			return error;
	}
	return 0;
}

static long read_posix_timers(struct parasite_timers *timers)
{
	for (uint32_t i = 0; i < timers->nr && i < PARASITE_TIMERS_BATCH; i++) {
		struct parasite_posix_timer *timer = &timers->items[i];
		long overrun = call(__NR_timer_getoverrun, timer->id);
		long error = call(__NR_timer_gettime, timer->id, &timer->interval_sec);

		if (error || overrun < 0)
			return error ? error : overrun;
		timer->overrun = overrun;
	}
	return 0;
}

/* Before Linux 6.3 a registration shows by the command that it allows. That for commands of others
 * (MEMBARRIER_CMD_GLOBAL_EXPEDITED) does not; it is in what C libraries and run times do nowhere. */
static int read_membarrier(void)
{
	static const int commands[] = { MEMBARRIER_CMD_PRIVATE_EXPEDITED, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE,
					MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ };
	long registered = call(__NR_membarrier, CMD_GET_REGISTRATIONS, 0, 0);

	if (registered >= 0)
		return registered;
	registered = 0;
	/* Each is registered by the command of the next bit. */
	for (unsigned int i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (call(__NR_membarrier, commands[i], 0, 0) == 0)
			registered |= commands[i] << 1;
	return registered;
}

/* What is locked cannot be cold (madvise(2)), and this memory was mapped a moment ago. */
static uint32_t locks_future(struct parasite_task *task)
{
	return call(__NR_madvise, (uintptr_t)task & ~(PAGE - 1), PAGE, MADVISE_COLD) == -EINVAL;
}

/* A key that is not allocated is told before an address where nothing can be mapped. Nothing is changed. */
static bool key_is_allocated(int key)
{
	return call(__NR_pkey_mprotect, NEVER_MAPPED, PAGE, 0, key) == -ENOMEM;
}

/* Where the processor has keys, key 0 is there from the start. */
static uint32_t read_protection_keys(void)
{
	uint32_t keys = 0;

	if (!key_is_allocated(0))
		return 0;
	for (int key = 1; key < KEYS_MAX; key++)
		keys |= (uint32_t)key_is_allocated(key) << key;
	return keys;
}

static long read_policy(struct parasite_policy *policy)
{
	return call(__NR_get_mempolicy, &policy->mode, policy->nodes, PARASITE_NODES, policy->address,
		    MEMPOLICY_OF_ADDRESS);
}

/* What cannot be asked here is looked for elsewhere. */
static void find_policies(struct parasite_task *task)
{
	for (uint32_t i = 0; i < task->nr_mappings && i < PARASITE_MAPPINGS; i++) {
		int mode = 0; /* MPOL_DEFAULT */

		if (call(__NR_get_mempolicy, &mode, 0, 0, task->mappings[i], MEMPOLICY_OF_ADDRESS) || mode)
			task->has_policies = 1;
	}
}

/* Takes no event and waits for none. */
static long find_aio(const struct parasite_aio *aio)
{
	uint64_t no_time[2] = { 0, 0 };

	return call(__NR_io_getevents, aio->context, 0, 0, 0, no_time);
}

static long ask_ring(const struct parasite_io_uring *ring, unsigned int opcode)
{
	return call(__NR_io_uring_register, ring->fd, opcode, 1 /* no address */, 1);
}

static int has_groups(const struct parasite_io_uring *ring)
{
	uint32_t status[10] = {};

	for (status[0] = 0; status[0] < RING_GROUPS; status[0]++)
		if (call(__NR_io_uring_register, ring->fd, RING_BUFFER_STATUS, status, 1) != -ENOENT)
			return 1;
	return 0;
}

/* Takes nothing out of the ring, submits nothing and waits for nothing. */
static long complete_requests(struct parasite_io_uring *ring)
{
	long result = call(__NR_io_uring_enter, ring->fd, 0, 0, RING_GET_EVENTS, 0, 0);

	if (!ring->ask)
		return result;
	ring->eventfd = ask_ring(ring, RING_EVENTFD);
	if (ring->eventfd != -EFAULT)
		return 0;
	ring->napi = ask_ring(ring, RING_NAPI);
	ring->region = ask_ring(ring, RING_MEMORY_REGION);
	ring->groups = has_groups(ring);
	return 0;
}

static uint32_t find_registered_rings(void)
{
	uint32_t found = 0;

	for (unsigned int n = 0; n < RINGS_REGISTERED_MAX; n++) {
		long result = call(__NR_io_uring_enter, n, 0, 0, RING_IS_REGISTERED, 0, 0);

		if (result == 0 || result == -EBADFD)
			found |= 1U << n;
	}
	return found;
}

/* Of that child, or of any. The report is not taken. */
static long find_continued(int type, int pid)
{
	int32_t info[32] = {}; /* siginfo_t */
	long error = call(__NR_waitid, type, pid, info, WCONTINUED | WNOHANG | WNOWAIT | __WALL, 0);

	return error == -ECHILD ? 0 : error ? error : info[0] /* si_signo */ != 0;
}

static long read_attributes(struct parasite_task *task)
{
	int reaper = 0;
	long error;

	task->brk = call(__NR_brk, 0);
	task->dumpable = call(__NR_prctl, PR_GET_DUMPABLE);
	task->membarrier = read_membarrier();
	task->has_ldt = arch_has_ldt();
	task->protection_keys = read_protection_keys();
	task->locks_future = locks_future(task);
	find_policies(task);
	for (int i = 0; i < TASK_CONTROLS; i++)
		task->controls[i] = control_read(&task_controls[i]);
	error = call(__NR_prctl, PR_GET_CHILD_SUBREAPER, &reaper);
	task->child_subreaper = reaper;
	if (!error)
		error = read_actions(task);
	return error ? error : read_itimers(task);
}

static long read_task(struct parasite_task *task)
{
	long error = read_attributes(task);

	task->continued = find_continued(P_ALL, 0) == 1;
	return error;
}

/* Layout of stack_t of the kernel. */
struct alternate_stack {
	uint64_t sp;
	int32_t flags;
	uint64_t size;
};

/* To register what is registered already is "busy"; to register something else works only if there is nothing. */
static int find_rseq(struct parasite_thread *thread)
{
	long error;

	if (!thread->rseq_guess)
		return PARASITE_RSEQ_UNASKED;
	if (call(__NR_rseq, thread->rseq_room, thread->rseq_guess_size, 0, thread->rseq_guess_signature) == 0) {
		call(__NR_rseq, thread->rseq_room, thread->rseq_guess_size, RSEQ_FLAG_UNREGISTER,
		     thread->rseq_guess_signature);
		return PARASITE_RSEQ_NONE;
	}
	error = call(__NR_rseq, thread->rseq_guess, thread->rseq_guess_size, 0, thread->rseq_guess_signature);
	return error == -EBUSY ? PARASITE_RSEQ_THERE : PARASITE_RSEQ_ELSEWHERE;
}

static void read_numa_policy(struct parasite_thread *thread)
{
	int mode = 0;
	long error = call(__NR_get_mempolicy, &mode, thread->numa_nodes, PARASITE_NODES_MAX, 0, 0);

	thread->numa_mode = error ? error : mode;
}

/* "keyring;1000;65534;1f3f0000;_uid.1000": the kernel makes it for each user when it is wanted. */
static bool is_of_user(const char *key)
{
	static const char type[] = "keyring;", name[] = "_uid";
	unsigned int i = 0, fields = 0;

	while (i < sizeof(type) - 1 && key[i] == type[i])
		i++;
	for (fields = 1; i >= sizeof(type) - 1 && key[i] && fields < 4; i++)
		fields += key[i] == ';';
	for (unsigned int j = 0; j < sizeof(name) - 1; j++)
		if (fields < 4 || key[i + j] != name[j])
			return false;
	return true;
}

/* The first, as it is described. */
static void note_key(struct parasite_thread *thread, const char *key)
{
	int i = 0;

	if (thread->key_name[0])
		return;
	for (; key[i] && i < PARASITE_KEY_NAME - 1; i++)
		thread->key_name[i] = key[i];
	thread->key_name[i] = '\0';
}

static int count_keys(struct parasite_thread *thread, long keyring)
{
	int32_t keys[KEYRING_KEYS];
	long size = call(__NR_keyctl, KEYCTL_READ, keyring, keys, sizeof(keys));
	int nr = size < 0 ? (int)size : (int)(size / sizeof(keys[0])), others = 0;

	if (nr < 0 || nr > KEYRING_KEYS)
		return nr;
	for (int i = 0; i < nr; i++) {
		char key[KEY_TEXT];
		long length = call(__NR_keyctl, KEYCTL_DESCRIBE, keys[i], key, sizeof(key) - 1);

		key[length < 0 ? 0 : length < KEY_TEXT ? length : KEY_TEXT - 1] = '\0';
		if (is_of_user(key))
			continue;
		others++;
		note_key(thread, key);
	}
	return others;
}

/* None is made by being asked for, but that who has no session keyring has that of its user from then on, which it has
 * had in effect. */
static void read_keyrings(struct parasite_thread *thread)
{
	static const int keyrings[PARASITE_KEYRINGS] = { KEY_SPEC_THREAD_KEYRING, KEY_SPEC_PROCESS_KEYRING,
							 KEY_SPEC_SESSION_KEYRING };

	thread->key_name[0] = '\0';
	for (int i = 0; i < PARASITE_KEYRINGS; i++) {
		long keyring = call(__NR_keyctl, KEYCTL_GET_KEYRING_ID, keyrings[i], 0);

		thread->keys[i] = 0;
		if (keyring > 0 && (i != PARASITE_KEYRING_SESSION || keyring != thread->session_known))
			thread->keys[i] = count_keys(thread, keyring);
	}
}

static long read_thread(struct parasite_thread *thread)
{
	struct alternate_stack stack;
	int signal = 0;
	long error;

	thread->rseq_answer = find_rseq(thread);
	read_numa_policy(thread);
	read_keyrings(thread);
	thread->registered_rings = find_registered_rings();
	for (int i = 0; i < THREAD_CONTROLS; i++)
		thread->controls[i] = control_read(&thread_controls[i]);
	error = call(__NR_sigaltstack, 0, &stack);
	if (error)
		return error;
	thread->altstack_sp = stack.sp;
	thread->altstack_size = stack.size;
	thread->altstack_flags = stack.flags;
	error = call(__NR_prctl, PR_GET_TID_ADDRESS, &thread->clear_child_tid);
	if (error)
		return error;
	error = call(__NR_prctl, PR_GET_PDEATHSIG, &signal);
	thread->pdeath_signal = signal;
	thread->securebits = call(__NR_prctl, PR_GET_SECUREBITS);
	return error ? error : thread->securebits < 0 ? thread->securebits : 0;
}

long entry(unsigned int command, void *argument)
{
	switch (command) {
	case PARASITE_TASK:
		return read_task(argument);
	case PARASITE_THREAD:
		return read_thread(argument);
	case PARASITE_TIMERS:
		return read_posix_timers(argument);
	case PARASITE_POLICY:
		return read_policy(argument);
	case PARASITE_IO_URING:
		return complete_requests(argument);
	case PARASITE_CONTINUED:
		return find_continued(P_PID, ((const struct parasite_continued *)argument)->pid);
	case PARASITE_AIO:
		return find_aio(argument);
	case PARASITE_ADJUSTMENTS:
		return parasite_read_adjustments(argument);
	default:
		return -22; /* EINVAL */
	}
}
