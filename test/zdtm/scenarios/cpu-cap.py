# SPDX-License-Identifier: GPL-2.0-only
"""A restore on a processor that lacks something is refused by name as far as --cpu-cap says, and a dump writes what it
finds unless nobody wants to know."""

import os

from runner.job import Failed, skip_with_cpu_flag

PROGRAM = "static/process/single"


def lack(entry):
    """Instructions and registers that this processor does not have."""
    cpu = entry["x86_entry"][0]
    cpu["capability"][1] |= 1 << 31
    cpu["xfeatures_mask"] = int(cpu["xfeatures_mask"]) | 1 << 19


def run(job):
    """Refused, allowed, not asked."""
    skip_with_cpu_flag("3dnow")
    job.start()
    job.remember()
    job.dump()
    job.edit_image("cpuinfo.img", lack)
    job.restore_fails(["3dnow", "xsave component apx"])
    job.restore_fails(["3dnow", "xsave component apx"], "--cpu-cap=all")
    job.restore_fails(["3dnow"], "--cpu-cap=ins")
    job.restore_fails(["xsave component apx"], "--cpu-cap=fpu")
    job.restore("--cpu-cap=none")
    job.compare("after the restore")
    job.dump("--cpu-cap=none")
    if os.path.exists(os.path.join(job.images, "cpuinfo.img")):
        raise Failed("--cpu-cap=none writes the processor")
    job.restore("--cpu-cap=all")
    job.compare("after the second restore")
    job.stop()
