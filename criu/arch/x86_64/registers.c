// SPDX-License-Identifier: GPL-2.0-only
/* x86-64 registers between ptrace and thread_info_x86. The extended area is in the standard format of XSAVE
 * (Intel SDM vol. 1, 13.4); places of components come from CPUID leaf 0xd. */
#include <asm/ldt.h>
#include <cpuid.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#include <compel/compel.h>

#include "criu/arch/arch.h"
#include "criu/arch/x86_64/compat.h"
#include "criu/arch/x86_64/compat-call.h"
#include "criu/arch/x86_64/xsave.h"
#include "criu/util/arena.h"
#include "criu/util/macros.h"

#define TASK_SIZE 0x7ffffffff000UL

/* The FXSAVE part: 512 bytes, then the XSAVE header, then components from 576 on. */
#define FXSAVE_SIZE 512
#define HEADER_SIZE 64
#define HEADER_MASK_OFFSET FXSAVE_SIZE
/* Bytes that software may use; the kernel puts the mask of enabled features first (struct _fpx_sw_bytes). */
#define SOFTWARE_MASK_OFFSET 464
#define ST_WORDS 32
#define XMM_WORDS 64
#define COMPONENT_PKRU 9
#define COMPONENT_FIRST 2
#define LEGACY_COMPONENTS 3UL /* x87 and SSE */
#define COMPONENT_MAX 62
#define SELECTOR_LOW_BITS 7 /* privilege, and whether it is of the LDT */
#define SELECTOR_USER 3
#define SELECTOR_INDEX(selector) ((selector) >> 3)
#define TLS_FIRST 12
#define TLS_NR 3

struct fxsave {
	uint16_t cwd, swd, twd, fop;
	uint64_t rip, rdp;
	uint32_t mxcsr, mxcsr_mask;
	uint32_t st[ST_WORDS];
	uint32_t xmm[XMM_WORDS];
};

/* Components which have a field of their own in images. */
static const struct component {
	int number;
	size_t nr_field, field;
	size_t element, elements;
} components[] = {
#define FIELD(name) offsetof(UserX86XsaveEntry, n_##name), offsetof(UserX86XsaveEntry, name)
	{ 2, FIELD(ymmh_space), sizeof(uint32_t), 64 },	 { 3, FIELD(bndreg_state), sizeof(uint64_t), 8 },
	{ 4, FIELD(bndcsr_state), sizeof(uint64_t), 8 }, { 5, FIELD(opmask_reg), sizeof(uint64_t), 8 },
	{ 6, FIELD(zmm_upper), sizeof(uint64_t), 64 },	 { 7, FIELD(hi16_zmm), sizeof(uint64_t), 128 },
	{ 9, FIELD(pkru), sizeof(uint32_t), 2 },
#undef FIELD
};

uint64_t arch_task_size(void)
{
	return TASK_SIZE;
}

struct place {
	unsigned int size, offset;
};

/* The instruction leaves a virtual machine each time, which takes longer than all else here: asked once, and only for what
 * is in use. */
static struct place ask_place(int number)
{
	struct place place = {};
	unsigned int flags, unused;

	if (xsave_enabled())
		__cpuid_count(0xd, number, place.size, place.offset, flags, unused);
	if (place.offset < FXSAVE_SIZE)
		place.size = 0;
	return place;
}

/* What is not in use is zero; the kernel tells PKRU apart from that. */
static bool is_in_use(int number, uint64_t used)
{
	return number == COMPONENT_PKRU || (used & (1ULL << number));
}

static bool component_place(int number, size_t *ret_offset, size_t *ret_size)
{
	static struct place places[COMPONENT_MAX + 1];
	static uint64_t asked;

	if (!(asked & (1ULL << number)))
		places[number] = ask_place(number);
	asked |= 1ULL << number;
	*ret_offset = places[number].offset;
	*ret_size = places[number].size;
	return places[number].size;
}

