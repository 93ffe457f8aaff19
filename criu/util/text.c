// SPDX-License-Identifier: GPL-2.0-only
/* Reading text in memory piece by piece, never past its end. */
#include "criu/util/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

bool text_take_until(struct text *text, char stop, struct text *ret_part)
{
	const char *found = text_is_empty(text) ? NULL : memchr(text->at, stop, text_size(text));

	if (!found)
		return false;
	*ret_part = (struct text){ .at = text->at, .end = found };
	text->at = found + 1;
	return true;
}

bool text_take_line(struct text *text, struct text *ret_line)
{
	if (text_is_empty(text))
		return false;
	if (text_take_until(text, '\n', ret_line))
		return true;
	*ret_line = *text;
	text->at = text->end;
	return true;
}

void text_skip_blanks(struct text *text)
{
	while (!text_is_empty(text) && is_blank(*text->at))
		text->at++;
}

void text_trim(struct text *text)
{
	text_skip_blanks(text);
	while (!text_is_empty(text) && is_blank(text->end[-1]))
		text->end--;
}

bool text_take_word(struct text *text, struct text *ret_word)
{
	struct text rest = *text;
	const char *start;

	text_skip_blanks(&rest);
	start = rest.at;
	while (!text_is_empty(&rest) && !is_blank(*rest.at))
		rest.at++;
	if (rest.at == start)
		return false;
	*ret_word = (struct text){ .at = start, .end = rest.at };
	text->at = rest.at;
	return true;
}

bool text_take_literal(struct text *text, const char *literal)
{
	size_t size = strlen(literal);

	if (text_size(text) < size || memcmp(text->at, literal, size))
		return false;
	text->at += size;
	return true;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

int text_take_number(struct text *text, int base, uint64_t max, uint64_t *ret_number)
{
	const char *at = text->at;
	uint64_t number = 0;

	for (; at < text->end; at++) {
		int digit = digit_value(*at);

		if (digit >= base)
			break;
		if (__builtin_mul_overflow(number, (uint64_t)base, &number) ||
		    __builtin_add_overflow(number, (uint64_t)digit, &number))
			return -ERANGE;
	}
	if (at == text->at)
		return -EINVAL;
	if (number > max)
		return -ERANGE;
	text->at = at;
	*ret_number = number;
	return 0;
}

int text_take_signed(struct text *text, int64_t min, int64_t max, int64_t *ret_number)
{
	struct text rest = *text;
	bool negative = text_take_literal(&rest, "-");
	uint64_t bound = negative ? (uint64_t)INT64_MAX + 1 : INT64_MAX, magnitude;
	int64_t number;
	int ret = text_take_number(&rest, 10, bound, &magnitude);

	if (ret < 0)
		return ret;
	number = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
	if (number < min || number > max)
		return -ERANGE;
	text->at = rest.at;
	*ret_number = number;
	return 0;
}

bool text_equals(const struct text *text, const char *literal)
{
	size_t size = strlen(literal);

	return text_size(text) == size && !memcmp(text->at, literal, size);
}

char *text_copy(const struct text *text)
{
	size_t size = text_size(text);
	char *copy = malloc(size + 1);

	if (!copy)
		return NULL;
	memcpy(copy, text->at, size);
	copy[size] = '\0';
	return copy;
}

static bool is_octal_escape(const struct text *text)
{
	return text_size(text) >= 4 && text->at[0] == '\\' && text->at[1] >= '0' && text->at[1] <= '3' &&
	       text->at[2] >= '0' && text->at[2] <= '7' && text->at[3] >= '0' && text->at[3] <= '7';
}

char *text_copy_unescaped(const struct text *text)
{
	struct text rest = *text;
	char *copy = malloc(text_size(text) + 1), *to = copy;

	if (!copy)
		return NULL;
	while (!text_is_empty(&rest)) {
		if (is_octal_escape(&rest)) {
			*to++ = (char)((rest.at[1] - '0') << 6 | (rest.at[2] - '0') << 3 | (rest.at[3] - '0'));
			rest.at += 4;
		} else {
			*to++ = *rest.at++;
		}
	}
	*to = '\0';
	return copy;
}
