// SPDX-License-Identifier: GPL-2.0-only
/* The command line: order, abbreviations, twins, values, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "criu/options/table.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define MAX_WORDS 16

static struct options options;
static int exit_code;

/* Parses the words of @line, which are parted by single blanks. */
static int parse(const char *line)
{
	static char copy[512];
	char *argv[MAX_WORDS + 1] = { (char *)"criu" };
	int argc = 1;

	options_free(&options);
	log_forget_error();
	strcpy(copy, line);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	return options_parse(&options, argc, argv, &exit_code);
}

static void assert_refused(const char *line, const char *error)
{
	int result = parse(line);

	if (result >= 0 || !strstr(log_first_error(), error))
		print_error("'%s' gives %d '%s', not '%s'\n", line, result, log_first_error(), error);
	assert_true(result < 0);
	assert_non_null(strstr(log_first_error(), error));
	assert_int_equal(exit_code, 1);
}

static void defaults_are_those_of_the_table(void **state)
{
	assert_int_equal(parse("restore"), 0);
	assert_int_equal(options.verb, VERB_RESTORE);
	assert_string_equal(options.images_dir, ".");
	assert_null(options.work_dir);
	assert_null(options.log_file);
	assert_int_equal(options.verbosity, 2);
	assert_int_equal(options.timeout, 10);
	assert_int_equal(options.ghost_limit, 1024 * 1024);
	assert_true(options.ghost_fiemap);
	assert_int_equal(options.status_fd, -1);
	assert_int_equal(options.network_lock, NETWORK_LOCK_IPTABLES);
	assert_int_equal(options.manage_cgroups, MANAGE_CGROUPS_SOFT);
	assert_int_equal(options.cpu_capabilities, CPU_CAP_FPU | CPU_CAP_INS);
	assert_int_equal(options.file_validation, FILE_VALIDATION_BUILD_ID);
	assert_int_equal(options.images_fd, -EBADF);
	assert_null(options.exec_argv);
}

static void verb_and_options_come_in_any_order(void **state)
{
	static const char *const lines[] = { "dump -t 7 -D /tmp", "-t 7 dump -D /tmp", "-D /tmp -t7 dump",
					     "--tree=7 --images-dir /tmp -- dump" };

	setenv("POSIXLY_CORRECT", "1", 1);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		assert_int_equal(parse(lines[i]), 0);
		assert_int_equal(options.verb, VERB_DUMP);
		assert_int_equal(options.tree, 7);
		assert_string_equal(options.images_dir, "/tmp");
	}
	unsetenv("POSIXLY_CORRECT");
}

static void long_names_may_be_cut(void **state)
{
	assert_int_equal(parse("dump --tre 7 --leave-r --conf /nonexistent --no-shell"), 0);
	assert_true(options.leave_running);
	assert_refused("dump -t 7 --leave", "'--leave': stands for more than one option");
	/* A whole name wins over longer ones. */
	assert_int_equal(parse("check --all --extra"), 0);
	assert_int_equal(parse("dump -t 7 --external pipe:[4]"), 0);
}

static void twins_undo_options(void **state)
{
	assert_int_equal(parse("restore --shell-job --no-shell-job"), 0);
	assert_false(options.shell_job);
	assert_int_equal(parse("restore --no-shell-job -j"), 0);
	assert_true(options.shell_job);
	assert_int_equal(parse("restore --daemon"), 0);
	assert_true(options.restore_detached);
	assert_int_equal(parse("restore -d --no-daemon"), 0);
	assert_false(options.restore_detached);
	assert_int_equal(parse("dump -t 7 --no-ghost-fiemap"), 0);
	assert_false(options.ghost_fiemap);
	assert_refused("dump -t 7 --no-leave-running", "unknown option: '--no-leave-running'");
	assert_refused("dump -t 7 --no-shell-job=1", "takes no value");
}

