/* SPDX-License-Identifier: GPL-2.0-only */
/* struct options: what the user asked for, as plain data. It is filled once, from configuration files, command line
 * or RPC, and const for everybody else. Its fields that belong to options come from options.def. */
#ifndef CRIU_OPTIONS_OPTIONS_H
#define CRIU_OPTIONS_OPTIONS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum verb {
	VERB_NONE,
#define VERB(id, ...) VERB_##id,
#include "criu/options/options.def"
	VERB_NR,
};

/* Values of choices; those which travel over RPC have the numbers used there. */
enum network_lock { NETWORK_LOCK_IPTABLES = 1, NETWORK_LOCK_NFTABLES = 2, NETWORK_LOCK_SKIP = 3 };
enum pre_dump_mode { PRE_DUMP_SPLICE = 1, PRE_DUMP_READ = 2 };
enum file_validation { FILE_VALIDATION_BUILD_ID, FILE_VALIDATION_SIZE };
enum manage_cgroups {
	MANAGE_CGROUPS_IGNORE = 0,
	MANAGE_CGROUPS_NONE = 1,
	MANAGE_CGROUPS_PROPS = 2,
	MANAGE_CGROUPS_SOFT = 3,
	MANAGE_CGROUPS_FULL = 4,
	MANAGE_CGROUPS_STRICT = 5,
};
enum cpu_capability { CPU_CAP_FPU = 1, CPU_CAP_CPU = 2, CPU_CAP_INS = 4, CPU_CAP_ALL = 7 };

/* CRIU_FAULT: numbers below FAULT_MUST_SUCCEED let a run fail, the others change its way. */
enum fault_number {
	FAULT_NONE = 0,
	FAULT_DUMP_EARLY = 1,
	FAULT_RESTORE_ROOT_ONLY = 2,
	FAULT_DUMP_PAGES = 3,
	FAULT_RESTORE_OPEN_LINK_REMAP = 4,
	FAULT_PARASITE_CONNECT = 5,
	FAULT_POST_RESTORE = 6,
	FAULT_MUST_SUCCEED = 127,
	FAULT_VDSO_TRAMPOLINES = 127,
	FAULT_CHECK_OPEN_HANDLE = 128,
	FAULT_NO_MEMFD = 129,
	FAULT_NO_BREAKPOINTS = 130,
	FAULT_PARTIAL_PAGES = 131,
	FAULT_HUGE_SHMEM_IDS = 132,
	FAULT_CANNOT_MAP_VDSO = 133,
	FAULT_CORRUPT_EXTENDED_REGISTERS = 134,
	FAULT_NO_PAGEMAP_SCAN = 135,
	FAULT_DUMP_CRASH = 136,
	FAULT_INTERRUPT_ONLY = 137,
};

struct text_list {
	char **items;
	size_t nr;
};

/* --inherit-fd fd[3]:pipe:[1234] is { .fd = 3, .key = "pipe:[1234]" }. */
struct inherited_fd {
	int fd;
	const char *key;
};

struct inherited_fd_list {
	struct inherited_fd *items;
	size_t nr;
};

/* --ext-unix-sk: any socket when no inode is named. */
struct ext_unix_list {
	bool allowed;
	uint32_t *inodes;
	size_t nr;
};

/* --tcp-map: 16 bytes each in network order, of IPv4 in the form ::ffff:1.2.3.4. */
struct address_map {
	uint8_t from[16], to[16];
	const char *text; /* as it was given */
};

struct address_map_list {
	struct address_map *items;
	size_t nr;
};

#define OPTION_TYPE_flag bool
#define OPTION_TYPE_number int
#define OPTION_TYPE_level int
#define OPTION_TYPE_choice int
#define OPTION_TYPE_cpu_capabilities unsigned int
#define OPTION_TYPE_size uint64_t
#define OPTION_TYPE_text const char *
#define OPTION_TYPE_texts struct text_list
#define OPTION_TYPE_externals struct text_list
#define OPTION_TYPE_inherited_fds struct inherited_fd_list
#define OPTION_TYPE_ext_unix struct ext_unix_list
#define OPTION_TYPE_address_maps struct address_map_list

enum {
	OPTION_ROWS = 0
#define OPTION_GROUP(...) +1
#define OPTION(...) +1
#define OPTION_ALIAS(...) +1
#define OPTION_ACTION(...) +1
#include "criu/options/options.def"
};

/* Texts are NULL when not given, unless options.def has an initial value. */
struct options {
	enum verb verb;
	const char *verb_word; /* "dump" or "check" of cpuinfo, descriptor of swrk, else NULL */

#define OPTION(type, field, ...) OPTION_TYPE_##type field;
#include "criu/options/options.def"

	char **exec_argv;	 /* command of --exec-cmd, ends with NULL; NULL when not given */
	enum fault_number fault; /* CRIU_FAULT */
	bool pagemap_cache_off;	 /* CRIU_PMC_OFF */
	bool track_shmem;	 /* CRIU_TRACK_SHMEM */

	/* Opened before a verb runs (criu/commands), because the work directory becomes the current one. */
	int images_fd; /* -EBADF: this verb uses no images */

	bool given[OPTION_ROWS]; /* by row of the table: somebody has set it, and nobody undid that */
	struct text_list owned;	 /* memory of all texts */
};

/* Initial values; nothing is read yet. */
void options_init(struct options *options);
/* Releases what @options owns, its images_fd too. NULL and half-filled ones are welcome. */
void options_free(struct options *options);

/* Fills @options from configuration files, environment and command line, and checks the whole.
 * Returns 0: run the verb; 1: all is said and done, exit with *@ret_exit_code (--help, usage);
 * -errno: the error is logged, exit with *@ret_exit_code. */
int options_parse(struct options *options, int argc, char **argv, int *ret_exit_code);

/* One option by its name (or no- twin) without dashes; @value NULL where none was given. For RPC. 0 or -errno, logged. */
int options_set(struct options *options, const char *name, const char *value);
/* One more configuration file. A missing one is no error. 0 or -errno, logged. */
int options_read_config(struct options *options, const char *path);
/* The two default files (unless @no_defaults) and that of CRIU_CONFIG_FILE. 0 or -errno, logged. */
int options_read_default_configs(struct options *options, bool no_defaults);
/* CRIU_FAULT and its like. 0 or -errno, logged. */
int options_read_environment(struct options *options);
/* Refuses, each by its name, what this build cannot do and what contradicts itself. 0 or -errno, logged. */
int options_check(const struct options *options);

const char *options_verb_name(enum verb verb);

void options_print_help(FILE *out);
void options_print_usage(FILE *out);
void options_print_version(FILE *out);

#endif
