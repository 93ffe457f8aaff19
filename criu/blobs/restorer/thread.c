// SPDX-License-Identifier: GPL-2.0-only
/* Steps of the restorer that each thread does for itself; credentials come last, with them the rights are gone. */
#include <asm/siginfo.h>
#include <linux/capability.h>
#include <linux/prctl.h>
#include <linux/securebits.h>
#include <stdbool.h>

#include "criu/blobs/restorer/internal.h"

#define SET_WORDS 2
#define DUMPABLE_BY_ROOT 2

/* Not before the mappings are in place: READ_IMPLIES_EXEC would change them. */
long step_set_personality(struct context *context)
{
	context->value = context->thread->personality;
	return call(__NR_personality, context->thread->personality);
}

long step_set_name(struct context *context)
{
	return call(__NR_prctl, PR_SET_NAME, context->thread->comm, 0, 0, 0);
}

long step_set_futexes(struct context *context)
{
	const struct restorer_thread *thread = context->thread;

	call(__NR_set_tid_address, thread->clear_child_tid);
	context->value = thread->robust_list;
	if (!thread->robust_list_length)
		return 0;
	return call(__NR_set_robust_list, thread->robust_list, thread->robust_list_length);
}

long step_register_rseq(struct context *context)
{
	const struct restorer_thread *thread = context->thread;

	context->value = thread->rseq;
	if (!thread->rseq)
		return 0;
	return call(__NR_rseq, thread->rseq, thread->rseq_size, 0, thread->rseq_signature);
}

struct alternate_stack {
	uint64_t sp;
	int32_t flags;
	uint64_t size;
};

long step_set_altstack(struct context *context)
{
	struct alternate_stack stack = {
		.sp = context->thread->altstack_sp,
		.flags = context->thread->altstack_flags,
		.size = context->thread->altstack_size,
	};

	context->value = stack.sp;
	return call(__NR_sigaltstack, &stack, 0);
}

long step_queue_private(struct context *context)
{
	struct restorer_siginfo *infos = at_offset(context, context->thread->signals);
	long error = 0;

	for (uint32_t i = 0; !error && i < context->thread->nr_signals; i++) {
		const siginfo_t *info = (const siginfo_t *)infos[i].bytes;

		context->value = info->si_signo;
		error = call(__NR_rt_tgsigqueueinfo, context->task->pid, context->thread->tid, info->si_signo, info);
	}
	if (!error)
		count_up(&context->task->threads_queued);
	return error;
}

static long set_capabilities(const uint32_t *effective, const uint32_t *permitted, const uint32_t *inheritable)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[SET_WORDS];

	for (int i = 0; i < SET_WORDS; i++) {
		data[i].effective = effective[i];
		data[i].permitted = permitted[i];
		data[i].inheritable = inheritable[i];
	}
	return call(__NR_capset, &header, data);
}

static bool has_capability(const uint32_t *set, uint32_t capability)
{
	return set[capability / 32] & (1U << (capability % 32));
}

/* What was inherited may be more than the bounding set, which can only shrink: so it is set first. */
static long set_inheritable(const struct restorer_credentials *wanted)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[SET_WORDS];
	uint32_t permitted[SET_WORDS];
	long error = call(__NR_capget, &header, data);

	for (int i = 0; i < SET_WORDS; i++)
		permitted[i] = data[i].permitted;
	return error ? error : set_capabilities(permitted, permitted, wanted->inheritable);
}

static long drop_bounding(struct context *context, const struct restorer_credentials *wanted)
{
	for (uint32_t i = 0; i <= wanted->last_cap; i++) {
		long error = 0;

		context->value = i;
		if (!has_capability(wanted->bounding, i))
			error = call(__NR_prctl, PR_CAPBSET_DROP, i, 0, 0, 0);
		if (error)
			return error;
	}
	return 0;
}

static long set_ids(struct context *context, const struct restorer_credentials *wanted)
{
	long error;

	/* A change of ids, whichever it is, makes a task as dumpable as fs.suid_dumpable says (commit_creds()): the
	 * only way to 2. */
	if (context->task->dumpable == DUMPABLE_BY_ROOT)
		call(__NR_setfsuid, wanted->fsuid ^ 1);
	error = call(__NR_setgroups, wanted->nr_groups, at_offset(context, wanted->groups));

	if (!error)
		error = call(__NR_setresgid, wanted->gid, wanted->egid, wanted->sgid);
	if (!error)
		error = call(__NR_setresuid, wanted->uid, wanted->euid, wanted->suid);
	if (error)
		return error;
	/* These two return the id before. */
	call(__NR_setfsgid, wanted->fsgid);
	call(__NR_setfsuid, wanted->fsuid);
	return 0;
}

static long raise_ambient(struct context *context, const struct restorer_credentials *wanted)
{
	for (uint32_t i = 0; i <= wanted->last_cap; i++) {
		long error = 0;

		context->value = i;
		if (has_capability(wanted->ambient, i))
			error = call(__NR_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0);
		if (error)
			return error;
	}
	return 0;
}

long step_set_credentials(struct context *context)
{
	const struct restorer_credentials *wanted = &context->thread->credentials;
	long error = set_inheritable(wanted);

	if (!error)
		error = drop_bounding(context, wanted);
	context->value = wanted->uid;
	/* Ids change without touching capabilities; the wanted bits follow while we may still set them. */
	if (!error)
		error = call(__NR_prctl, PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0);
	if (!error)
		error = set_ids(context, wanted);
	if (!error)
		error = raise_ambient(context, wanted);
	if (!error)
		error = call(__NR_prctl, PR_SET_SECUREBITS, wanted->securebits, 0, 0, 0);
	if (!error)
		error = set_capabilities(wanted->effective, wanted->permitted, wanted->inheritable);
	if (!error && wanted->no_new_privs)
		error = call(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return error;
}

long step_set_pdeath(struct context *context)
{
	return call(__NR_prctl, PR_SET_PDEATHSIG, context->thread->pdeath_signal, 0, 0, 0);
}
