/* SPDX-License-Identifier: GPL-2.0-only */
/* The rows of controls.def as numbers. */
#ifndef CRIU_BLOBS_CONTROLS_H
#define CRIU_BLOBS_CONTROLS_H

/* Instead of a usual value: stored as it is, and no loss where it cannot be had. */
#define CONTROL_HINT (-1)
/* Instead of a wanted value: the images do not tell it. */
#define CONTROL_LEAVE (-1)

#define TASK_CONTROL(identifier, ...) CONTROL_##identifier,
enum task_control {
#include "criu/blobs/controls.def"
	TASK_CONTROLS
};

#define THREAD_CONTROL(identifier, ...) CONTROL_##identifier,
enum thread_control {
#include "criu/blobs/controls.def"
	THREAD_CONTROLS
};

#endif