static void every_twin_and_every_letter_works(void **state)
{
	for (size_t i = 0; i < OPTION_ROWS; i++) {
		const struct option_row *row = &option_table[i];
		char name[64];
		bool negated;

		if (row->type == OPTION_IS_group)
			continue;
		assert_ptr_equal(option_find(row->name, &negated), row);
		assert_false(negated);
		assert_non_null(row->help);
		if (row->letter)
			assert_ptr_equal(option_field(&options, option_find_letter(row->letter)),
					 option_field(&options, row));
		snprintf(name, sizeof(name), "no-%s", row->name);
		assert_true((option_find(name, &negated) == row) == row->twin);
		assert_true(!row->twin || row->type == OPTION_IS_flag);
		assert_true(!row->arg ==
			    (row->type == OPTION_IS_flag || (row->type == OPTION_IS_action && !row->arg)));
	}
}

static void rpc_numbers_are_used_once(void **state)
{
	for (size_t i = 0; i < OPTION_ROWS; i++)
		if (option_table[i].rpc)
			assert_ptr_equal(option_find_rpc(option_table[i].rpc), &option_table[i]);
	assert_string_equal(option_find_rpc(3)->name, "leave-running");
	assert_string_equal(option_find_rpc(70)->name, "display-stats");
	assert_null(option_find_rpc(9999));
}

