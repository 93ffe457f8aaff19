// SPDX-License-Identifier: GPL-2.0-only
/* What the processor has: read by CPUID, in the order of words that the kernel calls x86_capability
 * (arch/x86/include/asm/cpufeatures.h), and compared with that of a dump. */
#include <cpuid.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "criu/arch/arch.h"
#include "criu/arch/x86_64/xsave.h"
#include "criu/options/options.h"
#include "criu/util/arena.h"
#include "criu/util/macros.h"

#define CAPABILITY_VERSION 2
#define WORDS_OF_OTHERS 19 /* in the field that upstream has */
#define BRAND_SIZE 48
#define VENDOR_SIZE 13
#define RANGE_MASK 0x80000000
#define LEAVES_MAX 32

enum cpuid_register { EAX, EBX, ECX, EDX };

/* Where each word comes from; words that the kernel makes up itself stay 0 and are not compared. */
static const struct word {
	uint32_t leaf, subleaf;
	enum cpuid_register part;
	bool compared;
	const char *vendor; /* NULL: any */
} words[] = {
	[0] = { 0x1, 0, EDX, true },
	[1] = { 0x80000001, 0, EDX, true },
	[2] = { 0x80860001, 0, EDX, true, "GenuineTMx86" },
	[4] = { 0x1, 0, ECX, true },
	[5] = { 0xc0000001, 0, EDX, true, "CentaurHauls" },
	[6] = { 0x80000001, 0, ECX, true },
	[9] = { 0x7, 0, EBX, true },
	[10] = { 0xd, 1, EAX, true },
	[11] = { 0xf, 0, EDX, false },
	[12] = { 0xf, 1, EDX, false },
	[13] = { 0x80000008, 0, EBX, true },
	[14] = { 0x6, 0, EAX, false },
	[15] = { 0x8000000a, 0, EDX, false },
	[16] = { 0x7, 0, ECX, true },
	[17] = { 0x80000007, 0, EBX, true },
	[18] = { 0x7, 0, EDX, true },
	[19] = { 0x7, 1, EAX, true },
	[20] = { 0x7, 1, EDX, true },
};

static const struct feature {
	uint8_t word, bit;
	const char *name;
	unsigned int group;
} features[] = {
#define FEATURE(word, bit, name, group) { word, bit, name, CPU_CAP_##group },
#include "criu/arch/x86_64/features.def"
};

/* --- this processor --- */

/* Each leaf is asked for once: the instruction leaves a virtual machine, which takes longer than a system call. */
struct leaf {
	uint32_t number, subleaf;
	unsigned int parts[4];
};

struct leaves {
	struct leaf items[LEAVES_MAX];
	size_t nr;
};

static const unsigned int *ask(struct leaves *leaves, uint32_t number, uint32_t subleaf)
{
	struct leaf *leaf = leaves->items;

	for (; leaf < leaves->items + leaves->nr; leaf++)
		if (leaf->number == number && leaf->subleaf == subleaf)
			return leaf->parts;
	leaves->nr++;
	*leaf = (struct leaf){ .number = number, .subleaf = subleaf };
	/* The first leaf of a range tells the last one. */
	if (!(number & ~RANGE_MASK) || number <= ask(leaves, number & RANGE_MASK, 0)[EAX])
		__cpuid_count(number, subleaf, leaf->parts[EAX], leaf->parts[EBX], leaf->parts[ECX],
			      leaf->parts[EDX]);
	return leaf->parts;
}

static void read_vendor(struct leaves *leaves, char vendor[VENDOR_SIZE])
{
	const unsigned int *parts = ask(leaves, 0, 0);

	memcpy(vendor, &parts[EBX], 4);
	memcpy(vendor + 4, &parts[EDX], 4);
	memcpy(vendor + 8, &parts[ECX], 4);
	vendor[VENDOR_SIZE - 1] = '\0';
}

/* Some have a range of leaves of their own. */
static bool has_word(struct leaves *leaves, const struct word *word)
{
	char vendor[VENDOR_SIZE];

	read_vendor(leaves, vendor);
	return word->leaf && (!word->vendor || !strcmp(vendor, word->vendor));
}

static void read_identity(struct leaves *leaves, CpuinfoX86Entry *ret)
{
	char vendor[VENDOR_SIZE];
	unsigned int eax;

	read_vendor(leaves, vendor);
	ret->vendor_id = !strcmp(vendor, "GenuineIntel")   ? CPUINFO_X86_ENTRY__VENDOR__INTEL
			 : !strcmp(vendor, "AuthenticAMD") ? CPUINFO_X86_ENTRY__VENDOR__AMD
							   : CPUINFO_X86_ENTRY__VENDOR__UNKNOWN;
	eax = ask(leaves, 1, 0)[EAX];
	/* Intel SDM vol. 2, CPUID, figure 3-6: extended fields count for some families only. */
	ret->cpu_family = eax >> 8 & 0xf;
	ret->model = eax >> 4 & 0xf;
	ret->stepping = eax & 0xf;
	if (ret->cpu_family == 0xf)
		ret->cpu_family += eax >> 20 & 0xff;
	if (ret->cpu_family >= 6)
		ret->model += (eax >> 16 & 0xf) << 4;
}

static void read_brand(struct leaves *leaves, struct arena *arena, CpuinfoX86Entry *ret)
{
	char brand[BRAND_SIZE + 1] = "";

	if (ask(leaves, RANGE_MASK, 0)[EAX] < 0x80000004)
		return;
	for (unsigned int i = 0; i < 3; i++)
		memcpy(brand + i * 16UL, ask(leaves, 0x80000002 + i, 0), 16);
	ret->model_id = arena_printf(arena, "%s", brand);
}

