# SPDX-License-Identifier: GPL-2.0-only
"""A device whose name is gone, with --evasive-devices opened by another name of the same device."""

import os

from runner.job import Failed

PROGRAM = "static/file/evasive"


def device_name(job):
    """What /proc shows for the descriptor of the device."""
    names = [os.readlink(f"/proc/{job.pid}/fd/{name}") for name in os.listdir(f"/proc/{job.pid}/fd")]
    found = [name for name in names if name.startswith("/dev/full") or "/device" in name]
    if len(found) != 1:
        raise Failed(f"the device is none of {names}")
    return found[0]


def run(job):
    """The options of the program have --evasive-devices."""
    job.start()
    if not device_name(job).endswith("/device (deleted)"):
        raise Failed(f"the device is {device_name(job)} before the dump")
    job.dump()
    if any(name.startswith("ghost-file") for name in os.listdir(job.images)):
        raise Failed("the device is in the images although it has another name")
    job.restore()
    if device_name(job) != "/dev/full":
        raise Failed(f"the device is {device_name(job)} after the restore")
    job.stop()
