# SPDX-License-Identifier: GPL-2.0-only
"""Restore images in which one number, length, string or list is another: criu succeeds or says no, but never crashes, hangs or
leaves something behind."""

import collections
import copy
import ctypes
import os
import random
import signal
import sys

from killed_restore import clear_outside, outside
from runner import catalogue, job, snapshot, worker
from runner.children import TimeLimit

sys.path.insert(0, os.path.join(catalogue.build_dir(), "lib"))

NUMBERS = (0, 1, 2, 7, 0x7fffffff, 0xfffffffe, 0xffffffff, 1 << 63, (1 << 64) - 1)
# Others are looked at elsewhere.
LEFT_ALONE = ("core-", "mm-", "pagemap-", "pages-", "stats-", "seccomp", "cpuinfo", "fs-", "ids-", "cgroup")
PATIENCE = 60
CLONE_NEWNET = 0x40000000


def places(value, path=()):
    """Where something can be changed: paths of keys and indices."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield path + (key,)
        yield from places(inner, path + (key,))


def values_for(random_source, old, all_of_kind):
    """What stands there instead."""
    if isinstance(old, bool):
        return [not old]
    if isinstance(old, int):
        return [random_source.choice(NUMBERS), old + 1, old - 1, random_source.choice(all_of_kind or [3])]
    if isinstance(old, str):
        return ["", old * 2, "A" * 5000, "../" * 20 + "etc", old[:len(old) // 2]]
    if isinstance(old, list):
        return [[], old * 2, old * 200, old[:-1]]
    return [None]


def contain_themselves(entries):
    """Queues of sockets whose descriptors in flight are the sockets themselves."""
    for entry in entries:
        for control in entry.get("scm", ()):
            control["rights"] = [entry["id_for"]] * len(control["rights"])


def watch_each_other(entries):
    """An epoll watches itself, others watch each other."""
    epolls = [entry["epfd"] for entry in entries if "epfd" in entry]
    for number, epoll in enumerate(epolls):
        for target in epoll["tfd"]:
            target["file"] = epolls[number - 1]["id"]
            target["tfd"] = 500 + number


def watch_itself(entries):
    """Each epoll watches itself."""
    for entry in entries:
        for target in entry.get("epfd", {}).get("tfd", ()):
            target["file"] = entry["id"]
            target["tfd"] = 500


def for_nobody(entries):
    """A packet of a socket that is not there."""
    entries[0]["id_for"] = 77777


def far_too_many(entries):
    """More packets than any queue has room for."""
    entries *= 50


# Image, change, and what becomes of it: the kernel lets sockets be in flight in their own queue, and their room can be had.
CYCLES = (("sk-queues.img", contain_themselves, "restored"), ("files.img", watch_each_other, "refused"),
          ("files.img", watch_itself, "refused"), ("sk-queues.img", for_nobody, "refused"),
          ("sk-queues.img", far_too_many, "restored"), ("tty-data.img", far_too_many, "refused"),
          ("ipcns-msg-3.img", far_too_many, "refused"), ("ipcns-sem-3.img", far_too_many, "refused"))


def leave_network():
    """A new network namespace: what connections of the tree before have left would be in the way (TIME_WAIT)."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        raise job.Failed(f"unshare: {os.strerror(ctypes.get_errno())}")
    worker.raise_loopback()


