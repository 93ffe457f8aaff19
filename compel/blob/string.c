// SPDX-License-Identifier: LGPL-2.1-only
/* Without -fno-tree-loop-distribute-patterns the compiler would turn these loops into calls of themselves;
 * CFLAGS of blobs have -ffreestanding, the attribute makes it certain. */
#include <compel/blob/string.h>
#include <stdint.h>

#if defined(__clang__)
#define PLAIN_LOOP
#else
#define PLAIN_LOOP __attribute__((optimize("no-tree-loop-distribute-patterns")))
#endif

PLAIN_LOOP void *memcpy(void *to, const void *from, size_t length)
{
#if defined(__x86_64__)
	void *at = to;

	__asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(length) : : "memory");
#else
	for (size_t n = 0; n < length; n++)
		((volatile uint8_t *)to)[n] = ((const uint8_t *)from)[n];
#endif
	return to;
}

PLAIN_LOOP void *memmove(void *to, const void *from, size_t length)
{
	if ((uintptr_t)to - (uintptr_t)from >= length)
		return memcpy(to, from, length);
	while (length-- > 0)
		((volatile uint8_t *)to)[length] = ((const uint8_t *)from)[length];
	return to;
}

PLAIN_LOOP void *memset(void *to, int byte, size_t length)
{
#if defined(__x86_64__)
	void *at = to;

	__asm__ volatile("rep stosb" : "+D"(at), "+c"(length) : "a"(byte) : "memory");
#else
	for (size_t n = 0; n < length; n++)
		((volatile uint8_t *)to)[n] = (uint8_t)byte;
#endif
	return to;
}

int memcmp(const void *a, const void *b, size_t length)
{
	const uint8_t *left = a, *right = b;

	for (size_t n = 0; n < length; n++)
		if (left[n] != right[n])
			return left[n] < right[n] ? -1 : 1;
	return 0;
}

PLAIN_LOOP size_t strlen(const char *text)
{
	const volatile char *at = text;
	size_t length = 0;

	while (at[length])
		length++;
	return length;
}
