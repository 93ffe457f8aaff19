/* SPDX-License-Identifier: LGPL-2.1-only */
#ifndef COMPEL_BLOB
#error "these headers are for code that runs inside a target: compile it with -DCOMPEL_BLOB and CFLAGS of 'compel cflags'"
#endif
