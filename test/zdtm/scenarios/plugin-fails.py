# SPDX-License-Identifier: GPL-2.0-only
"""The failure of a plugin is that of the operation: a dump puts the tree back, a restore leaves nothing. The plugin is
told that it failed, unless it is its own init."""

import os

from runner import plugins
from runner.job import Failed

PROGRAM = "static/process/children"
ON_DUMP = ("init", "pause_devices", "checkpoint_devices", "dump_devices_late")
ON_RESTORE = ("init", "restore_init", "post_forking", "resume_devices_late")


def fail_in(job, name):
    """The hook that is to fail in the next run; None for all being well."""
    path = os.path.join(job.images, "fail")
    if name:
        with open(path, "w", encoding="ascii") as file:
            file.write(name)
    else:
        os.unlink(path)


def expect_told(job, hook, stage):
    """The last call is the exit with the result."""
    found = plugins.calls(job)
    wanted = f"init {stage}" if hook == "init" else f"exit {stage} failure"
    if not found or found[-1] != wanted:
        raise Failed(f"{hook} fails, and the plugin is told last: {found[-1:]}")


def run(job):
    """Each hook fails in turn."""
    words = plugins.libdir("devices")
    job.start()
    job.remember()
    for hook in ON_DUMP:
        job.new_images()
        fail_in(job, hook)
        if not job.run_criu("dump", ["-t", str(job.pid), *words]):
            raise Failed(f"criu dump succeeded although {hook} failed")
        expect_told(job, hook, 0)
        if os.path.exists(os.path.join(job.images, "inventory.img")):
            raise Failed(f"there is an inventory although {hook} failed")
        job.compare(f"after {hook} failed")
    job.dump(*words)
    for hook in ON_RESTORE:
        plugins.calls(job)
        fail_in(job, hook)
        plugins.restore_fails(job, words, "plugin")
        expect_told(job, hook, 2)
    fail_in(job, None)
    job.restore(*words)
    job.compare("after the restore")
    job.stop()
