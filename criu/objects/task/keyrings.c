// SPDX-License-Identifier: GPL-2.0-only
/* Keyrings of tasks (keyrings(7)). What is restored has the session keyring of criu, and none of its own for process and
 * thread: it is the same as long as the others have no keys in them but the keyrings that every user has. */
#include <errno.h>
#include <linux/keyctl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "criu/blobs/parasite/parasite.h"
#include "criu/objects/kinds.h"

static int keyrings_prepare_thread(struct dump *dump, struct task *task, struct thread *thread,
				   struct parasite_thread *ret)
{
	long session = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);

	ret->session_known = session > 0 ? (int32_t)session : 0;
	return 0;
}

static int keyrings_dump_thread(struct dump *dump, struct task *task, struct thread *thread)
{
	static const char *const names[PARASITE_KEYRINGS] = { "thread", "process", "session" };
	const struct parasite_thread *answer = thread->parasite;

	for (int i = 0; answer && i < PARASITE_KEYRINGS; i++) {
		if (answer->keys[i] < 0)
			dump_refuse(dump, task,
				    "thread %d: its %s keyring cannot be read (%s), and what is in it not be kept; take "
				    "the keys out before the dump (keyctl clear)",
				    thread->tid, names[i], strerror(-answer->keys[i]));
		else if (answer->keys[i] > 0)
			dump_refuse(dump, task,
				    "thread %d: its %s keyring holds keys, which cannot be kept (one of %d is '%s'); take "
				    "them out before the dump (keyctl clear), or run criu in the same session keyring",
				    thread->tid, names[i], answer->keys[i], answer->key_name);
	}
	return 0;
}

const struct task_kind keyrings_kind = {
	.name = "keyrings",
	.prepare_parasite_thread = keyrings_prepare_thread,
	.dump_thread = keyrings_dump_thread,
};
