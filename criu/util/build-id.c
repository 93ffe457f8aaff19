// SPDX-License-Identifier: GPL-2.0-only
/* The build id of an ELF file. The file is not trusted: all sizes are bounded, damage means "has none". */
#include "criu/util/build-id.h"

#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "criu/util/cleanup.h"
#include "criu/util/macros.h"

#define PROGRAM_HEADERS_MAX 256
#define NOTES_MAX (64UL << 10)

struct segment {
	uint32_t type;
	uint64_t offset, size;
};

static bool read_at(int fd, void *buffer, size_t size, uint64_t offset)
{
	return offset <= INT64_MAX && pread(fd, buffer, size, (off_t)offset) == (ssize_t)size;
}

int build_id_find(const uint8_t *notes, size_t size, uint8_t ret_id[BUILD_ID_MAX])
{
	size_t at = 0;

	while (size - at >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr note; /* the same in files of 32 bits */
		size_t name, id, end;

		memcpy(&note, notes + at, sizeof(note));
		name = at + sizeof(note);
		id = name + ROUND_UP((size_t)note.n_namesz, 4);
		end = id + ROUND_UP((size_t)note.n_descsz, 4);
		if (id + note.n_descsz > size)
			return 0;
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && !memcmp(notes + name, "GNU", 4)) {
			if (note.n_descsz > BUILD_ID_MAX)
				return 0;
			memcpy(ret_id, notes + id, note.n_descsz);
			return (int)note.n_descsz;
		}
		if (end > size)
			return 0;
		at = end;
	}
	return 0;
}

static int read_notes(int fd, const struct segment *segment, uint8_t ret_id[BUILD_ID_MAX])
{
	size_t size = MIN(segment->size, NOTES_MAX);
	_cleanup_free_ uint8_t *notes = NULL;

	if (size < sizeof(Elf64_Nhdr))
		return 0;
	notes = malloc(size);
	if (!notes)
		return -ENOMEM;
	return read_at(fd, notes, size, segment->offset) ? build_id_find(notes, size, ret_id) : 0;
}

static struct segment read_segment(const uint8_t *header, bool is_64)
{
	if (is_64) {
		Elf64_Phdr phdr;

		memcpy(&phdr, header, sizeof(phdr));
		return (struct segment){ phdr.p_type, phdr.p_offset, phdr.p_filesz };
	} else {
		Elf32_Phdr phdr;

		memcpy(&phdr, header, sizeof(phdr));
		return (struct segment){ phdr.p_type, phdr.p_offset, phdr.p_filesz };
	}
}

static int read_program_headers(int fd, uint64_t offset, size_t entry_size, size_t count, bool is_64,
				uint8_t ret_id[BUILD_ID_MAX])
{
	_cleanup_free_ uint8_t *headers = NULL;

	if (count > PROGRAM_HEADERS_MAX || entry_size != (is_64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)))
		return 0;
	headers = malloc(count * entry_size + 1);
	if (!headers)
		return -ENOMEM;
	if (!read_at(fd, headers, count * entry_size, offset))
		return 0;
	for (size_t i = 0; i < count; i++) {
		struct segment segment = read_segment(headers + i * entry_size, is_64);
		int length = segment.type == PT_NOTE ? read_notes(fd, &segment, ret_id) : 0;

		if (length)
			return length;
	}
	return 0;
}

int build_id_read(int fd, uint8_t ret_id[BUILD_ID_MAX])
{
	union {
		unsigned char ident[EI_NIDENT];
		Elf32_Ehdr small;
		Elf64_Ehdr large;
	} header = { 0 };
	ssize_t got = pread(fd, &header, sizeof(header), 0);

	if (got < 0)
		return -errno;
	if ((size_t)got < sizeof(header.small) || memcmp(header.ident, ELFMAG, SELFMAG))
		return 0;
	if (header.ident[EI_CLASS] == ELFCLASS32)
		return read_program_headers(fd, header.small.e_phoff, header.small.e_phentsize,
					    header.small.e_phnum, false, ret_id);
	if (header.ident[EI_CLASS] != ELFCLASS64 || (size_t)got < sizeof(header.large))
		return 0;
	return read_program_headers(fd, header.large.e_phoff, header.large.e_phentsize, header.large.e_phnum,
				    true, ret_id);
}