static void read_xsave(struct leaves *leaves, CpuinfoX86Entry *ret)
{
	ret->has_xfeatures_mask = ret->has_xsave_size = ret->has_xsave_size_max = 1;
	ret->xfeatures_mask = xsave_enabled();
	if (!ret->xfeatures_mask)
		return;
	ret->xsave_size = ask(leaves, 0xd, 0)[EBX];
	ret->xsave_size_max = ask(leaves, 0xd, 0)[ECX];
}

int arch_read_cpu(struct arena *arena, bool all, CpuinfoEntry **ret)
{
	CpuinfoX86Entry *x86 = arena_new(arena, CpuinfoX86Entry);
	CpuinfoEntry *entry = arena_new(arena, CpuinfoEntry);
	struct leaves leaves = { .nr = 0 };

	cpuinfo_x86_entry__init(x86);
	cpuinfo_entry__init(entry);
	read_identity(&leaves, x86);
	if (all)
		read_brand(&leaves, arena, x86);
	read_xsave(&leaves, x86);
	x86->capability_ver = CAPABILITY_VERSION;
	x86->n_capability = WORDS_OF_OTHERS;
	x86->capability = arena_array(arena, uint32_t, ARRAY_SIZE(words));
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (has_word(&leaves, &words[i]) && (all || words[i].compared))
			x86->capability[i] = ask(&leaves, words[i].leaf, words[i].subleaf)[words[i].part];
	x86->n_more_capability = ARRAY_SIZE(words) - WORDS_OF_OTHERS;
	x86->more_capability = x86->capability + WORDS_OF_OTHERS;
	entry->n_x86_entry = 1;
	entry->x86_entry = arena_array(arena, CpuinfoX86Entry *, 1);
	entry->x86_entry[0] = x86;
	*ret = entry;
	return 0;
}

/* --- two of them --- */

struct comparison {
	const CpuinfoX86Entry *there, *here;
	unsigned int what;
	arch_report report;
	void *context;
};

static uint32_t word_of(const CpuinfoX86Entry *cpu, size_t i)
{
	if (i < WORDS_OF_OTHERS)
		return i < cpu->n_capability ? cpu->capability[i] : 0;
	i -= WORDS_OF_OTHERS;
	return i < cpu->n_more_capability ? cpu->more_capability[i] : 0;
}

static const struct feature *find_feature(size_t word, unsigned int bit)
{
	for (size_t i = 0; i < ARRAY_SIZE(features); i++)
		if (features[i].word == word && features[i].bit == bit)
			return &features[i];
	return NULL;
}

static void report_missing(const struct comparison *both, size_t word, unsigned int bit)
{
	const struct feature *feature = find_feature(word, bit);
	unsigned int group = feature ? feature->group : CPU_CAP_CPU;
	char name[64];

	if (!(both->what & (group | CPU_CAP_CPU)))
		return;
	snprintf(name, sizeof(name), "bit %u of CPUID %x:%u %s", bit, words[word].leaf, words[word].subleaf,
		 (const char *[]){ "eax", "ebx", "ecx", "edx" }[words[word].part]);
	both->report(both->context, both->what & group ? group : CPU_CAP_CPU, feature ? feature->name : name);
}

static void compare_words(const struct comparison *both)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		uint32_t missing = words[i].compared ? word_of(both->there, i) & ~word_of(both->here, i) : 0;

		for (unsigned int bit = 0; bit < 32; bit++)
			if (missing & (1U << bit))
				report_missing(both, i, bit);
	}
}

static void compare_xsave(const struct comparison *both)
{
	uint64_t missing = both->there->xfeatures_mask & ~both->here->xfeatures_mask;
	char text[64];

	for (unsigned int i = 0; i < 64; i++) {
		if (!(missing & (UINT64_C(1) << i)))
			continue;
		snprintf(text, sizeof(text), "xsave component %s", xsave_name(i));
		both->report(both->context, CPU_CAP_FPU, text);
	}
	if (both->there->xsave_size <= both->here->xsave_size)
		return;
	snprintf(text, sizeof(text), "an xsave area of %u bytes (here %u)", both->there->xsave_size,
		 both->here->xsave_size);
	both->report(both->context, CPU_CAP_FPU, text);
}

static void compare_identity(const struct comparison *both)
{
	char text[96];

	if (both->there->vendor_id == both->here->vendor_id && both->there->cpu_family == both->here->cpu_family)
		return;
	snprintf(text, sizeof(text), "vendor %d family %u (here vendor %d family %u)", both->there->vendor_id,
		 both->there->cpu_family, both->here->vendor_id, both->here->cpu_family);
	both->report(both->context, CPU_CAP_CPU, text);
}

int arch_compare_cpu(const CpuinfoEntry *there, const CpuinfoEntry *here, unsigned int what,
		     arch_report report, void *context)
{
	struct comparison both = { .what = what, .report = report, .context = context };

	if (there->n_x86_entry != 1 || there->x86_entry[0]->capability_ver != CAPABILITY_VERSION)
		return -EBADMSG;
	both.there = there->x86_entry[0];
	both.here = here->x86_entry[0];
	if (what & CPU_CAP_CPU)
		compare_identity(&both);
	if (what)
		compare_words(&both);
	if (what & CPU_CAP_FPU)
		compare_xsave(&both);
	return 0;
}
