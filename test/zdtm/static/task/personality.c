// SPDX-License-Identifier: GPL-2.0-only
/* The personality of a task and its standing with the OOM killer, of itself and of a child with other values.
 *
 * flavours: host ns compat
 */
#include "test.h"

#include <signal.h>
#include <stdio.h>
#include <sys/personality.h>
#include <sys/wait.h>
#include <unistd.h>

#define ASK 0xffffffff
#define OWN_PERSONALITY (ADDR_NO_RANDOMIZE | SHORT_INODE)
#define CHILD_PERSONALITY UNAME26
#define OWN_SCORE 311
#define CHILD_SCORE 977

static int read_score(void)
{
	FILE *file = fopen("/proc/self/oom_score_adj", "re");
	int score = -1;

	check(file && fscanf(file, "%d", &score) == 1, "oom_score_adj cannot be read");
	fclose(file);
	return score;
}

static void set(unsigned long persona, int score)
{
	FILE *file = fopen("/proc/self/oom_score_adj", "we");

	check(file && fprintf(file, "%d", score) > 0 && !fclose(file), "oom_score_adj cannot be set");
	check(personality(persona) >= 0, "personality cannot be set");
}

static void verify(unsigned long persona, int score)
{
	int now = personality(ASK), found = read_score();

	check(now == (int)persona, "personality is %#x instead of %#lx", now, persona);
	check(found == score, "oom_score_adj is %d instead of %d", found, score);
}

static void be_child(void *arg)
{
	set(CHILD_PERSONALITY, CHILD_SCORE);
	test_ready();
	test_wait();
	verify(CHILD_PERSONALITY, CHILD_SCORE);
}

int main(int argc, char **argv)
{
	int status;
	pid_t child;

	test_init(argc, argv);
	set(OWN_PERSONALITY, OWN_SCORE);
	child = test_child(be_child, NULL);
	test_ready();
	test_wait();
	verify(OWN_PERSONALITY, OWN_SCORE);
	must(kill(child, SIGTERM));
	must(waitpid(child, &status, 0));
	check(status == 0, "the child ended with status %#x", status);
	pass();
}
