/* SPDX-License-Identifier: GPL-2.0-only */
/* The rows of controls.def as tables, and how a row is read and set. Shared by both blobs and by criu, where who
 * includes it defines CONTROL_CALL(number, ...), a system call that returns -errno. */
#ifndef CRIU_BLOBS_CONTROL_CALLS_H
#define CRIU_BLOBS_CONTROL_CALLS_H

#include <asm/unistd.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#include "criu/blobs/controls.h"

#ifdef COMPEL_BLOB
#include "criu/blobs/calls.h"
#define CONTROL_CALL(number, ...) call(number, __VA_ARGS__)
#endif

enum control_reading {
	CONTROL_GET_RETURNED, /* the result of prctl(option, argument) */
	CONTROL_GET_WRITTEN,  /* an int that prctl(option, &value) writes */
	CONTROL_GET_ARCH,     /* the result of arch_prctl(option) */
	CONTROL_GET_FEATURES, /* a set of which some must be asked for */
};

enum control_setting {
	CONTROL_SET_VALUE,	 /* prctl(option, value) */
	CONTROL_SET_ARGUMENT,	 /* prctl(option, argument, value) */
	CONTROL_SET_FLAGS,	 /* prctl(option, on, other bits) */
	CONTROL_SET_SPECULATION, /* prctl(option, argument, value without the first bit) */
	CONTROL_SET_ARCH,	 /* arch_prctl(option, value) */
	CONTROL_SET_FEATURES,	 /* arch_prctl(option, number) for each that is missing */
};

struct control {
	enum control_reading reading;
	int32_t get, get_argument;
	enum control_setting setting;
	int32_t set, set_argument;
	int32_t usual;
};

#define CONTROL_ROW(identifier, name, reading, get, get_argument, setting, set, set_argument, usual) \
	{ CONTROL_GET_##reading, get, get_argument, CONTROL_SET_##setting, set, set_argument, usual },
#define TASK_CONTROL CONTROL_ROW
static const struct control task_controls[] = {
#include "criu/blobs/controls.def"
};
#define THREAD_CONTROL CONTROL_ROW
static const struct control thread_controls[] = {
#include "criu/blobs/controls.def"
};
#undef CONTROL_ROW

/* Features of xsave below this one are there without being asked for (arch/x86/kernel/fpu/xstate.c). */
#define CONTROL_FIRST_FEATURE 18
#define CONTROL_LAST_FEATURE 62
/* linux/prctl.h: PR_SPEC_PRCTL, the task may choose; PR_SPEC_ENABLE */
#define CONTROL_SPEC_PRCTL 1
#define CONTROL_SPEC_ENABLE 2

#ifdef __NR_arch_prctl
#define CONTROL_ARCH_CALL(option, value) CONTROL_CALL(__NR_arch_prctl, option, value, 0, 0, 0)
#else
#define CONTROL_ARCH_CALL(option, value) (-ENOSYS)
#endif

/* The value, >= 0, or -errno: -EINVAL and the like on a kernel or machine without it. */
static inline int64_t control_read(const struct control *control)
{
	uint64_t set = 0;
	int32_t word = 0;
	int64_t result;

	switch (control->reading) {
	case CONTROL_GET_WRITTEN:
		result = CONTROL_CALL(__NR_prctl, control->get, &word, 0, 0, 0);
		return result < 0 ? result : word;
	case CONTROL_GET_ARCH:
		return CONTROL_ARCH_CALL(control->get, 0);
	case CONTROL_GET_FEATURES:
		result = CONTROL_ARCH_CALL(control->get, &set);
		return result < 0 ? result : (int64_t)(set >> CONTROL_FIRST_FEATURE << CONTROL_FIRST_FEATURE);
	default:
		result = CONTROL_CALL(__NR_prctl, control->get, control->get_argument, 0, 0, 0);
	}
	/* The machine decides about speculation: safe for all, or not at all. */
	if (control->setting == CONTROL_SET_SPECULATION && result >= 0 && !(result & CONTROL_SPEC_PRCTL))
		return result & CONTROL_SPEC_ENABLE ? -ENODEV : -EALREADY;
	return result;
}

static inline int64_t control_request(const struct control *control, int64_t missing)
{
	int64_t error = 0;

	for (int feature = CONTROL_FIRST_FEATURE; !error && feature <= CONTROL_LAST_FEATURE; feature++)
		if (missing >> feature & 1)
			error = CONTROL_ARCH_CALL(control->set, feature);
	return error;
}

static inline int64_t control_write(const struct control *control, int64_t now, int64_t value)
{
	switch (control->setting) {
	case CONTROL_SET_VALUE:
		return CONTROL_CALL(__NR_prctl, control->set, value, 0, 0, 0);
	case CONTROL_SET_ARGUMENT:
		return CONTROL_CALL(__NR_prctl, control->set, control->set_argument, value, 0, 0);
	case CONTROL_SET_FLAGS:
		return CONTROL_CALL(__NR_prctl, control->set, value & 1, value & ~1L, 0, 0);
	case CONTROL_SET_SPECULATION:
		return CONTROL_CALL(__NR_prctl, control->set, control->set_argument, value & ~1L, 0, 0);
	case CONTROL_SET_ARCH:
		return CONTROL_ARCH_CALL(control->set, value);
	default:
		return control_request(control, value & ~now);
	}
}

/* Is @now, as control_read() gave it, as good as @wanted? */
static inline int control_agrees(const struct control *control, int64_t now, int64_t wanted)
{
	if (now == wanted || wanted == CONTROL_LEAVE)
		return 1;
	if (control->setting == CONTROL_SET_FEATURES && now >= 0)
		return !(wanted & ~now);
	return now == -EALREADY || (now < 0 && wanted == control->usual);
}

/* 0 or -errno */
static inline int64_t control_apply(const struct control *control, int64_t wanted)
{
	int64_t now = control_read(control), error;

	if (control_agrees(control, now, wanted))
		return 0;
	error = now < 0 ? now : control_write(control, now, wanted);
	return control->usual == CONTROL_HINT ? 0 : error;
}

#endif