static const struct component *component_find(int number)
{
	for (size_t i = 0; i < ARRAY_SIZE(components); i++)
		if (components[i].number == number)
			return &components[i];
	return NULL;
}

static void dump_own_field(struct arena *arena, const struct component *component, const char *data,
			   size_t size, UserX86XsaveEntry *entry)
{
	size_t wanted = component->element * component->elements;
	void *copy = arena_alloc(arena, wanted);

	memcpy(copy, data, MIN(size, wanted));
	*(size_t *)((char *)entry + component->nr_field) = component->elements;
	*(void **)((char *)entry + component->field) = copy;
}

static void dump_other(struct arena *arena, int number, const char *data, size_t size, UserX86XsaveEntry *entry)
{
	XstateComponentEntry *other = arena_new(arena, XstateComponentEntry);

	xstate_component_entry__init(other);
	other->number = number;
	other->state.data = arena_copy(arena, data, size);
	other->state.len = size;
	entry->other[entry->n_other++] = other;
}

static UserX86XsaveEntry *dump_xsave(struct arena *arena, const char *area, size_t area_size)
{
	UserX86XsaveEntry *entry = arena_new(arena, UserX86XsaveEntry);
	uint64_t used, enabled;
	size_t offset, size;

	user_x86_xsave_entry__init(entry);
	memcpy(&used, area + HEADER_MASK_OFFSET, sizeof(used));
	memcpy(&enabled, area + SOFTWARE_MASK_OFFSET, sizeof(enabled));
	entry->xstate_bv = used;
	entry->other = arena_array(arena, XstateComponentEntry *, COMPONENT_MAX);
	for (int number = COMPONENT_FIRST; number <= COMPONENT_MAX; number++) {
		const struct component *component = component_find(number);

		if (!(enabled & (1ULL << number)))
			continue;
		if (component && !is_in_use(number, used)) {
			dump_own_field(arena, component, area, 0, entry);
			continue;
		}
		if (!is_in_use(number, used) || !component_place(number, &offset, &size) || offset + size > area_size)
			continue;
		if (component)
			dump_own_field(arena, component, area + offset, size, entry);
		else
			dump_other(arena, number, area + offset, size, entry);
	}
	entry->cet = arena_new(arena, UserX86CetEntry);
	user_x86_cet_entry__init(entry->cet);
	return entry;
}

static UserX86FpregsEntry *dump_extended(struct arena *arena, const char *area, size_t size)
{
	UserX86FpregsEntry *entry = arena_new(arena, UserX86FpregsEntry);
	struct fxsave fxsave;

	user_x86_fpregs_entry__init(entry);
	memcpy(&fxsave, area, sizeof(fxsave));
	entry->cwd = fxsave.cwd;
	entry->swd = fxsave.swd;
	entry->twd = fxsave.twd;
	entry->fop = fxsave.fop;
	entry->rip = fxsave.rip;
	entry->rdp = fxsave.rdp;
	entry->mxcsr = fxsave.mxcsr;
	entry->mxcsr_mask = fxsave.mxcsr_mask;
	entry->n_st_space = ST_WORDS;
	entry->st_space = arena_copy(arena, fxsave.st, sizeof(fxsave.st));
	entry->n_xmm_space = XMM_WORDS;
	entry->xmm_space = arena_copy(arena, fxsave.xmm, sizeof(fxsave.xmm));
	if (size >= FXSAVE_SIZE + HEADER_SIZE)
		entry->xsave = dump_xsave(arena, area, size);
	return entry;
}

