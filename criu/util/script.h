/* SPDX-License-Identifier: GPL-2.0-only */
/* Action scripts: programs of the user that run at the stages of a dump or a restore. */
#ifndef CRIU_UTIL_SCRIPT_H
#define CRIU_UTIL_SCRIPT_H

#include <stddef.h>
#include <sys/types.h>

/* Runs @paths[0..@nr) one after the other with @stage in CRTOOLS_SCRIPT_ACTION, the directory open as @images_fd in
 * CRTOOLS_IMAGE_DIR and @root in CRTOOLS_INIT_PID (0: there is no root task yet). Input is /dev/null, output goes to
 * the log. A script that fails stops the others. Returns 0; a positive exit status (128 + number for a signal), with
 * *@ret_failed (may be NULL) the script; or -errno. */
int script_run_all(char *const *paths, size_t nr, const char *stage, int images_fd, pid_t root,
		   const char **ret_failed);

#endif
