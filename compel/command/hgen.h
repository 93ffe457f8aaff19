/* SPDX-License-Identifier: LGPL-2.1-only */
#ifndef COMPEL_COMMAND_HGEN_H
#define COMPEL_COMMAND_HGEN_H

struct hgen_options {
	const char *input, *output; /* no output: standard output */
	const char *name;
};

/* Prints what is wrong with the blob, if something is. */
int hgen_write_header(const struct hgen_options *options);

#endif
