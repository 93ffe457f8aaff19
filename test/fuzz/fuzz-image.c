// SPDX-License-Identifier: GPL-2.0-only
// Fuzz target of the record reader. The first byte of an input chooses the kind of image, the rest is the file.
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "criu/image/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct image_directory directory = IMAGE_DIRECTORY_NONE;
static char path[] = "/dev/shm/fuzz-image-XXXXXX";

static void remove_directory(void)
{
	image_directory_close(&directory);
	rmdir(path);
}

/* One directory for the whole run: each input is a file in it, made and removed. */
static void make_directory(void)
{
	if (!mkdtemp(path) || image_directory_open(path, &directory))
		abort();
	atexit(remove_directory);
}

static void write_input(const char *name, const uint8_t *data, size_t size)
{
	int fd = openat(directory.fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}

/* What was read must be writable, and what was written must be readable. */
static void write_back(const ProtobufCMessage *message)
{
	size_t size = protobuf_c_message_get_packed_size(message);
	uint8_t *bytes = malloc(size ?: 1);
	ProtobufCMessage *again;

	if (!bytes || protobuf_c_message_pack(message, bytes) != size)
		abort();
	again = protobuf_c_message_unpack(message->descriptor, NULL, size, bytes);
	if (!again)
		abort();
	protobuf_c_message_free_unpacked(again, NULL);
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct image_file *file;
	ProtobufCMessage *message;
	enum image_kind kind;
	char name[IMAGE_NAME_SIZE];

	if (!size)
		return 0;
	if (directory.fd < 0)
		make_directory();
	kind = data[0] % NR_IMAGE_KINDS;
	directory.version = data[0] & 0x80 ? IMAGE_VERSION_1 : IMAGE_VERSION_2;
	image_format_name(name, kind, 1);
	write_input(name, data + 1, size - 1);
	if (image_open(&directory, kind, 1, &file) == 0) {
		while (image_read_record(file, NULL, &message) == 1) {
			write_back(message);
			protobuf_c_message_free_unpacked(message, NULL);
		}
		image_close(file);
	}
	unlinkat(directory.fd, name, 0);
	return 0;
}

#ifdef FUZZ_STANDALONE
#include <stdio.h>

/* Without libFuzzer: runs each file given, and then MUTATIONS random changes of it. */
#define INPUT_SIZE 65536
#define MUTATIONS 20000

static void run_mutations(uint8_t *bytes, size_t size)
{
	uint8_t *changed = malloc(size);

	if (!changed)
		abort();
	for (int i = 0; i < MUTATIONS && size > 1; i++) {
		memcpy(changed, bytes, size);
		for (int changes = 1 + rand() % 4; changes; changes--)
			changed[rand() % size] = rand();
		LLVMFuzzerTestOneInput(changed, 1 + rand() % size);
		LLVMFuzzerTestOneInput(changed, size);
	}
	free(changed);
}

int main(int argc, char **argv)
{
	static uint8_t bytes[INPUT_SIZE];

	for (int i = 1; i < argc; i++) {
		_cleanup_fclose_ FILE *input = fopen(argv[i], "re");
		size_t size;

		if (!input) {
			perror(argv[i]);
			return 1;
		}
		size = fread(bytes, 1, sizeof(bytes), input);
		LLVMFuzzerTestOneInput(bytes, size);
		run_mutations(bytes, size);
	}
	return 0;
}
#endif
