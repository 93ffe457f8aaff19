/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages into an image: pagemap-N.img says which, pages-N.img has them. */
#ifndef CRIU_PAGES_IMAGE_SINK_H
#define CRIU_PAGES_IMAGE_SINK_H

#include "criu/image/file.h"
#include "criu/pages/copy.h"

/* @kind: IMAGE_PAGEMAP of task @id or IMAGE_SHMEM_PAGEMAP of shared memory @id. Both files exist from here on. */
int page_image_sink_open(const struct image_directory *directory, enum image_kind kind, uint64_t id,
			 uint32_t pages_id, struct page_sink **ret_sink);

#endif