static void verbosity_counts_as_callers_expect(void **state)
{
	static const struct {
		const char *words;
		int level;
	} cases[] = {
		{ "", 2 },
		{ "-v", 3 },
		{ "-vv", 4 },
		{ "-vvvv", 4 },
		{ "-v -v", 4 },
		{ "-v0", 0 },
		{ "-v1", 1 },
		{ "-v4", 4 },
		{ "-v9", 4 },
		{ "-verbosity=0", 0 },
		{ "-verbosity=3", 3 },
		{ "--verbosity", 3 },
		{ "--verbosity=4", 4 },
		{ "--verbosity=0 -v", 1 },
		{ "-v4 -v1", 1 },
		{ "--verb=1", 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char line[64];

		snprintf(line, sizeof(line), "restore %s", cases[i].words);
		assert_int_equal(parse(line), 0);
		assert_int_equal(options.verbosity, cases[i].level);
	}
	assert_refused("restore -vx", "--verbosity: 'x': not a level");
	assert_refused("restore --verbosity 4", "extra word: '4'");
	assert_refused("restore -v-1", "not a level");
}

static void optional_values_need_an_equals_sign(void **state)
{
	assert_int_equal(parse("restore --manage-cgroups"), 0);
	assert_int_equal(options.manage_cgroups, MANAGE_CGROUPS_SOFT);
	assert_int_equal(parse("restore --manage-cgroups=full"), 0);
	assert_int_equal(options.manage_cgroups, MANAGE_CGROUPS_FULL);
	assert_refused("restore --manage-cgroups full", "extra word: 'full'");
	assert_refused("restore --manage-cgroups=fool", "--manage-cgroups: 'fool': not one of the values");
	assert_refused("restore --cpu-cap none", "extra word: 'none'");
}

static void cpu_capabilities_are_a_list(void **state)
{
	static const struct {
		const char *list;
		unsigned int mask;
	} cases[] = { { "none", 0 },	 { "fpu,ins", 5 }, { "ins,fpu", 5 }, { "all,^cpu", 5 }, { "^cpu", 5 },
		      { "all,none", 0 }, { "all", 7 },	   { "cpu", 2 },     { "fpu", 1 } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char line[64];

		snprintf(line, sizeof(line), "restore --cpu-cap=%s", cases[i].list);
		assert_int_equal(parse(line), 0);
		assert_int_equal(options.cpu_capabilities, cases[i].mask);
	}
	assert_int_equal(parse("restore --cpu-cap"), 0);
	assert_int_equal(options.cpu_capabilities, CPU_CAP_ALL);
	assert_refused("restore --cpu-cap=gpu", "not a list of");
	assert_refused("restore --cpu-cap=", "not a list of");
}

static void sizes_have_suffixes(void **state)
{
	static const struct {
		const char *text;
		uint64_t size;
	} cases[] = { { "0", 0 },	 { "17", 17 },	       { "4K", 4096 },
		      { "3M", 3 << 20 }, { "2G", 2ULL << 30 }, { "256m", 256 << 20 } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char line[64];

		snprintf(line, sizeof(line), "dump -t 7 --ghost-limit %s", cases[i].text);
		assert_int_equal(parse(line), 0);
		assert_true(options.ghost_limit == cases[i].size);
	}
	assert_refused("dump -t 7 --ghost-limit 1T", "not a size");
	assert_refused("dump -t 7 --ghost-limit 1MB", "not a size");
	assert_refused("dump -t 7 --ghost-limit -1", "not a size");
	assert_refused("dump -t 7 --ghost-limit=", "not a size");
	assert_refused("dump -t 7 --ghost-limit 99999999999999G", "too large");
	assert_refused("dump -t 7 --ghost-limit 99999999999999999999999", "too large");
}

static void numbers_are_checked(void **state)
{
	assert_refused("dump -t 0", "--tree: '0': must be between 1");
	assert_refused("dump -t -5", "must be between 1");
	assert_refused("dump -t 12x", "--tree: '12x': not a number");
	assert_refused("dump -t 99999999999999999999", "not a number");
	assert_refused("dump -t", "'-t': needs a value");
	assert_refused("dump --tree", "'--tree': needs a value");
	assert_refused("dump -t 7 --port 0 --page-server", "--port: '0': must be between 1 and 65535");
	assert_refused("restore --status-fd -1", "must be between 0");
	assert_int_equal(parse("dump -t 7 --timeout 0"), 0);
	assert_int_equal(options.timeout, 0);
}

static void choices_are_checked(void **state)
{
	assert_int_equal(parse("dump -t 7 --network-lock none --file-validation filesize"), 0);
	assert_int_equal(options.network_lock, NETWORK_LOCK_SKIP);
	assert_int_equal(options.file_validation, FILE_VALIDATION_SIZE);
	assert_refused("dump -t 7 --network-lock firewall", "--network-lock: 'firewall'");
}

static void command_follows_the_dashes(void **state)
{
	assert_int_equal(parse("restore --exec-cmd -D /tmp -- sh -c exit"), 0);
	assert_string_equal(options.exec_argv[0], "sh");
	assert_string_equal(options.exec_argv[1], "-c");
	assert_string_equal(options.exec_argv[2], "exit");
	assert_null(options.exec_argv[3]);
	assert_int_equal(parse("--exec-cmd -- restore sh"), 0);
	assert_string_equal(options.exec_argv[0], "sh");
	assert_refused("restore --exec-cmd", "--exec-cmd: no command follows '--'");
	assert_refused("restore --exec-cmd --", "no command follows");
	assert_refused("restore -- sh", "restore: extra word: 'sh'");
	assert_refused("restore sh", "restore: extra word: 'sh'");
	assert_refused("restore -d --exec-cmd -- sh", "exclude each other");
	assert_refused("dump -t 7 --exec-cmd -- sh", "--exec-cmd is for restore");
}

static void lists_grow(void **state)
{
	assert_int_equal(parse("dump -t 7 --external pipe:[1] --skip-mnt /a --skip-mnt /b --external=pipe:[2]"), 0);
	assert_int_equal(options.externals.nr, 2);
	assert_string_equal(options.externals.items[1], "pipe:[2]");
	assert_int_equal(options.skip_mounts.nr, 2);
	assert_string_equal(options.skip_mounts.items[0], "/a");
}

static void externals_are_refused_by_form(void **state)
{
	assert_refused("dump -t 7 --external mnt[/proc]:proc",
		       "--external 'mnt[/proc]:proc': not available in this build");
	assert_refused("dump -t 7 --external nonsense", "not the form of an external resource");
	assert_refused("dump -t 7 --external pipe:[3", "not the form of an external resource");
}

static void inherited_descriptors_are_checked(void **state)
{
	assert_int_equal(parse("restore --inherit-fd fd[0]:pipe:[77] --inherit-fd fd[1]:tmp/a]:b"), 0);
	assert_int_equal(options.inherit_fds.nr, 2);
	assert_int_equal(options.inherit_fds.items[0].fd, 0);
	assert_string_equal(options.inherit_fds.items[0].key, "pipe:[77]");
	assert_int_equal(options.inherit_fds.items[1].fd, 1);
	assert_string_equal(options.inherit_fds.items[1].key, "tmp/a]:b");
	assert_refused("restore --inherit-fd fd[999]:pipe:[77]", "Bad file descriptor");
	assert_refused("restore --inherit-fd fd[]:pipe:[77]", "must have the form");
	assert_refused("restore --inherit-fd fd[-1]:x", "must have the form");
	assert_refused("restore --inherit-fd fd[0]:", "must have the form");
	assert_refused("restore --inherit-fd fd[0]", "must have the form");
	assert_refused("restore --inherit-fd 0:x", "must have the form");
}

static void debug_text_is_written(void **state)
{
	char line[64], text[8] = "";
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	snprintf(line, sizeof(line), "restore --inherit-fd debug[%d]:hello", fds[1]);
	assert_int_equal(parse(line), 0);
	assert_int_equal(options.inherit_fds.nr, 0);
	assert_int_equal(read(fds[0], text, sizeof(text)), 5);
	assert_string_equal(text, "hello");
	close(fds[0]);
	close(fds[1]);
}

static void close_closes(void **state)
{
	int fd = dup(0);
	char line[64];

	snprintf(line, sizeof(line), "restore --close %d", fd);
	assert_int_equal(parse(line), 0);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_refused(line, "Bad file descriptor");
	assert_refused("restore --close x", "not a descriptor");
}

static void unix_sockets_may_be_named(void **state)
{
	assert_int_equal(parse("dump -t 7 -x"), 0);
	assert_true(options.ext_unix_sk.allowed);
	assert_int_equal(options.ext_unix_sk.nr, 0);
	assert_int_equal(parse("dump -t 7 -x12,13"), 0);
	assert_int_equal(options.ext_unix_sk.nr, 2);
	assert_int_equal(options.ext_unix_sk.inodes[1], 13);
	assert_refused("dump -t 7 --ext-unix-sk=12,a", "not a list of inode numbers");
	assert_refused("dump -t 7 -x 12", "extra word");
}

static void addresses_are_mapped(void **state)
{
	static const uint8_t v4[16] = { [10] = 0xff, [11] = 0xff, [12] = 10, [15] = 2 },
			     v6[16] = { 0xfd, [15] = 2 };

	assert_int_equal(parse("restore --tcp-map 10.0.0.1=10.0.0.2 --tcp-map fd00::1=fd00::2"), 0);
	assert_int_equal(options.tcp_maps.nr, 2);
	assert_memory_equal(options.tcp_maps.items[0].to, v4, sizeof(v4));
	assert_memory_equal(options.tcp_maps.items[1].to, v6, sizeof(v6));
	assert_int_equal(parse("restore --tcp-map ::ffff:10.0.0.1=10.0.0.2 --tcp-map 10.0.0.1=10.0.0.2"), 0);
	assert_int_equal(options.tcp_maps.nr, 1);
	assert_memory_equal(options.tcp_maps.items[0].to, v4, sizeof(v4));
	assert_refused("restore --tcp-map 10.0.0.1", "must have the form OLD=NEW");
	assert_refused("restore --tcp-map =10.0.0.1", "must have the form OLD=NEW");
	assert_refused("restore --tcp-map 10.0.0.1=", "must have the form OLD=NEW");
	assert_refused("restore --tcp-map 10.0.0.1:80=10.0.0.2:80", "without port");
	assert_refused("restore --tcp-map here=there", "two addresses of IPv4 or IPv6");
	assert_refused("restore --tcp-map 10.0.0.1=fd00::1", "one address is of IPv4, the other of IPv6");
	assert_refused("restore --tcp-map 0.0.0.0=10.0.0.1", "stands for all");
	assert_refused("restore --tcp-map fd00::1=::", "stands for all");
	assert_refused("restore --tcp-map 224.0.0.1=10.0.0.1", "group of hosts");
	assert_refused("restore --tcp-map fd00::1=ff02::1", "group of hosts");
	assert_refused("restore --tcp-map fe80::1=fd00::1", "link-local");
	assert_refused("restore --tcp-map 10.0.0.1=10.0.0.2 --tcp-map 10.0.0.1=10.0.0.3",
		       "another map for this address");
}

static void missing_features_are_refused_by_name(void **state)
{
	static const char *const refused[] = {
		"--lazy-pages",
		"--page-server",
		"--track-mem",
		"--prev-images-dir",
		"--auto-dedup",
		"--stream",
		"--tls",
		"--veth-pair",
		"--ext-mount-map",
		"--root",
		"--cgroup-root",
		"--cgroup-yard",
		"--lsm-mount-context",
		"--mntns-compat-mode",
		"--unprivileged",
	};

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		bool negated;
		const struct option_row *row = option_find(refused[i] + 2, &negated);
		char line[80], error[80];

		snprintf(line, sizeof(line), "dump -t 7 %s%s", refused[i],
			 !row->arg	? ""
			 : row->choices ? " net"
					: " x:y");
		snprintf(error, sizeof(error), "%s: not available in this build", refused[i]);
		assert_refused(line, error);
	}
	assert_int_equal(parse("dump -t 7 --lazy-pages --no-track-mem --track-mem --no-track-mem"), -ENOTSUP);
	assert_non_null(strstr(log_first_error(), "--lazy-pages"));
	assert_int_equal(parse("dump -t 7 --track-mem --no-track-mem"), 0);
	assert_refused("pre-dump -t 7", "pre-dump: not available in this build");
	/* Some values of these are there. */
	assert_refused("dump -t 7 --join-ns x:y", "--join-ns 'x:y': not available in this build");
}