static const struct general_register {
	size_t field, native;
} general_registers[] = {
#define REGISTER(name, kernel_name)                                                              \
	{                                                                                        \
		offsetof(UserX86RegsEntry, name), offsetof(struct user_regs_struct, kernel_name) \
	}
	REGISTER(r15, r15),	    REGISTER(r14, r14),
	REGISTER(r13, r13),	    REGISTER(r12, r12),
	REGISTER(bp, rbp),	    REGISTER(bx, rbx),
	REGISTER(r11, r11),	    REGISTER(r10, r10),
	REGISTER(r9, r9),	    REGISTER(r8, r8),
	REGISTER(ax, rax),	    REGISTER(cx, rcx),
	REGISTER(dx, rdx),	    REGISTER(si, rsi),
	REGISTER(di, rdi),	    REGISTER(orig_ax, orig_rax),
	REGISTER(ip, rip),	    REGISTER(cs, cs),
	REGISTER(flags, eflags),    REGISTER(sp, rsp),
	REGISTER(ss, ss),	    REGISTER(fs_base, fs_base),
	REGISTER(gs_base, gs_base), REGISTER(ds, ds),
	REGISTER(es, es),	    REGISTER(fs, fs),
	REGISTER(gs, gs),
#undef REGISTER
};

/* Errors inside the kernel which say how an interrupted system call goes on (include/linux/errno.h). */
#define ERESTARTSYS 512
#define ENOIOCTLCMD 515
#define ERESTART_RESTARTBLOCK 516
#define SYSCALL_INSTRUCTION_LENGTH 2

/* restart_syscall(2) goes on with a call whose number is nowhere but in the code: "mov $number, %eax; syscall". */
#define RESTART_SYSCALL 219
#define CALL_LENGTH 7
#define MOV_EAX 0xb8

static long restart_call(bool compat)
{
	return compat ? COMPAT_NR_restart_syscall : RESTART_SYSCALL;
}

long arch_restart_call(const struct compel_registers *registers)
{
	return restart_call(compel_is_compat(registers));
}

bool arch_number_from_code(const struct compel_registers *registers, const struct arch_code *code, long *ret_number)
{
	const unsigned char *call = code->before_ip + ARCH_CODE_BEFORE_IP - CALL_LENGTH;
	uint32_t number;

	if (compel_is_compat(registers))
		return compat_number_from_code(code, ret_number);
	if (call[0] != MOV_EAX || call[5] != 0x0f || call[6] != 0x05)
		return false;
	memcpy(&number, call + 1, sizeof(number));
	*ret_number = number;
	return number != RESTART_SYSCALL;
}

/* What the kernel would do on the way back to user space. A call with a restart block (a sleep with a relative
 * timeout) is made anew: the block is lost with the task. Where its number cannot be found, the caller sees EINTR. */
static void adjust_interrupted_syscall(UserX86RegsEntry *registers, long call, bool compat)
{
	uint64_t number = registers->orig_ax, restart = (uint64_t)restart_call(compat);
	int64_t result = -(int64_t)(compat ? (int32_t)registers->ax : (int64_t)registers->ax);

	if ((int64_t)number < 0 || result < ERESTARTSYS || result > ERESTART_RESTARTBLOCK || result == ENOIOCTLCMD)
		return;
	if (number == restart && !call) {
		registers->ax = -EINTR;
		return;
	}
	number = number == restart ? (uint64_t)call : number;
	registers->ax = number;
	registers->orig_ax = number;
	registers->ip -= SYSCALL_INSTRUCTION_LENGTH;
}

CoreEntry__March arch_machine(void)
{
	return CORE_ENTRY__MARCH__X86_64;
}

int arch_dump_registers(struct arena *arena, const struct compel_registers *registers, long call,
			const void *extended, size_t extended_size, CoreEntry *core)
{
	ThreadInfoX86 *info = arena_new(arena, ThreadInfoX86);
	UserX86RegsEntry *general = arena_new(arena, UserX86RegsEntry);

	if (extended_size < FXSAVE_SIZE)
		return -EIO;
	thread_info_x86__init(info);
	user_x86_regs_entry__init(general);
	for (size_t i = 0; i < ARRAY_SIZE(general_registers); i++)
		memcpy((char *)general + general_registers[i].field,
		       (const char *)&registers->native + general_registers[i].native, sizeof(uint64_t));
	adjust_interrupted_syscall(general, call, compel_is_compat(registers));
	general->has_mode = 1;
	general->mode = USER_X86_REGS_MODE__NATIVE;
	if (compel_is_compat(registers))
		general->mode = USER_X86_REGS_MODE__COMPAT;
	info->gpregs = general;
	info->fpregs = dump_extended(arena, extended, extended_size);
	core->mtype = arch_machine();
	core->thread_info = info;
	return 0;
}

