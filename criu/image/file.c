// SPDX-License-Identifier: GPL-2.0-only
// Files of records. Reading trusts no length: a record is never longer than what is left of its file.
#include "criu/image/file.h"

#include <endian.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "criu/image/record.h"

#define STREAM_BUFFER_SIZE 32768
#define NEW_IMAGE_FLAGS (O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC)

struct image_file {
	FILE *stream;				 /* NULL: a list without a record yet */
	const struct image_directory *directory; /* of such a list */
	enum image_kind kind;
	char name[IMAGE_NAME_SIZE];
	bool writing;
	bool after_head;
	int error;     /* the first one of writing */
	uint64_t left; /* reading: bytes up to the end */
	char *stream_buffer;
	uint8_t *buffer;
	size_t buffer_size;
};

static struct image_file *image_file_new(const struct image_directory *directory, enum image_kind kind,
					 unsigned long argument)
{
	struct image_file *file = calloc(1, sizeof(*file));

	if (!file)
		return NULL;
	file->directory = directory;
	file->kind = kind;
	image_format_name(file->name, kind, argument);
	return file;
}

static int image_file_adopt_fd(struct image_file *file, int *fd, const char *mode)
{
	file->stream = fdopen(*fd, mode);
	if (!file->stream)
		return -errno;
	steal_fd(fd);
	/* Without a buffer given, stdio asks the file system for a size. */
	file->stream_buffer = malloc(STREAM_BUFFER_SIZE);
	if (!file->stream_buffer)
		return -ENOMEM;
	setvbuf(file->stream, file->stream_buffer, _IOFBF, STREAM_BUFFER_SIZE);
	return 0;
}

static uint8_t *image_file_reserve(struct image_file *file, size_t size)
{
	uint8_t *buffer;

	if (size <= file->buffer_size)
		return file->buffer;
	buffer = realloc(file->buffer, size);
	if (buffer) {
		file->buffer = buffer;
		file->buffer_size = size;
	}
	return buffer;
}

/* Writing: the first error sticks, so that closing tells of it even when nobody looked before. */

static int image_file_fail(struct image_file *file, int error)
{
	if (!file->error)
		file->error = error;
	return error;
}

static int image_put(struct image_file *file, const void *bytes, size_t size)
{
	if (fwrite_unlocked(bytes, 1, size, file->stream) != size)
		return image_file_fail(file, errno ? -errno : -EIO);
	return 0;
}

static int image_put_word(struct image_file *file, uint32_t word)
{
	uint32_t bytes = htole32(word);

	return image_put(file, &bytes, sizeof(bytes));
}

static int image_put_magic(struct image_file *file)
{
	const struct image_type *type = image_type(file->kind);
	uint32_t first = image_first_word(type->framing);
	int error = first ? image_put_word(file, first) : 0;

	return error || type->framing == IMAGE_FRAMING_RAW ? error : image_put_word(file, type->magic);
}

/* An old file is unlinked, not cut: other names and mappings of it keep their contents. */
static int image_file_start(struct image_file *file)
{
	const struct image_directory *directory = file->directory;
	_cleanup_close_ int fd = -EBADF;
	int error;

	fd = openat(directory->fd, file->name, NEW_IMAGE_FLAGS, 0644);
	if (fd < 0 && errno == EEXIST && unlinkat(directory->fd, file->name, 0) == 0)
		fd = openat(directory->fd, file->name, NEW_IMAGE_FLAGS, 0644);
	if (fd < 0)
		return image_file_fail(file, -errno);
	error = image_file_adopt_fd(file, &fd, "w+");
	return error ? image_file_fail(file, error) : image_put_magic(file);
}

int image_create_list(const struct image_directory *directory, enum image_kind kind, unsigned long argument,
		      struct image_file **ret_file)
{
	int error = image_remove(directory, kind, argument);
	struct image_file *file;

	if (error)
		return error;
	file = image_file_new(directory, kind, argument);
	if (!file)
		return -ENOMEM;
	file->writing = true;
	*ret_file = file;
	return 0;
}

int image_create(const struct image_directory *directory, enum image_kind kind, unsigned long argument,
		 struct image_file **ret_file)
{
	_cleanup_image_close_ struct image_file *file = image_file_new(directory, kind, argument);
	int error;

	if (!file)
		return -ENOMEM;
	file->writing = true;
	error = image_file_start(file);
	if (error)
		return error;
	*ret_file = steal_pointer(&file);
	return 0;
}