static void permissions_are_accepted(void **state)
{
	assert_int_equal(parse("dump -t 7 --tcp-established --file-locks --link-remap --manage-cgroups=full "
			       "--enable-fs tracefs --skip-in-flight --force-irmap --ghost-limit 1M -x"),
			 0);
	assert_true(options.tcp_established && options.file_locks && options.link_remap &&
		    options.tcp_skip_in_flight);
}

static void contradictions_are_refused(void **state)
{
	assert_refused("dump", "dump: --tree PID is missing");
	assert_refused("dump -t 7 -R -s", "exclude each other");
	assert_refused("restore -S", "--restore-sibling needs --restore-detached");
	assert_int_equal(parse("restore -S -d"), 0);
	assert_refused("restore --log-pid", "--log-pid needs --log-file");
	assert_refused("restore --log-pid -o -", "--log-pid needs --log-file");
	assert_int_equal(parse("restore --log-pid -o log"), 0);
}

static void removed_things_say_so(void **state)
{
	assert_refused("check --ms", "--ms was removed");
	assert_true(parse("exec ls") < 0);
	assert_int_equal(exit_code, 255);
	assert_non_null(strstr(log_first_error(), "compel"));
	assert_true(parse("show x.img") < 0);
	assert_int_equal(exit_code, 255);
	assert_non_null(strstr(log_first_error(), "crit"));
}

