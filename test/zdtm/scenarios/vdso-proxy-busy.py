# SPDX-License-Identifier: GPL-2.0-only
"""Threads are stopped anywhere in the vdso, also in the first instructions of its functions, and go on under a kernel
with another one, as CRIU_FAULT=127 feigns it."""

import os

PROGRAM = "transition/vdso-loop"
SETTINGS = {"kinds": "vdso"}
TIMES = 6


def run(job):
    """Again and again."""
    job.start()
    os.environ["CRIU_FAULT"] = "127"
    try:
        for _ in range(TIMES):
            job.dump()
            job.restore()
    finally:
        del os.environ["CRIU_FAULT"]
    job.stop()
