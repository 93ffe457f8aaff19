// SPDX-License-Identifier: GPL-2.0-only
/* Action scripts. They are started without a shell; only a file without "#!" line is given to one, as execvp does. */
#include "criu/util/script.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "criu/util/cleanup.h"
#include "criu/util/log.h"

#define EXIT_CANNOT_RUN 127

struct script {
	const char *path, *stage;
	char images[40]; /* path of the image directory: through us, as it may have none that the script can use */
	char root[16]; /* "": none */
};

static void set_variable(const char *name, const char *value)
{
	if (value[0])
		setenv(name, value, 1);
	else
		unsetenv(name);
}

static _Noreturn void become_script(const struct script *script)
{
	int input = open("/dev/null", O_RDONLY | O_CLOEXEC), output = log_get_fd();
	char *argv[] = { (char *)script->path, NULL };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	set_variable("CRTOOLS_SCRIPT_ACTION", script->stage);
	set_variable("CRTOOLS_IMAGE_DIR", script->images);
	set_variable("CRTOOLS_INIT_PID", script->root);
	if (input >= 0 && dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
	    dup2(output, STDERR_FILENO) >= 0)
		execvp(script->path, argv);
	_exit(EXIT_CANNOT_RUN);
}

static int run_script(const struct script *script)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid)
		become_script(script);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int script_run_all(char *const *paths, size_t nr, const char *stage, int images_fd, pid_t root,
		   const char **ret_failed)
{
	struct script script = { .stage = stage };

	if (images_fd >= 0)
		snprintf(script.images, sizeof(script.images), "/proc/%d/fd/%d", getpid(), images_fd);
	if (root)
		snprintf(script.root, sizeof(script.root), "%d", root);
	for (size_t i = 0; i < nr; i++) {
		int result;

		script.path = paths[i];
		result = run_script(&script);
		if (!result)
			continue;
		if (ret_failed)
			*ret_failed = paths[i];
		return result;
	}
	return 0;
}
