// SPDX-License-Identifier: GPL-2.0-only
// Fuzz target of configuration files: a client of the RPC service may name one.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "criu/options/options.h"
#include "criu/util/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* --inherit-fd debug[N] would write to the descriptors of the fuzzer itself. */
static int writes_to_descriptors(const uint8_t *data, size_t size)
{
	return memmem(data, size, "debug[", 6) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct options options;
	char path[32];
	int fd;

	if (writes_to_descriptors(data, size))
		return 0;
	fd = memfd_create("config", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	log_set_level(LOG_LEVEL_NONE);
	log_forget_error();
	options_init(&options);
	if (options_read_config(&options, path) < 0 && !log_first_error()[0])
		abort();
	options_free(&options);
	close(fd);
	return 0;
}
