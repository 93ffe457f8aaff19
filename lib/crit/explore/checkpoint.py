# SPDX-License-Identifier: LGPL-2.1-only
"""An image directory as a whole: files are read when first asked for, references followed."""

import functools
import os

from pycriu.images import ImageError

from ..files import load_image

STATE_DEAD = 2


class Checkpoint:
    """The images of one directory."""

    def __init__(self, directory):
        self.directory = directory

    @functools.lru_cache(maxsize=None)
    def entries(self, name):
        """Entries of the image with this file name; none when there is no such file."""
        try:
            return load_image(os.path.join(self.directory, name))["entries"]
        except FileNotFoundError:
            if not os.path.exists(os.path.join(self.directory, "inventory.img")):
                raise
            return []

    def entry(self, name):
        """The only entry of an image."""
        entries = self.entries(name)
        if not entries:
            raise ImageError(f"'{name}' is missing or empty")
        return entries[0]

    def tasks(self):
        """Entries of the process tree, parents first."""
        return self.entries("pstree.img")

    def core(self, tid):
        return self.entry(f"core-{tid}.img")

    def is_alive(self, pid):
        return self.core(pid)["tc"]["task_state"] != STATE_DEAD

    def living_tasks(self):
        return [task for task in self.tasks() if self.is_alive(task["pid"])]

    @functools.lru_cache(maxsize=None)
    def _files(self):
        return {file["id"]: file for file in self.entries("files.img")}

    def file(self, file_id):
        """The entry of an open file; one without a kind when it is missing."""
        return self._files().get(file_id, {"type": "missing", "id": file_id})

    def path(self, file_id):
        """Name of a regular file; otherwise what kind of thing it is."""
        return self.file(file_id).get("reg", {}).get("name") or describe(self.file(file_id))

    def mapping_name(self, mapping):
        """What /proc/PID/maps would say about a mapping."""
        status = mapping["status"]
        for bit, name in MAPPING_NAMES:
            if status & bit:
                return name
        if status & 0x4000:
            return self._memfd_name(mapping["shmid"])
        if status & (0x40 | 0x80):
            return self.path(mapping["shmid"])
        if mapping["flags"] & 0x100:
            return "[stack]"
        if status & 0x400:
            return f"[SysV {mapping['shmid']}]"
        return "[shared]" if status & 0x100 else ""

    def _memfd_name(self, file_id):
        inode = self.file(file_id).get("memfd", {}).get("inode_id")
        for entry in self.entries("memfd.img"):
            if entry["inode_id"] == inode:
                return "memfd:" + entry["name"]
        return "memfd"


MAPPING_NAMES = (
    (0x4, "[vsyscall]"),
    (0x8, "[vdso]"),
    (0x1000, "[vvar]"),
    (0x20, "[heap]"),
    (0x2000, "[aio]"),
    (0x10000, "[guard]"),
)


def _socket(file):
    if "usk" in file:
        return "unix " + printable(file["usk"].get("name", "")).replace("=00", "@", 1)
    for key, name in (("isk", "inet"), ("nlsk", "netlink"), ("psk", "packet")):
        if key in file:
            return f"{name} socket"
    return None


def describe(file):
    """One word or two about an open file."""
    if "reg" in file:
        return file["reg"]["name"]
    if "pipe" in file:
        return f"pipe[{file['pipe']['pipe_id']}]"
    if "fifo" in file:
        return f"fifo[{file['fifo']['pipe_id']}]"
    if "tty" in file:
        return f"tty[{file['tty']['tty_info_id']}]"
    return _socket(file) or file["type"].lower()


def printable(text):
    """The text without what would spoil a line or a terminal."""
    return "".join(c if c.isprintable() else "?" for c in text)
