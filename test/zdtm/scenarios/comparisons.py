# SPDX-License-Identifier: GPL-2.0-only
"""What tasks share is found out by few comparisons of the kernel (kcmp): none for one process, and for a tree of n tasks
and m descriptors no more than some n * log n and m * log m."""

import math
import os
import re

from runner import snapshot
from runner.job import Failed

PROGRAM = "static/process/children"


def comparisons(job):
    """Numbers in the log of the last dump: of tasks for each kind of object, and of descriptors."""
    with open(os.path.join(job.images, "dump.log"), encoding="utf-8", errors="replace") as file:
        text = file.read()
    tasks = [int(number) for number in re.findall(r"kcmp: (\d+) comparisons of type", text)]
    found = re.search(r"(\d+) descriptors, (\d+) comparisons by the kernel", text)
    if len(tasks) != 4 or not found:
        raise Failed("the log does not tell of comparisons")
    return tasks, int(found[1]), int(found[2])


def limit(count):
    """Of a sorted tree, with some to spare."""
    return 3 * count * math.ceil(math.log2(count + 1))


def run(job):
    """A tree, then one process of it."""
    job.start()
    job.remember()
    job.dump("--leave-running")
    nr = len(snapshot.tree(job.pid))
    tasks, descriptors, compared = comparisons(job)
    if max(tasks) > limit(nr) or not min(tasks):
        raise Failed(f"{nr} tasks took {tasks} comparisons")
    if compared > limit(descriptors):
        raise Failed(f"{descriptors} descriptors took {compared} comparisons")
    whole, job.pid = job.pid, snapshot.children(job.pid)[-1]
    while snapshot.children(job.pid):
        job.pid = snapshot.children(job.pid)[-1]
    job.dump("--leave-running", "--shell-job")
    tasks, _, _ = comparisons(job)
    if any(tasks):
        raise Failed(f"one process took {tasks} comparisons")
    job.pid = whole
    job.stop()
