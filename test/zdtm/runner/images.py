# SPDX-License-Identifier: GPL-2.0-only
"""What must hold of every directory of images: well formed, round-trips through crit, honest statistics."""

import glob
import hashlib
import os
import struct
import sys

from .catalogue import ROOT, build_dir

PAGE = os.sysconf("SC_PAGESIZE")
STATS_MAGICS = (0x55105940, 0x57093306)
DUMP_STATS = {4: "memwrite_time", 5: "pages_scanned", 7: "pages_written", 14: "shpages_written"}


class BadImages(Exception):
    """A directory of images that is not what it should be."""


def varint(data, at):
    """One base-128 number of a protobuf: (value, where it ends)."""
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if not data[at - 1] & 0x80:
            return value, at


def fields(data):
    """Number and value of each field of a protobuf that has only varints and nested messages."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        value, at = varint(data, at)
        if key & 7 == 2:
            value, at = data[at:at + value], at + value
        yield key >> 3, value


def dump_stats(directory):
    """Figures of stats-dump by name."""
    with open(os.path.join(directory, "stats-dump"), "rb") as file:
        data = file.read()
    if struct.unpack_from("<II", data) != STATS_MAGICS:
        raise BadImages("stats-dump has a wrong magic")
    size = struct.unpack_from("<I", data, 8)[0]
    entry = dict(fields(data[12:12 + size])).get(1, b"")
    return {DUMP_STATS.get(number, number): value for number, value in fields(entry)}


def check_statistics(directory, pages_at_most=None):
    """pages_written is what lies in the pages files; a test may set a limit to it."""
    stats = dump_stats(directory)
    written = stats.get("pages_written", 0) + stats.get("shpages_written", 0)
    stored = sum(os.path.getsize(path) for path in glob.glob(os.path.join(directory, "pages-*.img")))
    if written * PAGE != stored:
        raise BadImages(f"stats-dump counts {written} pages, the pages files hold {stored / PAGE:g}")
    if pages_at_most is not None and written > pages_at_most:
        raise BadImages(f"{written} pages are stored, {pages_at_most} would do")


def format_checker():
    """Path of format/check.py, or None."""
    named = os.environ.get("FORMAT_CHECK")
    path = named or os.path.join(ROOT, "test/format/check.py")
    return path if os.path.exists(path) else None


def check_format(directory, children, limit):
    """The independent checker accepts the directory. Returns a note when there is none."""
    checker = format_checker()
    if not checker:
        return "format/check.py not found (FORMAT_CHECK names it)"
    log = os.path.join(directory, "format-check.log")
    if children.run([sys.executable, checker, directory], limit, output=log):
        with open(log, encoding="utf-8", errors="replace") as file:
            raise BadImages(f"{os.path.basename(checker)}: " + "; ".join(file.read().splitlines()[:5]))
    return None


def crit_command():
    """How crit is run, or None when it is not there."""
    found = os.environ.get("CRIT") or os.path.join(build_dir(), "crit")
    return [sys.executable, found] if os.path.isfile(found) else None


def check_round_trip(directory, children, limit):
    """Every image decodes and encodes to the same bytes. Returns a note when crit is missing."""
    crit = crit_command()
    if not crit:
        return "crit not found (CRIT names it)"
    helper = os.path.join(os.path.dirname(os.path.abspath(__file__)), "round_trip.py")
    log = os.path.join(directory, "round-trip.log")
    if children.run([sys.executable, helper, directory, *crit], limit, output=log):
        with open(log, encoding="utf-8", errors="replace") as file:
            raise BadImages("crit: " + "; ".join(file.read().splitlines()[-5:]))
    return None


def fingerprints(directory):
    """A digest of each image, to see that nobody changed them."""
    found = {}
    for path in sorted(glob.glob(os.path.join(directory, "*.img"))):
        with open(path, "rb") as file:
            found[os.path.basename(path)] = hashlib.sha256(file.read()).hexdigest()
    return found
