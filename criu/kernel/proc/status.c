// SPDX-License-Identifier: GPL-2.0-only
/* /proc/PID/status: lines "Key:\tvalue", told apart by a table of keys. */
#include "criu/kernel/proc/status.h"

#include <errno.h>
#include <stdlib.h>

#include "criu/kernel/proc/open.h"
#include "criu/util/macros.h"
#include "criu/util/text.h"

static int parse_u32_base(struct text *value, int base, void *to)
{
	uint64_t number;
	int ret = text_take_number(value, base, UINT32_MAX, &number);

	if (ret == 0)
		*(uint32_t *)to = (uint32_t)number;
	return ret;
}

static int parse_u32(struct text *value, void *to)
{
	return parse_u32_base(value, 10, to);
}

static int parse_pid(struct text *value, void *to)
{
	uint64_t number;
	int ret = text_take_number(value, 10, INT32_MAX, &number);

	if (ret == 0)
		*(pid_t *)to = (pid_t)number;
	return ret;
}

static int parse_bool(struct text *value, void *to)
{
	uint64_t number;
	int ret = text_take_number(value, 10, 1, &number);

	if (ret == 0)
		*(bool *)to = number == 1;
	return ret;
}

static int parse_mask(struct text *value, void *to)
{
	return text_take_number(value, 16, UINT64_MAX, to);
}

/* The value of "VmLck:	     0 kB". */
static int parse_kib(struct text *value, void *to)
{
	return text_take_number(value, 10, UINT64_MAX, to);
}

static int parse_umask(struct text *value, void *to)
{
	struct proc_status *status = to;

	status->has_umask = true;
	return parse_u32_base(value, 8, &status->umask);
}

static int parse_state(struct text *value, void *to)
{
	if (text_is_empty(value))
		return -EINVAL;
	*(char *)to = *value->at;
	return 0;
}

static int parse_untag_mask(struct text *value, void *to)
{
	return text_take_literal(value, "0x") ? parse_mask(value, to) : -EINVAL;
}

static int parse_vm_size(struct text *value, void *to)
{
	struct proc_status *status = to;

	status->has_mm = true;
	return parse_kib(value, &status->vm_size_kib);
}

