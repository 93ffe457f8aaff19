# SPDX-License-Identifier: GPL-2.0-only
"""--external file[] leaves files out of the images, --inherit-fd gives others instead, by key, by path or by
the name of a memfd."""

import os
import re

from runner.job import Failed

PROGRAM = "static/file/given"


def keys(job):
    """The key of each descriptor, by the last part of its name."""
    found = {}
    for name in os.listdir(f"/proc/{job.pid}/fd"):
        path = f"/proc/{job.pid}/fd/{name}"
        with open(f"/proc/{job.pid}/fdinfo/{name}", encoding="ascii") as file:
            mount = int(re.search(r"mnt_id:\s*(\d+)", file.read())[1])
        last = os.readlink(path).rsplit("/", 1)[-1].split()[0]
        found[last] = f"file[{mount:x}:{os.stat(path).st_ino:x}]"
    return found


def run(job):
    """Two external ones, one by its path."""
    job.start()
    found = keys(job)
    place = os.path.join(job.directory, "cwd")
    words = [word for name in ("deleted", "loop-control") for word in ("--external", found[name])]
    job.dump(*words)
    if any(name.startswith("ghost-file") for name in os.listdir(job.images)):
        raise Failed("an external file is in the images")
    if not job.run_criu("restore", ["-d"]):
        raise Failed("the restore succeeded although nobody gave the files")
    given = os.open(os.path.join(place, "given"), os.O_RDWR | os.O_CREAT, 0o600)
    os.write(given, b"given")
    path = os.path.join(place, "named")[1:]
    os.unlink("/" + path)
    wanted = [found["deleted"], found["loop-control"], path]
    words = [word for key in wanted for word in ("--inherit-fd", f"fd[{given}]:{key}")]
    lent = os.memfd_create("mine")
    os.write(lent, b"given")
    words += ["--inherit-fd", f"fd[{lent}]:/memfd:lent"]
    status = job.run_criu("restore", ["-d", *words], keep=[given, lent])
    if status:
        raise Failed(f"criu restore failed with {status}")
    job.stop()
