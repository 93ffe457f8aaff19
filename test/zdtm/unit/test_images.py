# SPDX-License-Identifier: GPL-2.0-only
"""Statistics of a dump."""

import os
import struct
import tempfile
import unittest

from runner import images


def number(value):
    """A protobuf varint."""
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def write_dump(directory, pages_written, stored, magic=images.STATS_MAGICS):
    """A stats-dump and a pages file."""
    entry = b"".join(number(field << 3) + number(value) for field, value in ((1, 5), (2, 300), (7, pages_written)))
    record = number(1 << 3 | 2) + number(len(entry)) + entry
    with open(os.path.join(directory, "stats-dump"), "wb") as file:
        file.write(struct.pack("<III", *magic, len(record)) + record)
    with open(os.path.join(directory, "pages-1.img"), "wb") as file:
        file.truncate(stored * images.PAGE)


class Statistics(unittest.TestCase):
    """pages_written against the pages files."""

    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)

    def test_honest(self):
        write_dump(self.scratch.name, 1000, 1000)
        images.check_statistics(self.scratch.name, 1000)
        self.assertEqual(images.dump_stats(self.scratch.name)["pages_written"], 1000)

    def test_miscounted(self):
        write_dump(self.scratch.name, 1000, 999)
        with self.assertRaises(images.BadImages):
            images.check_statistics(self.scratch.name)

    def test_too_many(self):
        write_dump(self.scratch.name, 1000, 1000)
        with self.assertRaises(images.BadImages):
            images.check_statistics(self.scratch.name, 999)

    def test_wrong_magic(self):
        write_dump(self.scratch.name, 1, 1, (1, 2))
        with self.assertRaises(images.BadImages):
            images.check_statistics(self.scratch.name)


if __name__ == "__main__":
    unittest.main()
