/* SPDX-License-Identifier: GPL-2.0-only */
/* Components of the state that XSAVE keeps (Intel SDM vol. 1, 13.1). */
#ifndef CRIU_ARCH_X86_64_XSAVE_H
#define CRIU_ARCH_X86_64_XSAVE_H

#include <stdint.h>

/* Those that the kernel has enabled: XCR0. Without XSAVE: 0. */
uint64_t xsave_enabled(void);
/* What a component is called in messages. */
const char *xsave_name(unsigned int number);

#endif
