# SPDX-License-Identifier: GPL-2.0-only
"""State of a tree: parsing, joining, comparing."""

import os
import subprocess
import time
import unittest

from runner import snapshot
from runner.snapshot import Names, differences, merge, parse_smaps

SMAPS = """10000-11000 rw-p 00000000 00:00 0 
VmFlags: rd wr mr mw me ac sd 
11000-12000 rw-p 00000000 00:00 0 
VmFlags: rd wr mr mw me ac 
12000-13000 rw-p 00000000 00:00 0 
VmFlags: rd wr mr mw me dd 
20000-21000 r--p 00001000 08:01 77     /lib/a file
VmFlags: rd mr mw me 
21000-22000 r--p 00002000 08:01 77     /lib/a file
VmFlags: rd mr mw me 
22000-23000 r--p 00005000 08:01 77     /lib/a file
VmFlags: rd mr mw me 
30000-31000 rw-s 00000000 00:01 1234   /dev/zero (deleted)
VmFlags: rd wr 
"""


class Mappings(unittest.TestCase):
    """What is one mapping for a program though the kernel has several."""

    def test_merge(self):
        merged = merge(parse_smaps(SMAPS, Names()))
        self.assertEqual([(m["start"], m["end"], m["flags"]) for m in merged],
                         [(0x10000, 0x12000, ""), (0x12000, 0x13000, "dd"), (0x20000, 0x22000, ""),
                          (0x22000, 0x23000, ""), (0x30000, 0x31000, "")])

    def test_inodes_of_shared_memory_become_ordinals(self):
        other = SMAPS.replace("1234", "9999")
        self.assertEqual(parse_smaps(SMAPS, Names()), parse_smaps(other, Names()))


class Differences(unittest.TestCase):
    """What is reported, and what a test may leave out."""

    def test_kinds(self):
        before = {10: {"fd 1": {"pos": "0"}, "nice": "0", "gone": 1}, 11: {}}
        after = {10: {"fd 1": {"pos": "5"}, "nice": "0", "new": 2}}
        found = differences(before, after)
        self.assertEqual(len(found), 4)
        self.assertIn("pid 10: fd 1: pos: 0 became 5", found)
        self.assertEqual(differences(before, after, {"positions", "children", "gone", "new"}), [])
        self.assertEqual(differences(before, before), [])

    def test_root_is_never_left_out(self):
        self.assertEqual(len(differences({10: {}}, {}, {"children"})), 1)


class Living(unittest.TestCase):
    """A real tree."""

    def test_odd_name_and_pipe(self):
        child = subprocess.Popen(["sleep", "100"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            while snapshot.read(f"/proc/{child.pid}/comm") != "sleep\n":
                time.sleep(0.001)
            time.sleep(0.05)
            first, second = snapshot.take(child.pid), snapshot.take(child.pid)
            self.assertEqual(differences(first, second), [])
            state = first[child.pid]
            self.assertEqual({state["fd 0"]["link"], state["fd 1"]["link"]}, {"pipe#0", "pipe#1"})
            self.assertEqual(state["pgrp"], str(os.getpgid(child.pid)))
            self.assertTrue(any("[stack]" in value for key, value in state.items() if key.startswith("mapping")))
        finally:
            child.kill()
            child.communicate()


if __name__ == "__main__":
    unittest.main()
