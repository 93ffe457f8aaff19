// SPDX-License-Identifier: GPL-2.0-only
/* Mappings in images come from strangers: what can be a mapping, and what can be one here. */
#include <inttypes.h>
#include <sys/mman.h>

#include "criu/objects/kinds.h"
#include "criu/objects/memory/memory.h"
#include "criu/restore/memory-internal.h"
#include "criu/util/log.h"

#define STATUS_RUN_TIME 0xf0000000U
#define KNOWN_FLAGS \
	(MAP_SHARED | MAP_PRIVATE | MAP_DROPPABLE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_LOCKED | MAP_NORESERVE)
#define HUGE_SHIFT 26 /* MAP_HUGE_SHIFT */
#define HUGE_ORDER_MAX 63U
#define HUGE_ORDER_USUAL 21 /* of a record that does not say */
#define ADVICE(n) (UINT64_C(1) << (n))
#define KNOWN_ADVICE                                                                                      \
	(ADVICE(MADV_RANDOM) | ADVICE(MADV_SEQUENTIAL) | ADVICE(MADV_DONTFORK) | ADVICE(MADV_MERGEABLE) | \
	 ADVICE(MADV_HUGEPAGE) | ADVICE(MADV_NOHUGEPAGE) | ADVICE(MADV_DONTDUMP) | ADVICE(18 /* WIPEONFORK */))

static const struct {
	uint32_t status;
	const char *what;
} unknown_kinds[] = {
	{ VMA_SYSVIPC, "System V shared memory of a form that this build does not know" },
	{ VMA_SOCKET, "the ring of a packet socket" },
	{ VMA_SHADOW_STACK, "a shadow stack" },
	{ VMA_BY_PLUGIN, "memory of a device" },
	{ VMA_ANON_SHARED, "shared memory in the form of old images" },
};

static const char *unknown_kind(const VmaEntry *record)
{
	for (size_t i = 0; i < ARRAY_SIZE(unknown_kinds); i++) {
		if (record->status & unknown_kinds[i].status)
			return unknown_kinds[i].what;
	}
	return "of a kind that this build does not know";
}

/* NULL, or what is impossible. */
static const char *wrong_range(const VmaEntry *record, uint64_t last_end)
{
	uint64_t length = record->end - record->start;

	if ((record->start | record->end | record->pgoff) % PAGE_SIZE)
		return "is not made of whole pages";
	if (record->start >= record->end)
		return "is empty";
	if (record->start < last_end)
		return "overlaps the one before, or is out of order";
	if (record->end > USER_ADDRESS_MAX)
		return "lies outside of user memory";
	if (record->pgoff > INT64_MAX - length)
		return "reaches beyond any file";
	return NULL;
}

static const char *wrong_form(const VmaEntry *record)
{
	uint32_t type = record->flags & (MAP_SHARED | MAP_PRIVATE | MAP_DROPPABLE);
	uint32_t where = record->status &
			 (VMA_FILE_PRIVATE | VMA_FILE_SHARED | VMA_ANON_PRIVATE | VMA_ANON_SHARED);

	if (record->status & STATUS_RUN_TIME)
		return "has a status that no image may have";
	if (record->prot & ~(uint32_t)(PROT_READ | PROT_WRITE | PROT_EXEC))
		return "has an unknown protection";
	if (!where && !(record->status & (VMA_BY_PLUGIN | VMA_SOCKET)))
		return "is of no kind";
	if (where & (where - 1))
		return "is not of exactly one kind";
	if (record->status & (VMA_VDSO | VMA_VVAR))
		return NULL;
	if (!type || (type & (type - 1)))
		return "is not exactly one of private, shared and droppable";
	if (where && !(record->status & VMA_AIO_RING) &&
	    (type == MAP_SHARED) != !!(where & (VMA_FILE_SHARED | VMA_ANON_SHARED)))
		return "has a status that contradicts its flags";
	if (type == MAP_DROPPABLE && where != VMA_ANON_PRIVATE)
		return "is droppable, but of a file";
	if ((record->flags & MAP_GROWSDOWN) && where != VMA_ANON_PRIVATE)
		return "grows down, but is not private memory";
	return NULL;
}

/* Memory that was gathered has to move: mremap() of huge pages, from 5.16 on. None is used up by the trial. */
static bool can_move_huge(unsigned int order)
{
	size_t size = 1UL << order;
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_HUGETLB | (int)(order << HUGE_SHIFT);
	void *from = mmap(NULL, size, PROT_NONE, flags, -1, 0);
	void *to = mmap(NULL, size, PROT_NONE, flags, -1, 0), *moved = MAP_FAILED;

	if (from != MAP_FAILED && to != MAP_FAILED)
		moved = mremap(from, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	if (from != MAP_FAILED && moved == MAP_FAILED)
		munmap(from, size);
	if (to != MAP_FAILED)
		munmap(to, size);
	return moved != MAP_FAILED;
}

static int check_huge(struct restore *restore, const struct task *task, const VmaEntry *record)
{
	unsigned int order = record->flags >> HUGE_SHIFT;

	order = order ? order : HUGE_ORDER_USUAL;
	if (!huge_pages_exist(order))
		restore_refuse(restore, task,
			       "mapping %" PRIx64 " has huge pages of 2^%u bytes, which this kernel does not have",
			       record->start, order);
	else if ((record->start | record->end | record->pgoff) & ((1UL << order) - 1))
		return log_fail(-EBADMSG, "image 'mm-%d.img': mapping %" PRIx64 " is not made of huge pages",
				task->pid, record->start);
	else if ((record->flags & MAP_PRIVATE) && !can_move_huge(order))
		restore_refuse(restore, task,
			       "mapping %" PRIx64 " is private and has huge pages, which this kernel cannot move "
			       "(before 5.16)",
			       record->start);
	return 0;
}

static void check_known(struct restore *restore, const struct task *task, const VmaEntry *record)
{
	uint32_t flags = record->flags & ~KNOWN_FLAGS;

	if (record->flags & MAP_HUGETLB)
		flags &= ~(uint32_t)(MAP_HUGETLB | (HUGE_ORDER_MAX << HUGE_SHIFT));
	if (flags)
		restore_refuse(restore, task, "mapping %" PRIx64 " has flags %x, which this build does not know",
			       record->start, flags);
	if (record->madv & ~KNOWN_ADVICE)
		restore_refuse(restore, task,
			       "mapping %" PRIx64 " has advice %" PRIx64 ", which this build does not "
			       "know",
			       record->start, record->madv & ~KNOWN_ADVICE);
	if (!mapping_kind_of_record(record))
		restore_refuse(restore, task, "mapping %" PRIx64 " is %s: cannot be restored by this build",
			       record->start, unknown_kind(record));
}

int memory_check_record(struct restore *restore, const struct task *task, const VmaEntry *record, uint64_t last_end)
{
	const char *wrong = wrong_range(record, last_end);

	wrong = wrong ? wrong : wrong_form(record);
	if (wrong)
		return log_fail(-EBADMSG, "image 'mm-%d.img': mapping %" PRIx64 "-%" PRIx64 " %s", task->pid,
				record->start, record->end, wrong);
	check_known(restore, task, record);
	return record->flags & MAP_HUGETLB ? check_huge(restore, task, record) : 0;
}
