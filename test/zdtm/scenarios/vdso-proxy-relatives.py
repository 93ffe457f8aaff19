# SPDX-License-Identifier: GPL-2.0-only
"""Relatives under a kernel with another vdso, as CRIU_FAULT=127 feigns it: their memory is shared as before, also
when it is carried once more."""

import os

PROGRAM = "static/memory/copy-on-write"
SETTINGS = {"kinds": "vdso"}


def run(job):
    """Over there, and a look at it."""
    job.start()
    job.remember()
    job.dump()
    os.environ["CRIU_FAULT"] = "127"
    try:
        job.restore()
    finally:
        del os.environ["CRIU_FAULT"]
    job.compare("after the restore", other_kernel=True)
    job.cycle()
    job.stop()
