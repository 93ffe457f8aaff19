/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading text in memory piece by piece, never past its end: the base of all parsers of foreign text. */
#ifndef CRIU_UTIL_TEXT_H
#define CRIU_UTIL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The part that is not read yet. Need not end in a zero byte and may hold some. */
struct text {
	const char *at;
	const char *end;
};

static inline struct text text_of(const char *data, size_t size)
{
	return (struct text){ .at = data, .end = data + size };
}

static inline size_t text_size(const struct text *text)
{
	return (size_t)(text->end - text->at);
}

static inline bool text_is_empty(const struct text *text)
{
	return text->at >= text->end;
}

/* The next line without its newline; false when nothing is left. A last line needs no newline. */
bool text_take_line(struct text *text, struct text *ret_line);
/* All up to @stop, which is taken too; false (and nothing taken) when there is no @stop. */
bool text_take_until(struct text *text, char stop, struct text *ret_part);
/* The next run of characters that are no blank, after any blanks; false when there is none. */
bool text_take_word(struct text *text, struct text *ret_word);
/* True, and taken, when the text goes on with @literal. */
bool text_take_literal(struct text *text, const char *literal);

/* A number at the very start of the text, at most @max. Returns 0, -EINVAL without a digit, -ERANGE when it is
 * too large; nothing is taken on failure. No blanks, no "0x", no "+" are accepted. */
int text_take_number(struct text *text, int base, uint64_t max, uint64_t *ret_number);
/* The same with an optional "-". */
int text_take_signed(struct text *text, int64_t min, int64_t max, int64_t *ret_number);

void text_skip_blanks(struct text *text);
void text_trim(struct text *text);
bool text_equals(const struct text *text, const char *literal);

/* Zero-terminated copies, NULL without memory. The second one decodes "\ooo" as the kernel writes it. */
char *text_copy(const struct text *text);
char *text_copy_unescaped(const struct text *text);

#endif
