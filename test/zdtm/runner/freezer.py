# SPDX-License-Identifier: GPL-2.0-only
"""A cgroup of our own with a freezer, below the one that the test runs in; it is gone afterwards."""

import os
import time

from . import snapshot
from .job import Failed, Skipped

MOUNTS = {1: ("cgroup", "freezer"), 2: ("cgroup2", "")}
FILES = {1: ("freezer.state", "FROZEN", "THAWED"), 2: ("cgroup.freeze", "1", "0")}
PATIENCE = 10


def own_folder(version):
    """Where the cgroup that we are in is seen, or None."""
    fstype, controller = MOUNTS[version]
    with open("/proc/self/cgroup", encoding="ascii") as file:
        rows = [line.strip().split(":", 2) for line in file]
    paths = [path for number, names, path in rows
             if (number == "0" if version == 2 else controller in names.split(","))]
    with open("/proc/self/mountinfo", encoding="ascii") as file:
        for line in file:
            left, right = line.split(" - ")
            kind, _, options = right.split()
            if paths and kind == fstype and (version == 2 or controller in options.split(",")):
                root, mountpoint = left.split()[3:5]
                return mountpoint + paths[0].removeprefix(root.rstrip("/"))
    return None


class Freezer:
    """As a context: made, and removed when all have left it."""

    def __init__(self, version, name="zdtm"):
        parent = own_folder(version)
        if not parent:
            raise Skipped(f"no freezer of cgroup version {version} is mounted here")
        self.version, self.parent = version, parent
        self.path = os.path.join(parent, f"{name}-{os.getpid()}-{time.monotonic_ns()}")
        self.file, self.frozen, self.thawed = FILES[version]

    def __enter__(self):
        try:
            os.mkdir(self.path)
        except OSError as error:
            raise Skipped(f"no cgroup can be made here: {error.strerror}") from None
        if not os.path.exists(os.path.join(self.path, self.file)):
            os.rmdir(self.path)
            raise Skipped(f"cgroups of version {self.version} have no freezer here")
        return self

    def __exit__(self, *_):
        self.freeze(False)
        for pid in self.read("cgroup.procs").split():
            self.move([int(pid)], self.parent)
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return os.rmdir(self.path)
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def read(self, name):
        """One of its files."""
        return snapshot.read(os.path.join(self.path, name))

    def move(self, pids, path=None):
        """Brings processes into it, zombies excepted."""
        for pid in pids:
            if not snapshot.is_there(pid):
                continue
            with open(os.path.join(path or self.path, "cgroup.procs"), "w", encoding="ascii") as file:
                file.write(str(pid))

    def freeze(self, frozen=True):
        """Freezes or thaws it and waits until that has happened."""
        with open(os.path.join(self.path, self.file), "w", encoding="ascii") as file:
            file.write(self.frozen if frozen else self.thawed)
        deadline = time.monotonic() + PATIENCE
        while self.is_frozen() != frozen:
            if time.monotonic() > deadline:
                raise Failed(f"{self.path} does not {'freeze' if frozen else 'thaw'}")
            time.sleep(0.001)

    def is_frozen(self):
        """Whether all in it stand still."""
        if self.version == 2:
            return "frozen 1" in self.read("cgroup.events")
        return self.read("freezer.state").strip() == "FROZEN"

    def is_set(self):
        """Whether it is told to freeze, settled or not."""
        return self.read(self.file).strip() in (self.frozen, "FREEZING")

    def expect(self, frozen, when):
        """Its state is as it should be, soon."""
        deadline = time.monotonic() + PATIENCE
        while self.is_frozen() != frozen or self.is_set() != frozen:
            if time.monotonic() > deadline:
                raise Failed(f"{when} the cgroup is {'not ' if frozen else ''}frozen")
            time.sleep(0.001)


OPTIONS = ("--manage-cgroups=ignore",)


def dump_frozen(job, version):
    """Of a tree that stands frozen: a dump that leaves it so, one that fails, one that ends it; then a restore."""
    job.start()
    job.remember()
    with Freezer(version) as freezer:
        freezer.move(snapshot.tree(job.pid))
        freezer.freeze()
        job.dump("--leave-running", *OPTIONS)
        freezer.expect(True, "after a dump that left the tree running")
        job.check_images()
        job.new_images()
        if not job.run_criu("dump", ["-t", str(job.pid), "--fault-step", "pages", *OPTIONS]):
            raise Failed("criu dump succeeded where it had to fail")
        freezer.expect(True, "after a failed dump")
        freezer.freeze(False)
        job.compare("thawed after two dumps")
        freezer.freeze()
        job.dump(*OPTIONS)
        job.restore(*OPTIONS)
    job.compare("restored")
    job.stop()