class HostileCampaign:
    """One dump, and many restores of images that somebody has changed."""

    def __init__(self, words, running):
        self.words, self.job, self.random = words, running, random.Random(words.seed)
        self.good, self.kinds = {}, collections.Counter()
        self.unnamed = []

    def load(self):
        """The images that are looked at, as they were."""
        from pycriu import images  # pylint: disable=import-outside-toplevel,import-error
        for name in sorted(os.listdir(self.job.images)):
            if name.endswith(".img") and not name.startswith(LEFT_ALONE):
                with open(os.path.join(self.job.images, name), "rb") as file:
                    content = file.read()
                self.good[name] = (content, images.loads(content))
        return images

    def change(self, images):
        """One image with one change, and what that is. None: it cannot be written."""
        name = "files.img" if self.random.random() < 0.5 else self.random.choice(list(self.good))
        image = copy.deepcopy(self.good[name][1])
        path = self.random.choice(list(places(image["entries"])) or [None])
        if path is None:
            return None
        inner = image["entries"]
        for key in path[:-1]:
            inner = inner[key]
        numbers = [value for _, other in self.good.values() for value in self.numbers(other["entries"], path[-1])]
        new = self.random.choice(values_for(self.random, inner[path[-1]], numbers))
        what = f"{name} {'.'.join(map(str, path))}: {str(inner[path[-1]])[:60]} became {str(new)[:60]}"
        if new is None:
            del inner[path[-1]]
        else:
            inner[path[-1]] = new
        try:
            return name, images.dumps(image), what
        except Exception:  # pylint: disable=broad-except  # no such value in this field
            return None

    def numbers(self, entries, key):
        """Values of all fields of that name."""
        for path in places(entries):
            if path[-1] == key:
                value = entries
                for step in path:
                    value = value[step]
                if isinstance(value, int):
                    yield value

    def clean(self, what, failed):
        """Nothing is left after a failure; what a success has made is ended."""
        if failed:
            try:
                self.job.children.until(lambda: self.job.children.reap() or not snapshot.others(), 10.0, "")
            except TimeLimit:
                raise job.Failed(f"{what}: left are {snapshot.others()}") from None
            if outside():
                raise job.Failed(f"{what}: left are {', '.join(outside())}")
        for pid in snapshot.others():
            os.kill(pid, signal.SIGKILL)
        self.job.children.until(lambda: self.job.children.reap() or not snapshot.others(), 10.0, "they end")
        clear_outside()

    def judge(self, name, what):
        """One restore. The device that objects have is in the network of the tree."""
        if self.words.program != "objects":
            leave_network()
        log = os.path.join(self.job.images, "restore.log")
        command = [self.job.criu, "restore", "-d", "-D", self.job.images, "-o", "restore.log", "-v4",
                   *self.job.test.restore_options]
        try:
            status = self.job.children.run(command, PATIENCE, output=os.path.join(self.job.directory, "restore.out"))
        except TimeLimit:
            raise job.Failed(f"{what}: it hangs") from None
        if status not in (0, 1):
            raise job.Failed(f"{what}: it ended with {status}")
        self.clean(what, status)
        if not name and status:
            raise job.Failed("the good images cannot be restored any more")
        self.kinds["refused" if status else "restored"] += 1
        if status and name not in (text := snapshot.read(log)):
            errors = [line for line in text.splitlines() if "Error" in line]
            self.unnamed.append(f"{what}: {(errors or ['no error'])[0]}")

    def attempt(self, name, content, what):
        """One restore with one image that is another; returns what went wrong."""
        path, wrong = os.path.join(self.job.images, name), []
        with open(path, "wb") as file:
            file.write(content)
        try:
            self.judge(name, what)
        except job.Failed as failed:
            wrong.append(str(failed))
            print(f"# {failed}", flush=True)
            for pid in snapshot.others():
                os.kill(pid, signal.SIGKILL)
            self.job.children.reap()
            clear_outside()
        with open(path, "wb") as file:
            file.write(self.good[name][0])
        return wrong

    def run_cycles(self, images):
        """What refers to itself, and what is far too much."""
        wrong = []
        for name, edit, expected in CYCLES if self.words.program == "objects" else ():
            if name not in self.good:
                raise job.Failed(f"there is no {name}")
            image = copy.deepcopy(self.good[name][1])
            edit(image["entries"])
            before = self.kinds[expected]
            wrong += self.attempt(name, images.dumps(image), f"{name}: {edit.__name__}")
            if self.kinds[expected] == before:
                wrong.append(f"{name}: {edit.__name__}: it is not {expected}")
        return wrong

    def run(self):
        """All rounds; at the end the images are good again."""
        self.job.remember()
        self.job.dump()
        clear_outside()
        images = self.load()
        wrong, done = self.run_cycles(images) if self.words.program == "objects" else [], 0
        while done < self.words.rounds:
            changed = self.change(images)
            if changed:
                wrong += self.attempt(*changed)
                done += 1
        for line in self.unnamed if self.words.list_unnamed else ():
            print(f"# not named: {line}")
        print(f"{done} restores of images with one change: {dict(self.kinds)}, "
              f"{len(self.unnamed)} refusals name the object, not the image")
        if wrong:
            raise job.Failed(f"{len(wrong)} changes did harm, the first: {wrong[0]}")
        self.judge("", "the images as they were")
        self.job.children.reap()
