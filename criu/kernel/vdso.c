// SPDX-License-Identifier: GPL-2.0-only
/* Reads the dynamic symbols of a vdso. It may come from an image: no offset or count in it is trusted. */
#include "criu/kernel/vdso.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "criu/util/macros.h"

#define PROGRAM_HEADERS_MAX 32
#define TABLE_MAX 512 /* rows of the dynamic section, symbols */
#define FUNCTION_ALIGNMENT 16

struct view {
	const uint8_t *memory;
	size_t size;
	uint64_t load_address; /* what addresses in it are relative to */
};

/* Tables by their offsets in the memory; 0: there is none. */
struct tables {
	uint64_t symbols, strings, strings_size, hash;
};

static bool get(const struct view *view, uint64_t offset, void *ret, size_t size)
{
	if (offset > view->size || size > view->size - offset)
		return false;
	memcpy(ret, view->memory + offset, size);
	return true;
}

static bool read_program_header(const struct view *view, const Elf64_Ehdr *header, unsigned int i, Elf64_Phdr *ret)
{
	return get(view, header->e_phoff + (uint64_t)i * sizeof(*ret), ret, sizeof(*ret));
}

static void note_table(struct view *view, const Elf64_Dyn *row, struct tables *tables)
{
	/* Old kernels prelink it; in memory it is where the dynamic linker finds it, relative to the first segment. */
	uint64_t offset = row->d_un.d_ptr - view->load_address;

	switch (row->d_tag) {
	case DT_SYMTAB:
		tables->symbols = offset;
		break;
	case DT_STRTAB:
		tables->strings = offset;
		break;
	case DT_STRSZ:
		tables->strings_size = row->d_un.d_val;
		break;
	case DT_HASH:
		tables->hash = offset;
		break;
	}
}

static bool read_dynamic(struct view *view, const Elf64_Phdr *segment, struct tables *ret)
{
	for (unsigned int i = 0; i < TABLE_MAX; i++) {
		Elf64_Dyn row;

		if (!get(view, segment->p_offset + i * sizeof(row), &row, sizeof(row)))
			return false;
		if (row.d_tag == DT_NULL)
			return ret->symbols && ret->strings && ret->strings < view->size;
		note_table(view, &row, ret);
	}
	return false;
}

static void read_build_id(const struct view *view, const Elf64_Phdr *segment, struct vdso *ret)
{
	if (!ret->build_id_length && segment->p_offset < view->size &&
	    segment->p_filesz <= view->size - segment->p_offset)
		ret->build_id_length = build_id_find(view->memory + segment->p_offset, segment->p_filesz,
						     ret->build_id);
}

static bool read_segments(struct view *view, const Elf64_Ehdr *header, struct tables *ret_tables, struct vdso *ret)
{
	Elf64_Phdr segment;
	bool found = false;

	/* The addresses of the others are relative to it. */
	for (unsigned int i = 0; i < header->e_phnum && !found; i++) {
		if (!read_program_header(view, header, i, &segment))
			return false;
		found = segment.p_type == PT_LOAD;
	}
	if (!found)
		return false;
	view->load_address = segment.p_vaddr - segment.p_offset;
	found = false;
	for (unsigned int i = 0; i < header->e_phnum; i++) {
		if (!read_program_header(view, header, i, &segment))
			return false;
		if (segment.p_type == PT_DYNAMIC)
			found = read_dynamic(view, &segment, ret_tables);
		if (segment.p_type == PT_NOTE)
			read_build_id(view, &segment, ret);
	}
	return found;
}

/* With a hash table of the newer form only, the end of the symbols is where the strings begin, as linkers lay them. */
static bool count_symbols(const struct view *view, const struct tables *tables, uint32_t *ret_nr)
{
	uint32_t hash[2]; /* buckets, then chains: one a symbol (System V ABI, chapter 5) */

	if (tables->hash) {
		if (!get(view, tables->hash, hash, sizeof(hash)))
			return false;
		*ret_nr = hash[1];
	} else {
		if (tables->strings <= tables->symbols)
			return false;
		*ret_nr = (tables->strings - tables->symbols) / sizeof(Elf64_Sym);
	}
	return *ret_nr <= TABLE_MAX;
}

static bool is_entry(const char *name)
{
	return !strncmp(name, "__vdso_", strlen("__vdso_")) || !strncmp(name, "__kernel_", strlen("__kernel_"));
}

