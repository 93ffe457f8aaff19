/* SPDX-License-Identifier: GPL-2.0-only */
/* Which capabilities(7) this kernel has, and their names. */
#ifndef CRIU_KERNEL_CAPABILITIES_H
#define CRIU_KERNEL_CAPABILITIES_H

/* They are numbered from 0. */
unsigned int capabilities_count(void);
/* "cap_sys_admin"; "?" for one that is younger than this build. */
const char *capability_name(unsigned int capability);

#endif
