// SPDX-License-Identifier: GPL-2.0-only
/* Memfds and execution: one whose mode is sealed without the right (MFD_NOEXEC_SEAL), one sealed with it, one that is
 * open for writing and can be executed all the same, and what a process executes that has no other name. All of it on a
 * machine whose default has become that new ones cannot be executed; and one seen by O_PATH.
 *
 * flavours: host ns
 * kinds: memfd
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#define MFD_EXEC 0x0010U
#endif
#define IMPLIED (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | 0x0010)

static int program;
static char *const words[] = { "echo", "executed", NULL };
static char *const nothing[] = { NULL };

static int made(const char *name, unsigned int flags)
{
	int fd = memfd_create(name, flags);

	if (fd < 0 && errno == EINVAL)
		skip("memfds cannot be asked to be executable or not (before Linux 6.3)");
	return must(fd);
}

static void copy_to(int fd, const char *path)
{
	int in = must(open(path, O_RDONLY));

	while (must(sendfile(fd, in, NULL, 1 << 20)) > 0)
		;
	must(close(in));
}

static void check_memfd(int fd, int seals, mode_t mode)
{
	struct stat st;

	must(fstat(fd, &st));
	check(fcntl(fd, F_GET_SEALS) == seals, "seals of %d: %#x", fd, fcntl(fd, F_GET_SEALS));
	check((st.st_mode & 07777) == mode, "mode of %d: 0%o", fd, st.st_mode);
}

/* Its program is the memfd; all that the test's library does is there, too. */
static bool is_copy(void)
{
	char shown[128] = "";

	must(readlink("/proc/self/exe", shown, sizeof(shown) - 1));
	return strcmp(shown, "/memfd:program (deleted)") == 0;
}

static void forbid_by_default(void)
{
	int fd = open("/proc/sys/vm/memfd_noexec", O_WRONLY);

	check(fd >= 0 && write(fd, "1", 1) == 1, "vm.memfd_noexec");
	close(fd);
}

int main(int argc, char **argv)
{
	int copy, plain, never, always, seen, status;
	pid_t pid;

	copy = is_copy() ? -1 : memfd_create("program", MFD_EXEC);
	if (copy >= 0) {
		copy_to(copy, "/proc/self/exe");
		must(fexecve(copy, argv, environ));
	}
	test_init(argc, argv);
	plain = made("plain", MFD_EXEC);
	never = made("never", MFD_NOEXEC_SEAL);
	always = made("always", MFD_EXEC | MFD_ALLOW_SEALING);
	must(fcntl(always, F_ADD_SEALS, F_SEAL_EXEC));
	program = made("echo", MFD_EXEC);
	copy_to(program, "/bin/echo");
	seen = must(open("/proc/self/fd/3", O_PATH));
	forbid_by_default();
	test_ready();
	test_wait();
	check(is_copy(), "another program");
	check_memfd(plain, F_SEAL_SEAL, 0777);
	check_memfd(never, F_SEAL_EXEC, 0666);
	check_memfd(always, F_SEAL_EXEC | IMPLIED, 0777);
	check(fchmod(never, 0777) < 0 && fchmod(always, 0666) < 0, "the modes are not sealed");
	check(fcntl(seen, F_GETFL) & O_PATH, "it was seen by O_PATH");
	check(write(program, "", 0) == 0, "it cannot be written");
	pid = must(fork());
	if (pid == 0) {
		fexecve(program, words, nothing);
		_exit(errno);
	}
	must(waitpid(pid, &status, 0));
	check(status == 0, "what can be written cannot be executed: %s", strerror(WEXITSTATUS(status)));
	pass();
}
