// SPDX-License-Identifier: GPL-2.0-only
/* Lists of texts, and the texts that struct options owns. */
#include "criu/options/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "criu/util/cleanup.h"

int text_list_add(struct text_list *list, char *text)
{
	char **items = reallocarray(list->items, list->nr + 1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	list->items = items;
	list->items[list->nr++] = text;
	return 0;
}

char *options_own_text(struct options *options, const char *text)
{
	_cleanup_free_ char *copy = strdup(text);

	if (!copy || text_list_add(&options->owned, copy) < 0)
		return NULL;
	return steal_pointer(&copy);
}