static void errors_name_the_word(void **state)
{
	assert_refused("dump --nonsense", "unknown option: '--nonsense'");
	assert_refused("dump -Q", "unknown option: '-Q'");
	assert_refused("dump -sQ", "unknown option: '-Q'");
	assert_refused("dump -t 7 --log-file", "'--log-file': needs a value");
	assert_refused("cpuinfo", "cpuinfo: needs a word");
}

static void libdir_comes_from_the_environment_too(void **state)
{
	setenv("CRIU_LIBS_DIR", "/somewhere", 1);
	assert_int_equal(parse("dump -t 7"), 0);
	assert_string_equal(options.libdir, "/somewhere");
	assert_int_equal(parse("dump -t 7 -L /elsewhere"), 0);
	assert_string_equal(options.libdir, "/elsewhere");
	unsetenv("CRIU_LIBS_DIR");
}

static void environment_is_read(void **state)
{
	setenv("CRIU_FAULT", "131", 1);
	setenv("CRIU_DEPRECATED", "1", 1);
	setenv("CRIU_PMC_OFF", "1", 1);
	assert_int_equal(parse("restore"), 0);
	assert_int_equal(options.fault, FAULT_PARTIAL_PAGES);
	assert_true(options.deprecated && options.pagemap_cache_off && !options.track_shmem);
	unsetenv("CRIU_DEPRECATED");
	unsetenv("CRIU_PMC_OFF");
	for (size_t i = 0; i < 5; i++) {
		setenv("CRIU_FAULT", (const char *[]){ "x", "", "7", "138", "-1" }[i], 1);
		assert_refused("restore", "no such fault");
	}
	unsetenv("CRIU_FAULT");
}