int image_remove(const struct image_directory *directory, enum image_kind kind, unsigned long argument)
{
	char name[IMAGE_NAME_SIZE];

	image_format_name(name, kind, argument);
	return unlinkat(directory->fd, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

static int image_file_start_once(struct image_file *file)
{
	if (!file->writing)
		return -EBADF;
	if (file->error)
		return file->error;
	return file->stream ? 0 : image_file_start(file);
}

int image_write_record(struct image_file *file, const ProtobufCMessage *message)
{
	const struct image_type *type = image_type(file->kind);
	size_t size;
	uint8_t *buffer;
	int error;

	if (type->framing == IMAGE_FRAMING_RAW || !protobuf_c_message_check(message))
		return image_file_fail(file, -EINVAL);
	error = image_file_start_once(file);
	if (error)
		return error;
	size = protobuf_c_message_get_packed_size(message);
	if (size > RECORD_SIZE_MAX)
		return image_file_fail(file, -EMSGSIZE);
	buffer = image_file_reserve(file, size ?: 1);
	if (!buffer)
		return image_file_fail(file, -ENOMEM);
	protobuf_c_message_pack(message, buffer);
	return image_put_word(file, size) ?: image_put(file, buffer, size);
}

int image_write_bytes(struct image_file *file, const void *bytes, size_t size)
{
	return image_file_start_once(file) ?: image_put(file, bytes, size);
}

/* Reading */

static int image_get(struct image_file *file, void *bytes, size_t size)
{
	if (size > file->left)
		return -EBADMSG;
	errno = 0;
	if (fread_unlocked(bytes, 1, size, file->stream) != size)
		return ferror_unlocked(file->stream) && errno ? -errno : -EBADMSG;
	file->left -= size;
	return 0;
}

static int image_get_word(struct image_file *file, uint32_t *ret_word)
{
	uint32_t bytes;
	int error = image_get(file, &bytes, sizeof(bytes));

	if (!error)
		*ret_word = le32toh(bytes);
	return error;
}

static int image_check_magic(struct image_file *file, unsigned int version)
{
	const struct image_type *type = image_type(file->kind);
	uint32_t first = version == IMAGE_VERSION_1 ? 0 : image_first_word(type->framing);
	uint32_t word;
	int error = 0;

	if (type->framing == IMAGE_FRAMING_RAW)
		return 0;
	if (first)
		error = image_get_word(file, &word) ?: (word == first ? 0 : -EBADMSG);
	return error ?: image_get_word(file, &word) ?: (word == type->magic ? 0 : -EBADMSG);
}

/* O_NONBLOCK: a FIFO of that name must not hold us. */
int image_open(const struct image_directory *directory, enum image_kind kind, unsigned long argument,
	       struct image_file **ret_file)
{
	_cleanup_image_close_ struct image_file *file = image_file_new(directory, kind, argument);
	_cleanup_close_ int fd = -EBADF;
	struct stat st;
	int error;

	if (!file)
		return -ENOMEM;
	fd = openat(directory->fd, file->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EBADMSG;
	file->left = st.st_size;
	error = image_file_adopt_fd(file, &fd, "r") ?: image_check_magic(file, directory->version);
	if (error)
		return error;
	*ret_file = steal_pointer(&file);
	return 0;
}

static const ProtobufCMessageDescriptor *image_next_descriptor(struct image_file *file)
{
	const struct image_type *type = image_type(file->kind);

	return file->after_head ? type->message : type->head;
}

int image_read_record(struct image_file *file, const ProtobufCMessageDescriptor *descriptor,
		      ProtobufCMessage **ret_message)
{
	uint8_t *buffer;
	uint32_t size;
	int error;

	if (file->writing)
		return -EBADF;
	descriptor = descriptor ?: image_next_descriptor(file);
	if (!descriptor)
		return -EINVAL;
	if (!file->left)
		return 0;
	error = image_get_word(file, &size);
	if (error)
		return error;
	if (size > RECORD_SIZE_MAX || size > file->left)
		return -EBADMSG;
	buffer = image_file_reserve(file, size ?: 1);
	if (!buffer)
		return -ENOMEM;
	error = image_get(file, buffer, size) ?: record_unpack(descriptor, buffer, size, ret_message);
	if (error)
		return error;
	file->after_head = true;
	return 1;
}

int image_read_single(struct image_file *file, ProtobufCMessage **ret_message)
{
	ProtobufCMessage *message;
	int result = image_read_record(file, NULL, &message);

	if (result <= 0)
		return result ?: -EBADMSG;
	if (file->left) {
		protobuf_c_message_free_unpacked(message, NULL);
		return -EBADMSG;
	}
	*ret_message = message;
	return 0;
}

int image_read_bytes(struct image_file *file, void *bytes, size_t size)
{
	return file->writing ? -EBADF : image_get(file, bytes, size);
}

int image_skip_bytes(struct image_file *file, uint64_t size)
{
	if (file->writing)
		return -EBADF;
	if (size > file->left)
		return -EBADMSG;
	if (fseeko(file->stream, size, SEEK_CUR) < 0)
		return -errno;
	file->left -= size;
	return 0;
}

uint64_t image_bytes_left(const struct image_file *file)
{
	return file->left;
}

int image_fd(struct image_file *file)
{
	int error = file->writing ? image_file_start_once(file) : 0;

	if (error)
		return error;
	if (file->writing && fflush(file->stream))
		return image_file_fail(file, -errno);
	return fileno(file->stream);
}

const char *image_name(const struct image_file *file)
{
	return file->name;
}

enum image_kind image_file_kind(const struct image_file *file)
{
	return file->kind;
}

int image_sync(struct image_file *file)
{
	if (file->error)
		return file->error;
	if (!file->stream)
		return 0;
	if (fflush(file->stream) || fsync(fileno(file->stream)) < 0)
		return image_file_fail(file, -errno);
	return 0;
}

int image_close(struct image_file *file)
{
	int error;

	if (!file)
		return 0;
	if (file->stream && fclose(file->stream) && file->writing)
		image_file_fail(file, -errno);
	error = file->error;
	free(file->stream_buffer);
	free(file->buffer);
	free(file);
	return error;
}