int arch_dump_thread_area(struct arena *arena, pid_t tid, CoreEntry *core)
{
	ThreadInfoX86 *info = core->thread_info;

	info->tls = arena_array(arena, UserDescT *, TLS_NR);
	for (int i = 0; i < TLS_NR; i++) {
		UserDescT *entry = arena_new(arena, UserDescT);
		struct user_desc slot = {};

		if (ptrace(PTRACE_GET_THREAD_AREA, tid, (void *)(long)(TLS_FIRST + i), &slot) < 0)
			return -errno;
		user_desc_t__init(entry);
		entry->entry_number = slot.entry_number;
		entry->base_addr = slot.base_addr;
		entry->limit = slot.limit;
		entry->seg_32bit = slot.seg_32bit;
		entry->contents_h = slot.contents & 2;
		entry->contents_l = slot.contents & 1;
		entry->read_exec_only = slot.read_exec_only;
		entry->limit_in_pages = slot.limit_in_pages;
		entry->seg_not_present = slot.seg_not_present;
		entry->usable = slot.useable;
		info->tls[info->n_tls++] = entry;
	}
	return 0;
}

int arch_thread_pointer(pid_t tid, const struct compel_registers *registers, uint64_t *ret_pointer)
{
	*ret_pointer = registers->native.fs_base;
	return 0;
}

long arch_call_at_ip(const CoreEntry *core)
{
	return (long)core->thread_info->gpregs->ax;
}

void arch_set_call(struct compel_registers *registers, long number)
{
	compel_set_result(registers, number);
}

uint64_t arch_call_address(const struct compel_registers *registers)
{
	return compel_ip(registers) - SYSCALL_INSTRUCTION_LENGTH;
}

void arch_end_call(struct compel_registers *registers, long result)
{
	compel_set_result(registers, result);
	compel_set_ip(registers, compel_ip(registers) + SYSCALL_INSTRUCTION_LENGTH);
}

void arch_set_clear_tid(CoreEntry *core, uint64_t address)
{
	core->thread_info->clear_tid_addr = address;
}

uint64_t arch_get_clear_tid(const CoreEntry *core)
{
	return core->thread_info->clear_tid_addr;
}

/* AMX tiles: the only component that must be asked for (arch/x86/kernel/fpu/xstate.c). */
#define LATE_FEATURES (1ULL << 18)

uint64_t arch_late_features(const CoreEntry *core)
{
	const UserX86XsaveEntry *xsave = core->thread_info->fpregs->xsave;

	return xsave ? xsave->xstate_bv & LATE_FEATURES : 0;
}

static const char *check_xsave(const UserX86XsaveEntry *xsave)
{
	for (size_t i = 0; i < ARRAY_SIZE(components); i++) {
		size_t nr = *(const size_t *)((const char *)xsave + components[i].nr_field);

		if (nr && nr != components[i].elements)
			return "an xsave component has the wrong size";
	}
	for (size_t i = 0; i < xsave->n_other; i++)
		if (xsave->other[i]->number > COMPONENT_MAX)
			return "an xsave component has no such number";
	if (xsave->cet && (xsave->cet->cet || xsave->cet->ssp))
		return "shadow stacks cannot be restored by this build";
	return NULL;
}

static bool is_compat(const UserX86RegsEntry *registers)
{
	return registers->has_mode && registers->mode == USER_X86_REGS_MODE__COMPAT;
}