static int parse_ids(struct text *value, void *to)
{
	uint32_t *ids = to;

	for (int i = 0; i < PROC_ID_COUNT; i++) {
		int ret;

		text_skip_blanks(value);
		ret = parse_u32(value, &ids[i]);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int parse_pid_list(struct text *value, void *to)
{
	struct proc_pid_list *list = to;
	struct text word;

	list->count = 0;
	while (text_take_word(value, &word)) {
		int ret;

		if (list->count == PROC_PID_LEVELS)
			return -E2BIG;
		ret = parse_pid(&word, &list->ids[list->count]);
		if (ret < 0)
			return ret;
		list->count++;
	}
	return list->count ? 0 : -EINVAL;
}

static int parse_groups(struct text *value, void *to)
{
	struct proc_status *status = to;
	struct text word, rest = *value;
	size_t count = 0;

	while (text_take_word(&rest, &word))
		count++;
	if (count > PROC_GROUPS_MAX)
		return -E2BIG;
	if (status->groups)
		return -EINVAL;
	status->groups = count ? calloc(count, sizeof(*status->groups)) : NULL;
	if (count && !status->groups)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		int ret;

		text_take_word(value, &word);
		ret = parse_u32(&word, &status->groups[i]);
		if (ret < 0)
			return ret;
	}
	status->group_count = count;
	return 0;
}

static int parse_queue(struct text *value, void *to)
{
	struct proc_status *status = to;
	int ret = text_take_number(value, 10, UINT64_MAX, &status->queued_signals);

	if (ret < 0)
		return ret;
	if (!text_take_literal(value, "/"))
		return -EINVAL;
	return text_take_number(value, 10, UINT64_MAX, &status->queued_signals_max);
}

static int parse_features(struct text *value, void *to)
{
	struct proc_status *status = to;
	struct text word;

	while (text_take_word(value, &word)) {
		status->has_shadow_stack |= text_equals(&word, "shstk");
		status->has_shadow_stack_write |= text_equals(&word, "wrss");
	}
	return 0;
}

static int parse_locked_features(struct text *value, void *to)
{
	struct proc_status *status = to;
	struct text word;

	while (text_take_word(value, &word)) {
		status->shadow_stack_locked |= text_equals(&word, "shstk");
		status->shadow_stack_write_locked |= text_equals(&word, "wrss");
	}
	return 0;
}

static int parse_speculation(struct text *value, void *to)
{
	*(bool *)to = text_equals(value, "thread vulnerable");
	return 0;
}

#define AT(member) offsetof(struct proc_status, member)

/* Parsers with offset 0 get the whole struct. */
static const struct {
	const char *name;
	int (*parse)(struct text *value, void *to);
	size_t offset;
} keys[] = {
	{ "Umask", parse_umask, 0 },
	{ "State", parse_state, AT(state) },
	{ "Tgid", parse_pid, AT(tgid) },
	{ "Ngid", parse_pid, AT(ngid) },
	{ "Pid", parse_pid, AT(pid) },
	{ "PPid", parse_pid, AT(ppid) },
	{ "TracerPid", parse_pid, AT(tracer_pid) },
	{ "Uid", parse_ids, AT(uid) },
	{ "Gid", parse_ids, AT(gid) },
	{ "FDSize", parse_u32, AT(fd_size) },
	{ "Groups", parse_groups, 0 },
	{ "NStgid", parse_pid_list, AT(ns_tgid) },
	{ "NSpid", parse_pid_list, AT(ns_pid) },
	{ "NSpgid", parse_pid_list, AT(ns_pgid) },
	{ "NSsid", parse_pid_list, AT(ns_sid) },
	{ "Kthread", parse_bool, AT(kernel_thread) },
	{ "VmSize", parse_vm_size, 0 },
	{ "VmLck", parse_kib, AT(vm_locked_kib) },
	{ "VmRSS", parse_kib, AT(vm_rss_kib) },
	{ "VmSwap", parse_kib, AT(vm_swap_kib) },
	{ "CoreDumping", parse_bool, AT(core_dumping) },
	{ "THP_enabled", parse_bool, AT(thp_enabled) },
	{ "untag_mask", parse_untag_mask, AT(untag_mask) },
	{ "Threads", parse_u32, AT(threads) },
	{ "SigQ", parse_queue, 0 },
	{ "SigPnd", parse_mask, AT(sig_pending) },
	{ "ShdPnd", parse_mask, AT(sig_shared_pending) },
	{ "SigBlk", parse_mask, AT(sig_blocked) },
	{ "SigIgn", parse_mask, AT(sig_ignored) },
	{ "SigCgt", parse_mask, AT(sig_caught) },
	{ "CapInh", parse_mask, AT(cap_inheritable) },
	{ "CapPrm", parse_mask, AT(cap_permitted) },
	{ "CapEff", parse_mask, AT(cap_effective) },
	{ "CapBnd", parse_mask, AT(cap_bounding) },
	{ "CapAmb", parse_mask, AT(cap_ambient) },
	{ "NoNewPrivs", parse_bool, AT(no_new_privs) },
	{ "Seccomp", parse_u32, AT(seccomp) },
	{ "Seccomp_filters", parse_u32, AT(seccomp_filters) },
	{ "Speculation_Store_Bypass", parse_speculation, AT(speculates) },
	{ "x86_Thread_features", parse_features, 0 },
	{ "x86_Thread_features_locked", parse_locked_features, 0 },
};

static int parse_line(struct text *line, struct proc_status *status)
{
	struct text key;

	if (!text_take_until(line, ':', &key))
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (!text_equals(&key, keys[i].name))
			continue;
		text_trim(line);
		return keys[i].parse(line, (char *)status + keys[i].offset);
	}
	return 0;
}

/* The first line is the name, in which the kernel escapes newlines. A status without these is no status. */
static bool is_complete(const struct proc_status *status)
{
	return status->state && status->pid && status->tgid;
}

int proc_parse_status(const char *data, size_t size, struct proc_status *ret_status)
{
	_cleanup_proc_status_ struct proc_status status = { .thp_enabled = true, .untag_mask = UINT64_MAX };
	struct text text = text_of(data, size), line;

	while (text_take_line(&text, &line)) {
		int ret = parse_line(&line, &status);

		if (ret < 0)
			return ret;
	}
	if (!is_complete(&status))
		return -EINVAL;
	*ret_status = status;
	status.groups = NULL;
	return 0;
}

static int parse(const char *data, size_t size, void *ret)
{
	return proc_parse_status(data, size, ret);
}

int proc_read_status(int dir_fd, struct proc_status *ret_status)
{
	return proc_read_parsed(dir_fd, "status", PROC_FILE_MAX, parse, ret_status);
}

void proc_free_status(struct proc_status *status)
{
	if (!status)
		return;
	free(status->groups);
	status->groups = NULL;
	status->group_count = 0;
}
