// SPDX-License-Identifier: LGPL-2.1-only
/* A linked blob becomes a C header. Refused is what cannot run at any address without a loader. */
#include "compel/command/hgen.h"

#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LARGEST_BLOB (64UL << 20)

struct elf {
	const char *path;
	uint8_t *bytes;
	size_t size;
	const Elf64_Shdr *sections;
	unsigned int nr_sections;
};

static int refuse(const struct elf *elf, const char *why, const char *what)
{
	fprintf(stderr, "compel: '%s': %s%s%s\n", elf->path, why, *what ? ": " : "", what);
	return -ENOEXEC;
}

/* NULL: not inside of the file. */
static const void *piece(const struct elf *elf, uint64_t offset, uint64_t length)
{
	return offset <= elf->size && length <= elf->size - offset ? elf->bytes + offset : NULL;
}

static int read_file(struct elf *elf)
{
	struct stat stat;
	ssize_t got;
	int fd = open(elf->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &stat)) {
		fprintf(stderr, "compel: '%s': %s\n", elf->path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -errno;
	}
	elf->size = (size_t)stat.st_size;
	elf->bytes = elf->size && elf->size <= LARGEST_BLOB ? malloc(elf->size) : NULL;
	got = elf->bytes ? read(fd, elf->bytes, elf->size) : -1;
	close(fd);
	if (got != (ssize_t)elf->size)
		return refuse(elf, "cannot be read", "");
	return 0;
}

static int find_sections(struct elf *elf)
{
	const Elf64_Ehdr *header = piece(elf, 0, sizeof(*header));

	if (!header || memcmp(header->e_ident, ELFMAG, SELFMAG) || header->e_ident[EI_CLASS] != ELFCLASS64)
		return refuse(elf, "is no 64 bit ELF file", "");
	if (header->e_type != ET_DYN && header->e_type != ET_EXEC)
		return refuse(elf, "is not linked (see 'compel ldflags')", "");
	if (header->e_shentsize != sizeof(Elf64_Shdr) || header->e_shoff % _Alignof(Elf64_Shdr))
		return refuse(elf, "has odd section headers", "");
	elf->nr_sections = header->e_shnum;
	elf->sections = piece(elf, header->e_shoff, (uint64_t)header->e_shnum * sizeof(Elf64_Shdr));
	if (!elf->sections || !elf->nr_sections)
		return refuse(elf, "has no sections", "");
	return 0;
}

static int check_symbols(const struct elf *elf, const Elf64_Shdr *section)
{
	const Elf64_Sym *symbols = piece(elf, section->sh_offset, section->sh_size);
	const Elf64_Shdr *strings = section->sh_link < elf->nr_sections ? &elf->sections[section->sh_link] : NULL;
	const char *names = strings && strings->sh_size ? piece(elf, strings->sh_offset, strings->sh_size) : NULL;

	if (!symbols || !names || names[strings->sh_size - 1] || section->sh_offset % _Alignof(Elf64_Sym))
		return refuse(elf, "has an odd symbol table", "");
	for (uint64_t n = 1; n < section->sh_size / sizeof(*symbols); n++) {
		const char *name = symbols[n].st_name < strings->sh_size ? names + symbols[n].st_name : "";

		if (symbols[n].st_shndx == SHN_UNDEF && *name && strcmp(name, "_GLOBAL_OFFSET_TABLE_"))
			return refuse(elf, "needs an undefined symbol", name);
		if (!strcmp(name, "compel_blob_start") && symbols[n].st_value)
			return refuse(elf, "does not begin with its entry (see 'compel ldflags')", "");
	}
	return 0;
}

static int check_sections(const struct elf *elf)
{
	int error = 0;

	for (unsigned int n = 0; n < elf->nr_sections && !error; n++) {
		const Elf64_Shdr *section = &elf->sections[n];

		if ((section->sh_type == SHT_RELA || section->sh_type == SHT_REL) && section->sh_size)
			error = refuse(elf, "has relocations, it would not run at any address", "");
		else if (section->sh_type == SHT_SYMTAB)
			error = check_symbols(elf, section);
		else if ((section->sh_flags & SHF_ALLOC) && (section->sh_flags & SHF_WRITE) && section->sh_size)
			error = refuse(elf, "has writable data, which is mapped read-only", "");
	}
	return error;
}

/* Lays the sections out as they will be in memory. */
static int make_image(const struct elf *elf, uint8_t **ret_image, size_t *ret_size)
{
	uint8_t *image = calloc(1, LARGEST_BLOB);
	size_t size = 0;

	if (!image)
		return -ENOMEM;
	for (unsigned int n = 0; n < elf->nr_sections; n++) {
		const Elf64_Shdr *section = &elf->sections[n];
		const void *bytes = piece(elf, section->sh_offset, section->sh_size);

		if (!(section->sh_flags & SHF_ALLOC) || section->sh_type != SHT_PROGBITS || !section->sh_size)
			continue;
		if (!bytes || section->sh_addr > LARGEST_BLOB || section->sh_size > LARGEST_BLOB - section->sh_addr) {
			free(image);
			return refuse(elf, "has a section outside of the file", "");
		}
		memcpy(image + section->sh_addr, bytes, section->sh_size);
		if (section->sh_addr + section->sh_size > size)
			size = section->sh_addr + section->sh_size;
	}
	if (!size) {
		free(image);
		return refuse(elf, "is empty", "");
	}
	*ret_image = image;
	*ret_size = size;
	return 0;
}

static int print_header(FILE *file, const char *name, const uint8_t *image, size_t size)
{
	fprintf(file,
		"/* Made by compel hgen. */\n#pragma once\n\n#include <compel/compel.h>\n\n"
		"static const unsigned char %s_code[] = {",
		name);
	for (size_t n = 0; n < size; n++)
		fprintf(file, "%s0x%02x,", n % 16 ? " " : "\n\t", image[n]);
	fprintf(file, "\n};\n\nstatic const struct compel_blob %s = { %s_code, sizeof(%s_code) };\n", name,
		name, name);
	return fflush(file) ? -errno : 0;
}

static int write_output(const struct hgen_options *options, const uint8_t *image, size_t size)
{
	FILE *file = options->output ? fopen(options->output, "we") : stdout;
	int error = file ? print_header(file, options->name, image, size) : -errno;

	if (error)
		fprintf(stderr, "compel: '%s': %s\n", options->output ? options->output : "standard output",
			strerror(-error));
	if (file && file != stdout)
		fclose(file);
	return error;
}

static int is_identifier(const char *name)
{
	if (!isalpha((unsigned char)*name) && *name != '_')
		return 0;
	while (*name && (isalnum((unsigned char)*name) || *name == '_'))
		name++;
	return !*name;
}

int hgen_write_header(const struct hgen_options *options)
{
	struct elf elf = { .path = options->input };
	uint8_t *image = NULL;
	size_t size = 0;
	int error;

	if (!options->input || !is_identifier(options->name)) {
		fprintf(stderr, "compel: hgen needs -f with a linked blob, and -p with an identifier of C\n");
		return -EINVAL;
	}
	error = read_file(&elf);
	if (!error)
		error = find_sections(&elf);
	if (!error)
		error = check_sections(&elf);
	if (!error)
		error = make_image(&elf, &image, &size);
	if (!error)
		error = write_output(options, image, size);
	free(image);
	free(elf.bytes);
	return error;
}
