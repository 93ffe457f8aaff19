/* SPDX-License-Identifier: GPL-2.0-only */
/* The processor of a dump, in cpuinfo.img. */
#ifndef CRIU_OBJECTS_CPUINFO_H
#define CRIU_OBJECTS_CPUINFO_H

struct image_directory;

/* Writes that of this host. -ENOTSUP: nothing is known on this architecture, which is not logged. */
int cpuinfo_write(const struct image_directory *images);
/* Tells by @report, group by group of @what (set of enum cpu_capability), what this host lacks. -ENOENT: there is no
 * such image, -ENOTSUP as above; neither is logged. */
int cpuinfo_compare(const struct image_directory *images, unsigned int what,
		    void (*report)(void *context, const char *text), void *context);

#endif
