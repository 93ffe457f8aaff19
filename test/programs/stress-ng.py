# SPDX-License-Identifier: GPL-2.0-only
"""stress-ng's stressors of memory, mappings, signals, timers, pipes and processes, which verify what they do: none finds a
fault, and each has gone on until the end."""

import os
import shutil
import signal

from runner.job import Failed, Skipped

STRESSORS = ["vm", "mmap", "mremap", "fork", "pipe", "timer", "itimer", "sigsegv", "sigpending", "nanosleep"]


def workers(job):
    """Processes below it that have worked for some moments since the last dump."""
    found = 0
    with open(f"/proc/{job.pid}/task/{job.pid}/children", encoding="ascii") as file:
        pids = file.read().split()
    for pid in pids:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        found += int(fields[11]) + int(fields[12]) > 0 or fields[0] == "S"
    return found


def run(job):
    """Interrupt them three times, end them, read what they say."""
    if not shutil.which("stress-ng"):
        raise Skipped("no stress-ng: package stress-ng")
    # Nicely: criu and the checks of its images run beside it.
    argv = ["nice", "-n", "19", "stress-ng", "--verify", "--metrics-brief", "--timeout", "300", "--no-rand-seed",
            "--temp-path", ".", "--vm-bytes", "8M", "--mmap-bytes", "4M", "--mremap-bytes", "4M", "--oomable"]
    for name in STRESSORS:
        argv += [f"--{name}", "1"]
    job.launch(argv)
    for _ in range(3):
        job.wait_for(lambda: workers(job) == len(STRESSORS), "all stressors work")
        job.interrupt()
    job.wait_for(lambda: workers(job) == len(STRESSORS), "all stressors work")
    os.kill(job.pid, signal.SIGINT)
    job.expect_exit()
    with open(job.outfile, encoding="utf-8") as file:
        said = file.read()
    # Name and operations come first after the prefix.
    rows = [line.split("]", 1)[1].split() for line in said.splitlines() if "metrc:" in line]
    idle = set(STRESSORS) - {row[0] for row in rows if len(row) > 1 and row[1].isdigit() and int(row[1])}
    if idle:
        raise Failed(f"these have done nothing: {' '.join(idle)}; stress-ng says:\n{said}")
    if "fail" in said or "unsuccessful" in said or "successful run completed" not in said:
        raise Failed(f"stress-ng says:\n{said}")
