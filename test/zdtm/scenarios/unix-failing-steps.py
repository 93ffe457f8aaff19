# SPDX-License-Identifier: GPL-2.0-only
"""Steps of a restore fail, or it is killed, while sockets have been bound to paths: the files that the dumped tree has left
are there again, the same ones, and the next restore succeeds and leaves none of them."""

import os
import stat

from runner.job import Failed

PROGRAM = "static/unix/listener-path"


def sockets(directory):
    """Names, inodes, modes and owners of all sockets below a directory."""
    found = {}
    for base, _, names in os.walk(directory):
        for path in (os.path.join(base, name) for name in names):
            known = os.lstat(path)
            if stat.S_ISSOCK(known.st_mode):
                found[path] = (known.st_ino, known.st_mode, known.st_uid, known.st_gid)
    return found


def run(job):
    """Another socket is at each name while a step fails; then the old one is."""
    job.start()
    job.remember()
    job.dump()
    directory = os.path.join(job.directory, "cwd")
    left = sockets(directory)
    if not left:
        raise Failed("the program has left no socket")
    for step in ["make", "fork", "seize", "resume-devices", "announce", "stats"]:
        if not job.run_criu("restore", ["-d", "--fault-step", step]):
            raise Failed(f"the restore succeeded although step {step} failed")
        job.wait_for(lambda: sockets(directory) == left, f"{left} are there again after step {step} failed")
    job.restore()
    job.compare("after the restore")
    now = sockets(directory)
    if set(now) != set(left):
        raise Failed(f"{sorted(now)} are there instead of {sorted(left)}")
    if any(now[path][0] == left[path][0] for path in now):
        raise Failed("an old file was kept")
    job.stop()
