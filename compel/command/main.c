// SPDX-License-Identifier: LGPL-2.1-only
/* The compel command: tells how to compile and link a blob and a program that injects it, and turns a linked blob
 * into a C header. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compel/command/hgen.h"

struct folders {
	char include[PATH_MAX], library[PATH_MAX], runtime[PATH_MAX], script[PATH_MAX];
};

struct request {
	struct folders folders;
	struct hgen_options hgen;
	bool is_static;
};

/* Beside the sources when it was only built; else below the folder it was installed to, wherever that was moved. */
static void find_folders(struct folders *folders)
{
	char self[PATH_MAX / 2], file[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	self[length < 0 ? 0 : length] = 0;
	slash = strrchr(self, '/');
	if (slash)
		*slash = 0;
	snprintf(file, sizeof(file), "%s/../../compel/blob/blob.lds", self);
	if (slash && !access(file, R_OK)) {
		snprintf(folders->include, sizeof(folders->include), "%s/../../compel/include", self);
		snprintf(folders->library, sizeof(folders->library), "%s", self);
		snprintf(folders->runtime, sizeof(folders->runtime), "%s/blob.a", self);
		strcpy(folders->script, file);
		return;
	}
	snprintf(file, sizeof(file), "%s/../lib/compel/blob.lds", self);
	if (slash && !access(file, R_OK)) {
		snprintf(folders->include, sizeof(folders->include), "%s/../include", self);
		snprintf(folders->library, sizeof(folders->library), "%s/../lib", self);
		snprintf(folders->runtime, sizeof(folders->runtime), "%s/../lib/compel/blob.a", self);
		strcpy(folders->script, file);
		return;
	}
	strcpy(folders->include, COMPEL_INCLUDEDIR);
	strcpy(folders->library, COMPEL_LIBDIR);
	strcpy(folders->runtime, COMPEL_LIBDIR "/compel/blob.a");
	strcpy(folders->script, COMPEL_LIBDIR "/compel/blob.lds");
}

static int command_includes(const struct request *request)
{
	printf("-I%s\n", request->folders.include);
	return 0;
}

static int command_cflags(const struct request *request)
{
	printf("%s -I%s\n", COMPEL_BLOB_CFLAGS, request->folders.include);
	return 0;
}

static int command_ldflags(const struct request *request)
{
	printf("%s -u compel_blob_start -T %s\n", COMPEL_BLOB_LDFLAGS, request->folders.script);
	return 0;
}

static int command_plugins(const struct request *request)
{
	printf("%s\n", request->folders.runtime);
	return 0;
}

static int command_libs(const struct request *request)
{
	if (request->is_static)
		printf("%s/libcompel.a\n", request->folders.library);
	else
		printf("-L%s -lcompel\n", request->folders.library);
	return 0;
}

static int command_hgen(const struct request *request)
{
	return hgen_write_header(&request->hgen);
}

static const struct command {
	const char *name;
	int (*run)(const struct request *request);
	const char *help;
} commands[] = {
	{ "includes", command_includes, "compiler option for the headers, of programs that inject" },
	{ "cflags", command_cflags, "compiler options for the sources of a blob" },
	{ "ldflags", command_ldflags, "linker options for a blob" },
	{ "plugins", command_plugins, "the run time to link into a blob" },
	{ "libs", command_libs, "what a program that injects is linked with [--static | --dynamic]" },
	{ "hgen", command_hgen, "C header from a linked blob: -f BLOB [-o HEADER] [-p NAME]" },
};

static void print_help(FILE *to)
{
	fprintf(to, "Usage: compel COMMAND [OPTION...]\n\nCommands:\n");
	for (size_t n = 0; n < sizeof(commands) / sizeof(*commands); n++)
		fprintf(to, "  %-9s %s\n", commands[n].name, commands[n].help);
	fprintf(to, "\nOptions:\n"
		    "  -s, --static       libs: the static library\n"
		    "  -d, --dynamic      libs: the shared library (default)\n"
		    "  -f, --file BLOB    hgen: the linked blob\n"
		    "  -o, --output FILE  hgen: the header (default: standard output)\n"
		    "  -p, --prefix NAME  hgen: name of the array (default: blob)\n"
		    "  -h, --help         this text\n"
		    "  -V, --version      the version\n");
}

static const struct command *find_command(const char *name)
{
	for (size_t n = 0; name && n < sizeof(commands) / sizeof(*commands); n++)
		if (!strcmp(name, commands[n].name))
			return &commands[n];
	return NULL;
}

/* Options may stand before and after the command. */
static int parse_options(int argc, char **argv, struct request *request)
{
	static const struct option options[] = {
		{ "static", no_argument, NULL, 's' },	    { "dynamic", no_argument, NULL, 'd' },
		{ "file", required_argument, NULL, 'f' },   { "output", required_argument, NULL, 'o' },
		{ "prefix", required_argument, NULL, 'p' }, { "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },	    { NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "sdf:o:p:hV", options, NULL)) != -1) {
		if (option == 's' || option == 'd')
			request->is_static = option == 's';
		else if (option == 'f')
			request->hgen.input = optarg;
		else if (option == 'o')
			request->hgen.output = optarg;
		else if (option == 'p')
			request->hgen.name = optarg;
		else if (option == 'h' || option == 'V')
			return option;
		else
			return -EINVAL;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct request request = { .hgen = { .name = "blob" } };
	int option = parse_options(argc, argv, &request);
	const struct command *command = find_command(argv[optind]);

	if (option == 'V') {
		printf("Version: %s\n", CRIU_VERSION);
		return 0;
	}
	if (option == 'h') {
		print_help(stdout);
		return 0;
	}
	if (option < 0 || !command || optind + 1 < argc) {
		if (argv[optind] && !command)
			fprintf(stderr, "compel: unknown command '%s'\n", argv[optind]);
		print_help(stderr);
		return 1;
	}
	find_folders(&request.folders);
	return command->run(&request) ? 1 : 0;
}
