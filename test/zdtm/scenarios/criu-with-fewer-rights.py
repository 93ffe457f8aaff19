# SPDX-License-Identifier: GPL-2.0-only
"""A restore by a criu that has fewer rights than the tasks had: refused by name, and nothing is left behind. With the
rights it goes on."""

import os
import shutil

from runner import snapshot
from runner.job import Failed

PROGRAM = "static/process/single"
CASES = (
    (("--bounding-set", "-sys_module,-net_raw"), ("bounding set", "cap_sys_module", "cap_net_raw")),
    (("--no-new-privs",), ("no_new_privs",)),
    (("--securebits", "+noroot,+noroot_locked"), ("secure bits",)),
)


def refused(job, words, reasons):
    """Run the restore under setpriv, and look for its reasons."""
    whole, wrapper = job.criu, os.path.join(job.directory, "criu-with-less")
    with open(wrapper, "w", encoding="utf-8") as file:
        file.write(f"#!/bin/sh\nexec {shutil.which('setpriv')} {' '.join(words)} {whole} \"$@\"\n")
    os.chmod(wrapper, 0o755)
    job.criu = wrapper
    status = job.run_criu("restore", ["-d"])
    job.criu = whole
    if not status:
        raise Failed(f"a restore with {' '.join(words)} succeeded")
    with open(os.path.join(job.images, "restore.log"), encoding="utf-8", errors="replace") as file:
        log = file.read()
    missing = [reason for reason in reasons if reason not in log]
    if missing:
        raise Failed(f"with {' '.join(words)} the log does not name: {'; '.join(missing)}")
    job.children.reap()
    if snapshot.others():
        raise Failed(f"a refused restore left {snapshot.others()}")


def run(job):
    """Three refusals, then a restore."""
    job.start()
    job.remember()
    job.dump()
    for words, reasons in CASES:
        refused(job, words, reasons)
    job.restore()
    job.compare("after the restore")
    job.stop()
