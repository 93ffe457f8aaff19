// SPDX-License-Identifier: GPL-2.0-only
/* The vdso that this kernel gives to 32-bit code. A process can have one vdso only: a child gives up its own for it. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "criu/arch/arch.h"
#include "criu/kernel/proc/mappings.h"
#include "criu/kernel/proc/open.h"
#include "criu/objects/memory/vdso.h"
#include "criu/util/cleanup.h"
#include "criu/util/macros.h"

/* What the child tells. */
struct answer {
	int error;
	struct vdso_layout layout;
	uint8_t code[VDSO_SIZE_MAX];
};

static bool is_vdso(const struct proc_mapping *mapping)
{
	return mapping->name &&
	       (!strcmp(mapping->name, "[vdso]") || !strncmp(mapping->name, "[vvar", strlen("[vvar")));
}

static int unmap_own(void)
{
	_cleanup_close_ int self = proc_open_task(getpid());
	_cleanup_proc_mappings_ struct proc_mappings own = { 0 };
	int error = self < 0 ? self : proc_read_maps(self, &own);

	for (size_t i = 0; error == 0 && i < own.count; i++)
		if (is_vdso(&own.items[i]) &&
		    munmap((void *)(uintptr_t)own.items[i].start, own.items[i].end - own.items[i].start) < 0)
			error = -errno;
	return error;
}

static int map_compat(void)
{
	void *room = mmap(NULL, VDSO_SIZE_MAX, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (room == MAP_FAILED)
		return -errno;
	munmap(room, VDSO_SIZE_MAX);
	return arch_map_compat_vdso((uintptr_t)room);
}

/* Without a vdso: nothing here may ask for the time. */
static int look(struct answer *answer)
{
	int error = unmap_own();

	if (!error)
		error = map_compat();
	if (!error)
		error = vdso_own_layout(&answer->layout);
	if (!error && (!answer->layout.code || answer->layout.code_size > VDSO_SIZE_MAX))
		error = -ENOENT;
	if (!error)
		memcpy(answer->code, (const void *)(uintptr_t)answer->layout.code, answer->layout.code_size);
	return error;
}

static int ask_child(struct answer *answer)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		answer->error = getppid() == parent ? look(answer) : -ESRCH;
		_exit(0);
	}
	while (waitpid(pid, NULL, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return answer->error;
}

int vdso_compat_layout(struct vdso_layout *ret_layout)
{
	struct answer *answer = mmap(NULL, sizeof(*answer), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint8_t *code = NULL;
	int error;

	if (answer == MAP_FAILED)
		return -errno;
	answer->error = -ECHILD;
	error = ask_child(answer);
	if (!error) {
		code = malloc(answer->layout.code_size);
		error = code ? 0 : -ENOMEM;
	}
	if (!error) {
		memcpy(code, answer->code, answer->layout.code_size);
		*ret_layout = answer->layout;
		ret_layout->code = (uintptr_t)code;
	}
	munmap(answer, sizeof(*answer));
	return error;
}
