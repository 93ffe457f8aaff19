# SPDX-License-Identifier: GPL-2.0-only
"""The command itself: arguments, exit codes, and the views of a small made-up checkpoint."""

import json
import os
import subprocess
import tempfile
import unittest

from pycriu import images

CRIT = os.environ["CRIT"]


def crit(*arguments, stdin=b""):
    return subprocess.run([CRIT, *arguments], input=stdin, capture_output=True, check=False)


def _no_owner():
    return dict.fromkeys("uid euid signum pid_type pid".split(), 0)


def _core(comm, state=1):
    tc = {"task_state": state, "exit_code": 0, "personality": 0, "flags": 0, "blk_sigset": 0, "comm": comm}
    return [{"mtype": "X86_64", "tc": tc}]


def _regular(number, name):
    return {"type": "REG", "id": number, "reg": {"id": number, "flags": 0, "pos": 0, "fown": _no_owner(), "name": name}}


def _mapping(start, end, prot, flags, status, shmid=0):
    return {"start": start, "end": end, "pgoff": 0, "shmid": shmid, "prot": prot, "flags": flags,
            "status": status, "fd": -1}


MM_FIELDS = ("mm_start_code mm_end_code mm_start_data mm_end_data mm_start_stack mm_start_brk mm_brk "
             "mm_arg_start mm_arg_end mm_env_start mm_env_end").split()

CHECKPOINT = {
    "inventory.img": ("INVENTORY", [{"img_version": 2}]),
    "pstree.img": ("PSTREE", [
        {"pid": 10, "ppid": 0, "pgid": 10, "sid": 9, "threads": [10, 12]},
        {"pid": 11, "ppid": 10, "pgid": 10, "sid": 9, "threads": [0]},
    ]),
    "core-10.img": ("CORE", _core("count\n")),
    "core-11.img": ("CORE", _core("gone", state=2)),
    "ids-10.img": ("IDS", [{"vm_id": 2, "files_id": 2, "fs_id": 2, "sighand_id": 2}]),
    "fdinfo-2.img": ("FDINFO", [
        {"id": 1, "flags": 0, "type": "REG", "fd": 0},
        {"id": 2, "flags": 0, "type": "PIPE", "fd": 1},
    ]),
    "files.img": ("FILES", [
        _regular(1, "/bin/count"), _regular(3, "/"),
        {"type": "PIPE", "id": 2, "pipe": {"id": 2, "pipe_id": 77, "flags": 1, "fown": _no_owner()}},
    ]),
    "fs-10.img": ("FS", [{"cwd_id": 3, "root_id": 3}]),
    "mm-10.img": ("MM", [{**dict.fromkeys(MM_FIELDS, 0), "exe_file_id": 1, "vmas": [
        _mapping(0x1000, 0x3000, 5, 2, 0x41, shmid=1), _mapping(0x8000, 0xa000, 3, 0x22, 0x221),
    ]}]),
    "pagemap-10.img": ("PAGEMAP", [
        {"pages_id": 1}, {"vaddr": 0x8000, "compat_nr_pages": 0, "flags": 4, "nr_pages": 2},
    ]),
}


class Convert(unittest.TestCase):
    def setUp(self):
        self.directory = self.enterContext(tempfile.TemporaryDirectory())
        self.path = os.path.join(self.directory, "fs-1.img")
        self.data = images.dumps({"magic": "FS", "entries": [{"cwd_id": 1, "root_id": 2}]})
        with open(self.path, "wb") as file:
            file.write(self.data)

    def test_decode_and_encode_files(self):
        text = os.path.join(self.directory, "text")
        again = os.path.join(self.directory, "again")
        self.assertEqual(crit("decode", "-i", self.path, "-o", text).returncode, 0)
        self.assertEqual(crit("encode", "-i", text, "-o", again).returncode, 0)
        with open(again, "rb") as file:
            self.assertEqual(file.read(), self.data)

    def test_decode_and_encode_streams(self):
        for arguments in (["decode"], ["decode", "--pretty"]):
            text = crit(*arguments, stdin=self.data).stdout
            self.assertEqual(crit("encode", stdin=text).stdout, self.data)

    def test_show_and_info(self):
        self.assertEqual(json.loads(crit("show", self.path).stdout)["entries"], [{"cwd_id": 1, "root_id": 2}])
        self.assertEqual(json.loads(crit("info", self.path).stdout), {"magic": "FS", "count": 1})

    def test_show_without_payload(self):
        image = {"magic": "PIPES_DATA", "entries": [{"pipe_id": 1, "bytes": 3, "extra": "YWJj"}]}
        with open(self.path, "wb") as file:
            file.write(images.dumps(image))
        self.assertIn(b'"... <3 bytes>"', crit("show", self.path, "--nopl").stdout)

    def test_errors_are_one_line(self):
        for arguments, stdin in (
            (["decode", "-i", "/nowhere"], b""), (["decode"], b"xx"), (["decode"], b"no image"),
            (["encode"], b"{"), (["encode"], b"{}"), (["encode"], b"[" * 100000), (["x", "/nowhere", "ps"], b""),
        ):
            with self.subTest(arguments=arguments, stdin=stdin[:10]):
                result = crit(*arguments, stdin=stdin)
                self.assertEqual(result.returncode, 1)
                self.assertRegex(result.stderr, rb"\Acrit: [^\n]+\n\Z")

    def test_wrong_command_line(self):
        self.assertEqual(crit().returncode, 2)
        self.assertEqual(crit("x", self.directory, "nothing").returncode, 2)


class Explore(unittest.TestCase):
    def setUp(self):
        self.directory = self.enterContext(tempfile.TemporaryDirectory())
        for name, (magic, entries) in CHECKPOINT.items():
            with open(os.path.join(self.directory, name), "wb") as file:
                images.dump({"magic": magic, "entries": entries}, file)

    def lines(self, view):
        result = crit("x", self.directory, view)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        return [" ".join(line.split()) for line in result.stdout.decode().splitlines()]

    def test_processes(self):
        self.assertEqual(self.lines("ps"), [
            "PID PGID SID COMM", "10 10 9 count? (2 threads)", "11 10 9 gone (dead)",
        ])

    def test_descriptors(self):
        self.assertEqual(self.lines("fds"), [
            "10", "0: /bin/count", "1: pipe[77]", "cwd: /", "root: /", "exe: /bin/count",
        ])

    def test_mappings(self):
        self.assertEqual(self.lines("mems"), [
            "10", "exe /bin/count", "1000-3000 r-xp /bin/count", "8000-a000 rw-p [heap]",
        ])

    def test_pages(self):
        self.assertEqual(self.lines("rss"), ["10", "8000 2 pages here [heap]", "total 2 pages 0.0 MiB"])
