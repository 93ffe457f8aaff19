// SPDX-License-Identifier: GPL-2.0-only
/* System calls that end by a relative time-out and have a restart block. Those which wait for a point in time
 * (TIMER_ABSTIME, FUTEX_WAIT_BITSET) are simply made again. */
#include "criu/objects/timed-call.h"

#include <linux/futex.h>
#include <string.h>
#include <sys/syscall.h>

#include "criu/arch/arch.h"
#include "criu/util/macros.h"

#define ARGUMENTS 6
#define SECONDS_MAX (INT64_MAX / (int64_t)NANOSECONDS)
#define NO_ARGUMENT (-1)
/* nanosleep(2) begins with an address, clock_nanosleep(2) with a clock: a small number, or a small negative int. */
#define LOWEST_ADDRESS 4096
#define CLOCK_OF_PROCESS_MIN 0xffff0000ULL

/* By the numbers of native calls; those of 32-bit code are translated. */
static const struct timed_call {
	long number;
	int time, rest; /* which arguments: struct timespec that was asked for, and where the kernel writes the rest */
	const char *place; /* part of the name of the function in which it waits */
} calls[] = {
	{ SYS_nanosleep, 0, 1, NULL },
	{ SYS_clock_nanosleep, 2, 3, NULL },
	{ SYS_futex, 3, NO_ARGUMENT, "futex" },
#ifdef SYS_poll
	{ SYS_poll, NO_ARGUMENT, NO_ARGUMENT, "poll" },
#endif
};

/* Calls without a restart block. */
static const struct anew {
	long number;
	unsigned int argument;
	bool in_milliseconds;
} calls_anew[] = {
#ifdef SYS_epoll_wait
	{ SYS_epoll_wait, 3, true },
#endif
	{ SYS_epoll_pwait, 3, true },
#ifdef SYS_epoll_pwait2
	{ SYS_epoll_pwait2, 3, false },
#endif
	{ SYS_rt_sigtimedwait, 2, false }, { SYS_semtimedop, 3, false }, { SYS_io_getevents, 4, false },
	{ SYS_io_pgetevents, 4, false },   { SYS_recvmmsg, 4, false },
};

static const struct anew *find_anew(long number)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls_anew); i++)
		if (calls_anew[i].number == number)
			return &calls_anew[i];
	return NULL;
}

static const struct timed_call *find(long number)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].number == number)
			return &calls[i];
	return NULL;
}

bool timed_call_is_known(long number, bool compat)
{
	size_t time_size;

	return find(arch_native_call(compat, number, &time_size)) != NULL;
}

static long native_call(const struct compel_registers *registers, long number, size_t *ret_time_size)
{
	return arch_native_call(compel_is_compat(registers), number, ret_time_size);
}

/* Of nanoseconds 32-bit code may leave the upper half as it was. */
static bool read_time(struct compel_process *process, uint64_t address, size_t size, uint64_t *ret)
{
	struct timespec time = { 0 };
	int32_t old[2] = { 0 };

	if (!address || compel_read(process, address, size == sizeof(old) ? (void *)old : &time, size) < 0)
		return false;
	if (size == sizeof(old))
		time = (struct timespec){ old[0], old[1] };
	time.tv_nsec = (uint32_t)time.tv_nsec;
	if (time.tv_sec < 0 || time.tv_sec >= SECONDS_MAX || time.tv_nsec >= (long)NANOSECONDS)
		return false;
	*ret = time.tv_sec * NANOSECONDS + time.tv_nsec;
	return true;
}

static bool is_relative(const struct compel_registers *registers, long number)
{
	uint64_t second = compel_syscall_argument(registers, 1);

	if (number == SYS_clock_nanosleep)
		return !(second & TIMER_ABSTIME);
	return number != SYS_futex || (second & FUTEX_CMD_MASK) == FUTEX_WAIT;
}

bool timed_call_limit(struct compel_process *process, const struct compel_registers *registers, long number,
		      uint64_t *ret_limit)
{
	size_t time_size;
	const struct timed_call *call = find(native_call(registers, number, &time_size));
	int milliseconds = (int)compel_syscall_argument(registers, 2);

	if (!call || !is_relative(registers, call->number))
		return false;
	if (call->time != NO_ARGUMENT)
		return read_time(process, compel_syscall_argument(registers, call->time), time_size, ret_limit);
	*ret_limit = milliseconds * MILLISECOND;
	return milliseconds >= 0;
}

bool timed_call_anew(struct compel_process *process, const struct compel_registers *registers, uint64_t *ret_limit)
{
	size_t time_size;
	long number = native_call(registers, compel_syscall_number(registers), &time_size);

	const struct anew *call = find_anew(number);
	uint64_t argument = call ? compel_syscall_argument(registers, call->argument) : 0;

	if (!call)
		return false;
	*ret_limit = (int)argument * MILLISECOND;
	return call->in_milliseconds ? (int)argument > 0
				     : read_time(process, argument, time_size, ret_limit) && *ret_limit;
}

bool timed_call_is_made_anew(long number)
{
	return find_anew(number) != NULL;
}

int timed_call_time_argument(long number, bool *ret_points)
{
	const struct anew *call = find_anew(number);

	if (!call)
		return -1;
	*ret_points = !call->in_milliseconds;
	return (int)call->argument;
}

bool timed_call_rest(struct compel_process *process, const struct compel_registers *registers, long number,
		     uint64_t *ret_rest)
{
	size_t time_size;
	const struct timed_call *call = find(native_call(registers, number, &time_size));

	return call && call->rest != NO_ARGUMENT && is_relative(registers, call->number) &&
	       read_time(process, compel_syscall_argument(registers, call->rest), time_size, ret_rest);
}

/* Restart blocks are for waits of futexes, poll() and sleeps alone (set_restart_fn() in the kernel). The functions of
 * sleeps are part of the scheduler in the eyes of wchan, so it shows who called them, another one in every kernel. */
long timed_call_by_place(const char *wchan, const struct compel_registers *registers)
{
	uint64_t first = compel_syscall_argument(registers, 0);
	bool names_clock = first < LOWEST_ADDRESS || (int64_t)first < 0 ||
			   (first >= CLOCK_OF_PROCESS_MIN && first <= UINT32_MAX);

	/* 32-bit code has two calls for each. */
	if (!*wchan || !strcmp(wchan, "0") || compel_is_compat(registers))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].place && strstr(wchan, calls[i].place))
			return calls[i].number;
	return names_clock ? SYS_clock_nanosleep : SYS_nanosleep;
}

size_t timed_call_time(const struct compel_registers *registers, long number, uint64_t rest, struct timespec *ret)
{
	const int32_t old[2] = { (int32_t)(rest / NANOSECONDS), (int32_t)(rest % NANOSECONDS) };
	size_t size;

	native_call(registers, number, &size);
	*ret = (struct timespec){ (time_t)(rest / NANOSECONDS), (long)(rest % NANOSECONDS) };
	if (size == sizeof(old))
		memcpy(ret, old, sizeof(old));
	return size;
}

void timed_call_arguments(const struct compel_registers *registers, long number, uint64_t rest, uint64_t time,
			  uint64_t ret_arguments[6])
{
	size_t time_size;
	const struct timed_call *call = find(native_call(registers, number, &time_size));

	for (unsigned int i = 0; i < ARGUMENTS; i++)
		ret_arguments[i] = compel_syscall_argument(registers, i);
	if (call && call->time != NO_ARGUMENT)
		ret_arguments[call->time] = time;
	else
		ret_arguments[2] = (rest + MILLISECOND - 1) / MILLISECOND;
}