static void single_options_can_be_set(void **state)
{
	assert_int_equal(parse("restore"), 0);
	assert_int_equal(options_set(&options, "tree", "12"), 0);
	assert_int_equal(options_set(&options, "leave-running", NULL), 0);
	assert_int_equal(options_set(&options, "no-ghost-fiemap", NULL), 0);
	assert_int_equal(options_set(&options, "verbosity", "4"), 0);
	assert_int_equal(options_set(&options, "manage-cgroups", NULL), 0);
	assert_int_equal(options.tree, 12);
	assert_true(options.leave_running && !options.ghost_fiemap);
	assert_true(options_set(&options, "tree", NULL) < 0);
	assert_true(options_set(&options, "leave-running", "1") < 0);
	assert_true(options_set(&options, "config", "/x") < 0);
	assert_true(options_set(&options, "tre", "1") < 0);
}

static void help_fits_a_terminal_and_names_every_option(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	options_print_help(out);
	fclose(out);
	for (size_t i = 0; i < OPTION_ROWS; i++) {
		char name[64];

		snprintf(name, sizeof(name), "%s%s",
			 option_table[i].type == OPTION_IS_group ? ""
			 : option_table[i].twin			 ? "--[no-]"
								 : "--",
			 option_table[i].name);
		assert_true(option_table[i].hidden || strstr(text, name));
	}
	for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1)
		assert_true(end - line <= 80);
	free(text);
}

/* Nothing of the user who runs the tests takes part. */
static int set_up(void **state)
{
	setenv("HOME", "/nonexistent", 1);
	unsetenv("CRIU_CONFIG_FILE");
	unsetenv("CRIU_LIBS_DIR");
	unsetenv("CRIU_FAULT");
	log_set_level(LOG_LEVEL_NONE);
	options_init(&options);
	return 0;
}

static int tear_down(void **state)
{
	options_free(&options);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_those_of_the_table),
		cmocka_unit_test(verb_and_options_come_in_any_order),
		cmocka_unit_test(long_names_may_be_cut),
		cmocka_unit_test(twins_undo_options),
		cmocka_unit_test(every_twin_and_every_letter_works),
		cmocka_unit_test(rpc_numbers_are_used_once),
		cmocka_unit_test(addresses_are_mapped),
		cmocka_unit_test(verbosity_counts_as_callers_expect),
		cmocka_unit_test(optional_values_need_an_equals_sign),
		cmocka_unit_test(cpu_capabilities_are_a_list),
		cmocka_unit_test(sizes_have_suffixes),
		cmocka_unit_test(numbers_are_checked),
		cmocka_unit_test(choices_are_checked),
		cmocka_unit_test(command_follows_the_dashes),
		cmocka_unit_test(lists_grow),
		cmocka_unit_test(externals_are_refused_by_form),
		cmocka_unit_test(inherited_descriptors_are_checked),
		cmocka_unit_test(debug_text_is_written),
		cmocka_unit_test(close_closes),
		cmocka_unit_test(unix_sockets_may_be_named),
		cmocka_unit_test(missing_features_are_refused_by_name),
		cmocka_unit_test(permissions_are_accepted),
		cmocka_unit_test(contradictions_are_refused),
		cmocka_unit_test(removed_things_say_so),
		cmocka_unit_test(errors_name_the_word),
		cmocka_unit_test(libdir_comes_from_the_environment_too),
		cmocka_unit_test(environment_is_read),
		cmocka_unit_test(single_options_can_be_set),
		cmocka_unit_test(help_fits_a_terminal_and_names_every_option),
	};

	return cmocka_run_group_tests_name("options", tests, set_up, tear_down);
}
