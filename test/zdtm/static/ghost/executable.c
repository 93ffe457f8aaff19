// SPDX-License-Identifier: GPL-2.0-only
/* A program whose file was deleted while it runs, as by an upgrade: it runs on, and /proc/self/exe still leads to it.
 *
 * dump-options: --ghost-limit 64M
 */
#include "test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

static void copy_program(const char *name)
{
	int in = must(open("/proc/self/exe", O_RDONLY)), out = must(open(name, O_WRONLY | O_CREAT, 0755));

	while (must(sendfile(out, in, NULL, 1 << 20)) > 0)
		;
	close(in);
	close(out);
}

int main(int argc, char **argv)
{
	char shown[512] = "";
	struct stat st;

	if (!getenv("ZDTM_COPY")) {
		copy_program("program");
		setenv("ZDTM_COPY", "1", 1);
		must(execv("program", argv));
	}
	test_init(argc, argv);
	must(readlink("/proc/self/exe", shown, sizeof(shown) - 1));
	must(unlink(shown));
	test_ready();
	test_wait();
	must(stat("/proc/self/exe", &st));
	check(st.st_nlink == 0 && (st.st_mode & 0777) == 0755, "mode 0%o", st.st_mode);
	must(readlink("/proc/self/exe", shown, sizeof(shown) - 1));
	check(strstr(shown, "/program (deleted)"), "the name is '%s'", shown);
	pass();
}