/* Takes an entry; others pass. False: there are more than any vdso has. */
static bool take_symbol(const struct view *view, const struct tables *tables, const Elf64_Sym *symbol,
			struct vdso *ret)
{
	uint64_t name = tables->strings + symbol->st_name, offset = symbol->st_value - view->load_address;
	struct vdso_symbol *entry = &ret->symbols[ret->nr_symbols];
	size_t length;

	if (ELF64_ST_TYPE(symbol->st_info) != STT_FUNC || symbol->st_shndx == SHN_UNDEF ||
	    name >= view->size || offset >= view->size)
		return true;
	length = strnlen((const char *)view->memory + name, view->size - name);
	if (length == view->size - name || length >= VDSO_NAME_SIZE || !is_entry((const char *)view->memory + name))
		return true;
	if (ret->nr_symbols == VDSO_SYMBOLS_MAX)
		return false;
	memcpy(entry->name, view->memory + name, length + 1);
	entry->offset = (uint32_t)offset;
	entry->room = (uint32_t)MIN(symbol->st_size, view->size - offset);
	if (entry->offset % FUNCTION_ALIGNMENT == 0)
		entry->room = (uint32_t)MIN(ROUND_UP(entry->room, FUNCTION_ALIGNMENT), view->size - offset);
	ret->nr_symbols++;
	return true;
}

static int compare_symbols(const void *a, const void *b)
{
	const struct vdso_symbol *left = a, *right = b;

	if (left->offset != right->offset)
		return left->offset < right->offset ? -1 : 1;
	return strcmp(left->name, right->name);
}

static void cut_at_next(struct vdso *vdso)
{
	for (unsigned int i = vdso->nr_symbols; i-- > 1;) {
		struct vdso_symbol *symbol = &vdso->symbols[i - 1], *next = &vdso->symbols[i];

		if (next->offset == symbol->offset)
			symbol->room = next->room = MIN(symbol->room, next->room);
		else
			symbol->room = MIN(symbol->room, next->offset - symbol->offset);
	}
}

static bool read_symbols(const struct view *view, const struct tables *tables, struct vdso *ret)
{
	uint32_t nr;

	if (!count_symbols(view, tables, &nr))
		return false;
	for (uint32_t i = 0; i < nr; i++) {
		Elf64_Sym symbol;

		if (!get(view, tables->symbols + i * sizeof(symbol), &symbol, sizeof(symbol)) ||
		    !take_symbol(view, tables, &symbol, ret))
			return false;
	}
	qsort(ret->symbols, ret->nr_symbols, sizeof(ret->symbols[0]), compare_symbols);
	cut_at_next(ret);
	return true;
}

static bool is_of_this_machine(const Elf64_Ehdr *header)
{
#ifdef __aarch64__
	const uint16_t machine = EM_AARCH64;
#else
	const uint16_t machine = EM_X86_64;
#endif
	return !memcmp(header->e_ident, ELFMAG, SELFMAG) && header->e_ident[EI_CLASS] == ELFCLASS64 &&
	       header->e_machine == machine && header->e_phentsize == sizeof(Elf64_Phdr) &&
	       header->e_phnum <= PROGRAM_HEADERS_MAX && header->e_phoff < UINT32_MAX;
}

int vdso_parse(const void *memory, size_t size, struct vdso *ret)
{
	struct view view = { .memory = memory, .size = size };
	struct tables tables = { 0 };
	Elf64_Ehdr header;

	*ret = (struct vdso){ .nr_symbols = 0 };
	if (!get(&view, 0, &header, sizeof(header)) || !is_of_this_machine(&header) ||
	    !read_segments(&view, &header, &tables, ret) || !read_symbols(&view, &tables, ret))
		return -EBADMSG;
	return 0;
}

const struct vdso_symbol *vdso_find(const struct vdso *vdso, const char *name)
{
	for (unsigned int i = 0; i < vdso->nr_symbols; i++) {
		if (!strcmp(vdso->symbols[i].name, name))
			return &vdso->symbols[i];
	}
	return NULL;
}

bool vdso_same_build(const struct vdso *a, const struct vdso *b)
{
	return a->build_id_length && a->build_id_length == b->build_id_length &&
	       !memcmp(a->build_id, b->build_id, (size_t)a->build_id_length);
}