bool arch_thread_is_compat(const CoreEntry *core)
{
	return core->thread_info && is_compat(core->thread_info->gpregs);
}

/* Selectors of the table that all tasks have, for user space (Intel SDM vol. 3, 3.4.2). */
static bool segments_are_sound(const UserX86RegsEntry *registers)
{
	const uint64_t data[] = { registers->ss, registers->ds, registers->es, registers->fs, registers->gs };

	if (registers->cs != (is_compat(registers) ? COMPEL_CS_32 : COMPEL_CS_64))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(data); i++)
		if (data[i] && ((data[i] & SELECTOR_LOW_BITS) != SELECTOR_USER || data[i] > UINT16_MAX))
			return false;
	return true;
}

/* Protection keys are never missed: without them no program can look at this register, and their mappings are
 * checked for themselves. */
const char *arch_missing_registers(struct arena *arena, const CoreEntry *core)
{
	const UserX86XsaveEntry *xsave = core->thread_info->fpregs->xsave;
	uint64_t missing = xsave ? xsave->xstate_bv & ~xsave_enabled() & ~(1ULL << COMPONENT_PKRU) : 0;
	const char *names = NULL;

	for (unsigned int number = COMPONENT_FIRST; number <= COMPONENT_MAX; number++)
		if (missing & (1ULL << number))
			names = arena_printf(arena, "%s%s%s", names ? names : "", names ? ", " : "",
					     xsave_name(number));
	return names;
}

int arch_check_registers(const CoreEntry *core, const char **ret_reason)
{
	const ThreadInfoX86 *info = core->thread_info;
	const char *reason = NULL;

	if (core->mtype != CORE_ENTRY__MARCH__X86_64 || !info)
		reason = "image is of another architecture";
	else if (!segments_are_sound(info->gpregs))
		reason = "a segment is none that a task may have, or needs an LDT";
	else if (info->fpregs->n_st_space != ST_WORDS || info->fpregs->n_xmm_space != XMM_WORDS)
		reason = "floating point registers are incomplete";
	else if (info->n_tls > TLS_NR)
		reason = "too many thread-local storage slots";
	else if (info->fpregs->xsave)
		reason = check_xsave(info->fpregs->xsave);
	if (!reason)
		return 0;
	*ret_reason = reason;
	return -EINVAL;
}

static size_t load_xsave(const UserX86XsaveEntry *xsave, char *area, size_t room)
{
	size_t end = FXSAVE_SIZE + HEADER_SIZE, offset, size;

	uint64_t used = xsave->xstate_bv & (xsave_enabled() | LEGACY_COMPONENTS);

	memcpy(area + HEADER_MASK_OFFSET, &used, sizeof(used));
	for (size_t i = 0; i < ARRAY_SIZE(components); i++) {
		size_t nr = *(const size_t *)((const char *)xsave + components[i].nr_field);

		if (!nr || !is_in_use(components[i].number, used) ||
		    !component_place(components[i].number, &offset, &size) || offset + size > room)
			continue;
		memcpy(area + offset, *(void *const *)((const char *)xsave + components[i].field),
		       MIN(size, nr * components[i].element));
		end = MAX(end, offset + size);
	}
	for (size_t i = 0; i < xsave->n_other; i++) {
		if (!component_place(xsave->other[i]->number, &offset, &size) || offset + size > room)
			continue;
		memcpy(area + offset, xsave->other[i]->state.data, MIN(size, xsave->other[i]->state.len));
		end = MAX(end, offset + size);
	}
	return end;
}

/* The kernel wants the area in its full size, which CPUID tells for the enabled features. */
static size_t full_size(size_t at_least)
{
	static unsigned int known;
	unsigned int enabled_size = 0, max, unused;

	if (!known && xsave_enabled()) {
		__cpuid_count(0xd, 0, unused, enabled_size, max, unused);
		known = enabled_size;
	}
	return known ? MAX(at_least, known) : FXSAVE_SIZE;
}

