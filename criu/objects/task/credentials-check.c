// SPDX-License-Identifier: GPL-2.0-only
/* Whether criu has the rights that the tasks of the images had: a new task can get nothing that criu does not have,
 * and cannot get rid of what binds criu. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "criu/kernel/capabilities.h"
#include "criu/kernel/proc/open.h"
#include "criu/kernel/proc/status.h"
#include "criu/objects/task/credentials.h"
#include "criu/util/cleanup.h"

#define NAMES_SIZE 1024
/* linux/securebits.h: each bit has its lock beside it. */
#define SECURE_LOCKS 0xaa

struct own_credentials {
	uint64_t permitted, bounding;
	int securebits, no_new_privs;
	int error;
};

static const struct own_credentials *own_credentials(struct restore *restore)
{
	static const char key;
	bool is_new;
	struct own_credentials *own = kind_state_get(&restore->kind_state, &restore->arena, &key, 0,
						     sizeof(*own), &is_new);
	_cleanup_proc_status_ struct proc_status status = {};
	_cleanup_close_ int self = -EBADF;

	if (!is_new)
		return own;
	self = proc_open_task(getpid());
	own->error = self < 0 ? self : proc_read_status(self, &status);
	own->permitted = status.cap_permitted;
	own->bounding = status.cap_bounding;
	own->securebits = prctl(PR_GET_SECUREBITS);
	own->no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	return own;
}

static uint64_t set_of(const uint32_t *words, size_t nr)
{
	return (nr > 0 ? words[0] : 0) | (nr > 1 ? (uint64_t)words[1] << 32 : 0);
}

/* Those that this kernel does not know are worth nothing here. */
static const char *missing_names(uint64_t wanted, uint64_t own, char names[NAMES_SIZE])
{
	size_t used = 0;

	names[0] = '\0';
	for (int i = 0; i < (int)capabilities_count(); i++)
		if ((wanted & ~own) >> i & 1) {
			used += snprintf(names + used, used < NAMES_SIZE ? NAMES_SIZE - used : 0, "%s%s",
					 used ? ", " : "", capability_name((unsigned int)i));
			if (used >= NAMES_SIZE)
				break;
		}
	return used ? names : NULL;
}

static bool check_sets(struct restore *restore, const struct task *task, const CredsEntry *entry,
		       const struct own_credentials *own)
{
	char names[NAMES_SIZE];
	bool good = true;

	if (missing_names(set_of(entry->cap_prm, entry->n_cap_prm), own->permitted, names)) {
		restore_refuse(restore, task, "had capabilities that criu does not have: %s", names);
		good = false;
	}
	if (missing_names(set_of(entry->cap_bnd, entry->n_cap_bnd), own->bounding, names)) {
		restore_refuse(restore, task,
			       "capabilities of its bounding set are not in that of criu, and cannot be added: %s",
			       names);
		good = false;
	}
	return good;
}

static bool check_thread(struct restore *restore, const struct task *task, const CredsEntry *entry,
			 const struct own_credentials *own)
{
	bool good = check_sets(restore, task, entry, own);
	uint32_t locked = own->securebits & SECURE_LOCKS;
	uint32_t bound = locked | locked >> 1;

	if (own->no_new_privs > 0 && !(entry->has_no_new_privs && entry->no_new_privs)) {
		restore_refuse(restore, task, "criu runs with no_new_privs, and the task did not");
		good = false;
	}
	if ((entry->secbits ^ own->securebits) & bound) {
		restore_refuse(restore, task,
			       "criu runs with locked secure bits (%#x), and the task had others (%#x)",
			       own->securebits, entry->secbits);
		good = false;
	}
	return good;
}

int credentials_check(struct restore *restore, const struct task *task)
{
	const struct own_credentials *own = own_credentials(restore);
	bool good = true;

	/* One thread speaks for all: they have mostly the same. */
	for (unsigned int i = 0; good && !own->error && i < task->nr_threads; i++) {
		const CredsEntry *entry = task->threads[i].core->thread_core->creds;

		good = !entry || check_thread(restore, task, entry, own);
	}
	return own->error;
}
