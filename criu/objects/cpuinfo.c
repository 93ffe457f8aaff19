// SPDX-License-Identifier: GPL-2.0-only
/* The processor: what it had at the dump is compared with what is here, as far as --cpu-cap says. A program has asked
 * it at its start and will not ask again. */
#include "criu/objects/cpuinfo.h"

#include <errno.h>

#include "criu/arch/arch.h"
#include "criu/image/file.h"
#include "criu/objects/kinds.h"
#include "criu/options/options.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

static const struct group {
	unsigned int capability;
	const char *option, *what;
} groups[] = {
	{ CPU_CAP_FPU, "fpu", "registers" },
	{ CPU_CAP_INS, "ins", "instructions" },
	{ CPU_CAP_CPU, "cpu", "features" },
};

static int write_entry(const struct image_directory *images, const CpuinfoEntry *entry)
{
	struct image_file *file;
	int error = image_create(images, IMAGE_CPUINFO, 0, &file), close_error;

	if (error)
		return error;
	error = image_write_record(file, &entry->base);
	close_error = image_close(file);
	return error ?: close_error;
}

int cpuinfo_write(const struct image_directory *images)
{
	_cleanup_(arena_free) struct arena arena;
	CpuinfoEntry *entry;
	int error;

	arena_init(&arena);
	error = arch_read_cpu(&arena, true, &entry);
	if (error < 0)
		return error;
	error = write_entry(images, entry);
	return error < 0 ? log_errno(error, "cannot write image 'cpuinfo.img'") : 0;
}

struct missing {
	struct arena *arena;
	const char *names[ARRAY_SIZE(groups)];
};

static void note_missing(void *context, unsigned int capability, const char *name)
{
	struct missing *missing = context;

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		const char **names = &missing->names[i];

		if (groups[i].capability == capability)
			*names = arena_printf(missing->arena, "%s%s%s", *names ? *names : "",
					      *names ? ", " : "", name);
	}
}

static void report_missing(const struct missing *missing, void (*report)(void *context, const char *text),
			   void *context)
{
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		if (missing->names[i])
			report(context, arena_printf(missing->arena,
						     "this processor lacks %s of that of the dump: %s; restore on one that "
						     "has them, or take '%s' out of --cpu-cap",
						     groups[i].what, missing->names[i], groups[i].option));
	}
}

static int read_entry(const struct image_directory *images, CpuinfoEntry **ret)
{
	_cleanup_image_close_ struct image_file *file = NULL;
	ProtobufCMessage *message = NULL;
	int error = image_open(images, IMAGE_CPUINFO, 0, &file);

	if (error == -ENOENT)
		return error;
	error = error ?: image_read_single(file, &message);
	if (error)
		return log_errno(error, "cannot read image 'cpuinfo.img'");
	*ret = (CpuinfoEntry *)message;
	return 0;
}

int cpuinfo_compare(const struct image_directory *images, unsigned int what,
		    void (*report)(void *context, const char *text), void *context)
{
	_cleanup_(arena_free) struct arena arena;
	_cleanup_message_ CpuinfoEntry *there = NULL;
	struct missing missing = { .arena = &arena };
	CpuinfoEntry *here;
	int error;

	arena_init(&arena);
	error = arch_read_cpu(&arena, false, &here);
	if (!error)
		error = read_entry(images, &there);
	if (error < 0)
		return error;
	error = arch_compare_cpu(there, here, what, note_missing, &missing);
	if (error < 0)
		return log_fail(error, "image 'cpuinfo.img' describes a processor of another architecture");
	report_missing(&missing, report, context);
	return 0;
}

static int cpuinfo_dump(struct dump *dump)
{
	int error = dump->options->cpu_capabilities ? cpuinfo_write(dump->images) : 0;

	return error == -ENOTSUP ? 0 : error;
}

static void refuse(void *context, const char *text)
{
	restore_refuse(context, NULL, "%s", text);
}

static int cpuinfo_load(struct restore *restore)
{
	unsigned int what = restore->options->cpu_capabilities;
	int error = what ? cpuinfo_compare(restore->images, what, refuse, restore) : 0;

	if (error == -ENOENT)
		log_info("the images do not tell of the processor of the dump");
	return error == -ENOENT || error == -ENOTSUP ? 0 : error;
}

const struct global_kind cpuinfo_kind = {
	.name = "cpuinfo",
	.dump = cpuinfo_dump,
	.load = cpuinfo_load,
};