static size_t load_extended(const UserX86FpregsEntry *entry, char *area, size_t room)
{
	struct fxsave fxsave = {
		.cwd = entry->cwd,
		.swd = entry->swd,
		.twd = entry->twd,
		.fop = entry->fop,
		.rip = entry->rip,
		.rdp = entry->rdp,
		.mxcsr = entry->mxcsr,
		.mxcsr_mask = entry->mxcsr_mask,
	};

	memset(area, 0, room);
	memcpy(fxsave.st, entry->st_space, sizeof(fxsave.st));
	memcpy(fxsave.xmm, entry->xmm_space, sizeof(fxsave.xmm));
	memcpy(area, &fxsave, sizeof(fxsave));
	if (!entry->xsave) {
		/* From a processor without XSAVE: x87 and SSE are all there is. */
		uint64_t legacy = LEGACY_COMPONENTS;

		memcpy(area + HEADER_MASK_OFFSET, &legacy, sizeof(legacy));
		return full_size(FXSAVE_SIZE + HEADER_SIZE);
	}
	return full_size(load_xsave(entry->xsave, area, room));
}

static void load_general(const UserX86RegsEntry *general, struct compel_registers *registers)
{
	for (size_t i = 0; i < ARRAY_SIZE(general_registers); i++)
		memcpy((char *)&registers->native + general_registers[i].native,
		       (const char *)general + general_registers[i].field, sizeof(uint64_t));
}

/* Not every image says where the thread-local storage of 32-bit code begins; its slot does. */
static uint64_t segment_base(const ThreadInfoX86 *info, uint64_t selector)
{
	uint64_t slot = SELECTOR_INDEX(selector) - TLS_FIRST;

	return slot < info->n_tls && !info->tls[slot]->seg_not_present ? info->tls[slot]->base_addr : 0;
}

static void load_segment_bases(const ThreadInfoX86 *info, struct compel_registers *registers)
{
	if (!registers->native.fs_base)
		registers->native.fs_base = segment_base(info, registers->native.fs);
	if (!registers->native.gs_base)
		registers->native.gs_base = segment_base(info, registers->native.gs);
}

int arch_load_registers(const CoreEntry *core, struct compel_registers *ret_registers, void *ret_extended,
			size_t *ret_extended_size)
{
	const ThreadInfoX86 *info = core->thread_info;

	if (*ret_extended_size < full_size(FXSAVE_SIZE + HEADER_SIZE))
		return -ENOBUFS;
	memset(ret_registers, 0, sizeof(*ret_registers));
	load_general(info->gpregs, ret_registers);
	if (arch_thread_is_compat(core))
		load_segment_bases(info, ret_registers);
	/* The restart was worked into the registers at the dump; the kernel must not do it again. */
	ret_registers->native.orig_rax = -1;
	*ret_extended_size = load_extended(info->fpregs, ret_extended, *ret_extended_size);
	return 0;
}

/* Slots that are empty in the images are empty in a new thread. */
int arch_restore_thread_area(pid_t tid, const CoreEntry *core)
{
	const ThreadInfoX86 *info = core->thread_info;

	for (size_t i = 0; i < info->n_tls; i++) {
		const UserDescT *entry = info->tls[i];
		struct user_desc slot = {
			.entry_number = TLS_FIRST + i,
			.base_addr = entry->base_addr,
			.limit = entry->limit,
			.seg_32bit = entry->seg_32bit,
			.contents = (entry->contents_h ? 2 : 0) | (entry->contents_l ? 1 : 0),
			.read_exec_only = entry->read_exec_only,
			.limit_in_pages = entry->limit_in_pages,
			.seg_not_present = entry->seg_not_present,
			.useable = entry->usable,
		};

		if (entry->seg_not_present)
			continue;
		if (ptrace(PTRACE_SET_THREAD_AREA, tid, (void *)(long)slot.entry_number, &slot) < 0)
			return -errno;
	}
	return 0;
}
