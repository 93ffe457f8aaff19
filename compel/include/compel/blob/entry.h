/* SPDX-License-Identifier: LGPL-2.1-only */
/* What a blob has to define. */
#ifndef COMPEL_BLOB_ENTRY_H
#define COMPEL_BLOB_ENTRY_H

#include <compel/blob/guard.h>

/* Called by compel_call() with its command and the address in the data area; the result goes back to the caller.
 * It must return: no exit, no jump away. */
long entry(unsigned int command, void *argument);

#endif
