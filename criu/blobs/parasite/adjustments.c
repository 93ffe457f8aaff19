// SPDX-License-Identifier: GPL-2.0-only
/* What is to be added to semaphores at the end of this process (SEM_UNDO): no interface tells. But semop(2) carries its
 * operations out in order and takes all back when one fails (ipc/sem.c, perform_atomic_semop_slow), and it looks at the
 * bounds of the adjustment before it goes on to the next. So each question is a list of operations whose last one cannot
 * succeed: it ends with EAGAIN if the adjustment allowed those before, else with ERANGE. Nothing changes. */
#include <asm/unistd.h>
#include <errno.h>

#include "criu/blobs/calls.h"
#include "criu/blobs/parasite/parasite.h"

#define VALUE_MAX 32767 /* of a semaphore, SEMVMX; adjustments lie between -VALUE_MAX - 1 and VALUE_MAX */
#define IMPOSSIBLE (-VALUE_MAX - 1)
#define UNDO 0x1000  /* SEM_UNDO */
#define NOWAIT 04000 /* IPC_NOWAIT */
#define GET_VALUE 12 /* GETVAL */
#define TRIES 3

struct operation {
	uint16_t number;
	int16_t change;
	int16_t flags;
};

struct question {
	int set;
	unsigned int number;
	int value; /* of the semaphore now */
	unsigned int nr;
	struct operation operations[8];
};

static void add(struct question *question, int change, int flags)
{
	struct operation *operation = &question->operations[question->nr];

	/* 0 is no change, but a wait for zero. */
	if (!change)
		return;
	operation->number = (uint16_t)question->number;
	operation->change = (int16_t)change;
	operation->flags = (int16_t)(flags | NOWAIT);
	question->nr++;
}

/* 1: the adjustment forbids it; 0: it does not; < 0: -errno. */
static long ask(struct question *question)
{
	long error;

	add(question, IMPOSSIBLE, 0);
	error = call(__NR_semop, question->set, question->operations, question->nr);
	question->nr = 0;
	if (error == -ERANGE)
		return 1;
	return error == -EAGAIN ? 0 : error ? error : -EIO;
}

/* Is it greater than VALUE_MAX - @taken? */
static long exceeds(struct question *question, int taken)
{
	add(question, VALUE_MAX - question->value, 0);
	add(question, -taken, UNDO);
	return ask(question);
}

/* Is it less than @given - VALUE_MAX - 1? */
static long is_below(struct question *question, int given)
{
	add(question, -question->value, 0);
	add(question, given, UNDO);
	return ask(question);
}

static long is_negative(struct question *question)
{
	add(question, -question->value, 0);
	add(question, VALUE_MAX, UNDO);
	add(question, -VALUE_MAX, 0);
	add(question, 1, UNDO);
	return ask(question);
}

/* The least number that @test says yes to; VALUE_MAX + 1: none does. */
static long bisect(struct question *question, long (*test)(struct question *question, int number))
{
	int low = 1, high = VALUE_MAX + 1;

	while (low < high) {
		int middle = low + (high - low) / 2;
		long yes = test(question, middle);

		if (yes < 0)
			return yes;
		if (yes)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static long find(struct question *question, int16_t *ret_adjustment)
{
	long yes = exceeds(question, VALUE_MAX), found;

	*ret_adjustment = 0;
	if (yes > 0) {
		found = bisect(question, exceeds);
		*ret_adjustment = (int16_t)(VALUE_MAX + 1 - found);
		return found < 0 ? found : 0;
	}
	if (!yes)
		yes = is_negative(question);
	if (yes <= 0)
		return yes;
	found = bisect(question, is_below);
	*ret_adjustment = (int16_t)(found - VALUE_MAX - 2);
	return found < 0 ? found : 0;
}

/* Others may use the semaphore meanwhile: an answer counts if its value was the same before and after. */
static long read_one(int set, unsigned int number, int16_t *ret_adjustment)
{
	for (int i = 0; i < TRIES; i++) {
		struct question question = { .set = set, .number = number };
		long error, value = call(__NR_semctl, set, number, GET_VALUE, 0);

		if (value < 0)
			return value;
		question.value = (int)value;
		error = find(&question, ret_adjustment);
		if (error && error != -ERANGE && error != -EAGAIN)
			return error;
		if (!error && call(__NR_semctl, set, number, GET_VALUE, 0) == value)
			return 0;
	}
	return -EBUSY;
}

long parasite_read_adjustments(struct parasite_adjustments *adjustments)
{
	for (uint32_t i = 0; i < adjustments->nr && i < PARASITE_ADJUSTMENTS_BATCH; i++) {
		long error = read_one(adjustments->set, adjustments->first + i, &adjustments->values[i]);

		if (error)
			return error;
	}
	return 0;
}
