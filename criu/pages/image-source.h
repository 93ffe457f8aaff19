/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages out of an image; what the image left to its parent images is looked up there. */
#ifndef CRIU_PAGES_IMAGE_SOURCE_H
#define CRIU_PAGES_IMAGE_SOURCE_H

#include "criu/image/file.h"
#include "criu/pages/copy.h"

/* Reads and checks the list of pages: ascending, below @limit, all of them there (also in the parents).
 * The files of the contents are opened by the first read, so that a child process has offsets and descriptors of its
 * own. @directory stays in use. -ENOENT: no such image; -EBADMSG: damaged; -ENODATA: pages that were left with the
 * dumped task (lazy dump). Reading takes runs of any size and number. */
int page_image_source_open(const struct image_directory *directory, enum image_kind kind, uint64_t id,
			   uint64_t limit, struct page_source **ret_source);
/* All runs of the image, PAGES_PRESENT or PAGES_PARENT; owned by the source. */
const struct page_map *page_image_source_map(const struct page_source *source);
/* Opens the files of the contents, so that several threads can read. */
int page_image_source_wake(struct page_source *source);
/* Closes the files of the contents until the next read. */
void page_image_source_rest(struct page_source *source);

#endif
