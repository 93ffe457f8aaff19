// SPDX-License-Identifier: GPL-2.0-only
/* Files whose absence or change a restore notices: a copy of an ELF program, a text, a device. The scenario
 * file-validation changes them.
 *
 * kinds: regular
 */
#include "test.h"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int in, out, text, device;
	struct stat st;

	test_init(argc, argv);
	in = must(open("/proc/self/exe", O_RDONLY));
	out = must(open("program", O_RDWR | O_CREAT, 0755));
	while (must(sendfile(out, in, NULL, 1 << 20)) > 0)
		;
	close(in);
	text = must(open("text", O_RDWR | O_CREAT, 0640));
	must(fchmod(text, 0640));
	must(write(text, "text", 4));
	must(mknod("device", S_IFCHR | 0600, makedev(1, 3)));
	device = must(open("device", O_RDWR));
	test_ready();
	test_wait();
	must(fstat(device, &st));
	check(st.st_rdev == makedev(1, 3), "device");
	check(lseek(text, 0, SEEK_CUR) == 4, "offset");
	must(fstat(out, &st));
	pass();
}
