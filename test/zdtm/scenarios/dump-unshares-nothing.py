# SPDX-License-Identifier: GPL-2.0-only
"""A dump that lets the tree go on leaves memory that relatives share copy-on-write shared: their PSS stays."""

from runner import snapshot
from runner.job import Failed

PROGRAM = "static/memory/copy-on-write"
ALLOWED_GROWTH = 1.05


def pss_of_tree(job):
    """KiB of the proportional set size of all of the tree."""
    total = 0
    for pid in snapshot.tree(job.pid):
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
            total += sum(int(line.split()[1]) for line in rollup if line.startswith("Pss_Anon:"))
    return total


def run(job):
    """Three dumps in a row; the restored tree is looked at as well."""
    job.start()
    before = pss_of_tree(job)
    for when in ("first", "second"):
        job.dump("--leave-running")
        if pss_of_tree(job) > before * ALLOWED_GROWTH:
            raise Failed(f"after the {when} dump PSS is {pss_of_tree(job)} KiB, was {before} KiB")
    job.dump()
    job.restore()
    if pss_of_tree(job) > before * ALLOWED_GROWTH:
        raise Failed(f"after the restore PSS is {pss_of_tree(job)} KiB, was {before} KiB")
    job.stop()
