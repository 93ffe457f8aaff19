// SPDX-License-Identifier: GPL-2.0-only
/* Stands in for libFuzzer: hands each file of the command line to the fuzz target once. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
	FILE *file = fopen(path, "re");
	uint8_t *data = NULL;
	long size;

	if (!file || fseek(file, 0, SEEK_END) < 0 || (size = ftell(file)) < 0) {
		perror(path);
		return -1;
	}
	rewind(file);
	/* Exactly as long as the input, so that the sanitizer sees a read behind its end. */
	data = malloc(size);
	if (data && fread(data, 1, size, file) == (size_t)size)
		LLVMFuzzerTestOneInput(data, size);
	free(data);
	fclose(file);
	return 0;
}

int main(int argc, char **argv)
{
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed |= run_file(argv[i]) < 0;
	return failed;
}
