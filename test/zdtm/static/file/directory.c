// SPDX-License-Identifier: GPL-2.0-only
/* An open directory, whose reading goes on where it was.
 *
 * flavours: host ns uns compat
 */
#include "test.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES 40

int main(int argc, char **argv)
{
	char name[16], expected[FILES + 2][16];
	struct dirent *entry;
	long place = 0;
	DIR *stream;

	test_init(argc, argv);
	must(mkdir("many", 0755));
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "many/%d", i);
		close(must(open(name, O_CREAT | O_WRONLY, 0644)));
	}
	stream = opendir("many");
	check(stream, "no directory");
	for (int i = 0; i < FILES + 2; i++) {
		if (i == 11)
			place = telldir(stream);
		entry = readdir(stream);
		check(entry, "the directory ends at %d", i);
		snprintf(expected[i], sizeof(expected[i]), "%.15s", entry->d_name);
	}
	seekdir(stream, place);
	must(lseek(dirfd(stream), place, SEEK_SET));
	test_ready();
	test_wait();
	check(lseek(dirfd(stream), 0, SEEK_CUR) == place, "the place in the directory has changed");
	for (int i = 11; i < FILES + 2; i++) {
		entry = readdir(stream);
		check(entry && !strcmp(entry->d_name, expected[i]), "entry %d is %s, not %s", i,
		      entry ? entry->d_name : "missing", expected[i]);
	}
	must(fchdir(dirfd(stream)));
	must(access("7", R_OK));
	pass();
}
