# SPDX-License-Identifier: GPL-2.0-only
"""A restore under a kernel with another vdso, as CRIU_FAULT=127 feigns it: the old entries lead to this kernel's. Such
a tree is dumped and restored again, with the same kernel and with another one again, as often as one likes."""

import os

from runner.job import Failed

PROGRAM = "static/task/vdso-calls"
SETTINGS = {"kinds": "vdso"}


def kernel_vdsos(job):
    """Where the kernel has put vdsos of its own, and how many mappings there are."""
    with open(f"/proc/{job.pid}/maps", encoding="ascii") as file:
        lines = file.read().splitlines()
    return [line.split()[0] for line in lines if line.endswith("[vdso]")], len(lines)


def restore_elsewhere(job):
    """The next restore takes this kernel's vdso for another one."""
    os.environ["CRIU_FAULT"] = "127"
    try:
        job.restore()
    finally:
        del os.environ["CRIU_FAULT"]


def run(job):
    """There, there again, back."""
    job.start()
    job.remember()
    before, _ = kernel_vdsos(job)
    job.dump()
    restore_elsewhere(job)
    job.compare("after the first restore", other_kernel=True)
    moved, mappings = kernel_vdsos(job)
    if len(moved) != 1 or moved == before:
        raise Failed(f"the vdso of the kernel was at {before} and is at {moved}")
    # The proxy is memory like any other, and the kernel's vdso goes back to where it is.
    job.remember()
    job.dump()
    job.check_images()
    job.restore()
    job.compare("after a restore under the same kernel")
    job.dump("--leave-running")
    job.dump()
    restore_elsewhere(job)
    job.compare("after the second move", other_kernel=True)
    again, more = kernel_vdsos(job)
    if len(again) != 1 or again == moved or more > mappings + 4:
        raise Failed(f"the vdso of the kernel was at {moved} and is at {again}; {mappings} mappings became {more}")
    job.stop()
