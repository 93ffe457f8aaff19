# SPDX-License-Identifier: GPL-2.0-only
"""A pipe that is held outside: the restore names who has it, who held it and the cure, and takes it by --inherit-fd."""

import os

from runner.job import Failed

PROGRAM = "static/pipe/to-outside"


def expect_error(job, said):
    """One line of the log of the restore has all of it."""
    with open(os.path.join(job.images, "restore.log"), encoding="utf-8", errors="replace") as file:
        lines = [line for line in file if "Error" in line]
    if not any(all(part in line for part in said) for line in lines):
        raise Failed(f"the restore does not say {said}")


def run(job):
    """The reader is this process."""
    reader, writer = os.pipe()
    debug = os.pipe()
    key = os.readlink(f"/proc/self/fd/{reader}")
    place = os.path.join(job.directory, "cwd")
    os.makedirs(place)
    os.symlink(f"/proc/{os.getpid()}/fd/{writer}", os.path.join(place, "outside"))
    job.start()
    job.remember()
    job.dump()
    job.check_images()
    if not job.run_criu("restore", ["-d"]):
        raise Failed("the restore succeeded although nobody gave the pipe")
    holder = f"process {os.getpid()} ("
    expect_error(job, [f"task {job.pid}", "descriptor 60", key, holder, f"--inherit-fd 'fd[N]:{key}'"])
    words = ["--inherit-fd", f"fd[{writer}]:{key}", "--inherit-fd", f"debug[{debug[1]}]:here"]
    if job.run_criu("restore", ["-d", *words], keep=[writer, debug[1]]):
        raise Failed("the restore fails although the pipe was given")
    if os.read(debug[0], 10) != b"here":
        raise Failed("--inherit-fd debug[N]:TEXT does not write the text")
    job.compare("after the restore")
    job.stop()
    if os.read(reader, 10) != b"after":
        raise Failed("what the program writes does not arrive")
