#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""usage: round_trip.py DIR CRIT...   decode and encode every image of DIR with crit, compare the bytes.

A crit beside its lib folder is called in this process, which saves a start of Python per image; any other is run.
"""

import contextlib
import importlib
import io
import os
import subprocess
import sys
import tempfile

# No records in them.
RAW = ("pages-", "iptables-", "ip6tables-", "nftables-", "route-", "route6-", "ifaddr-", "rule-", "tmpfs-",
       "cgroup-yard", "tcp-stream-raw-")


def load_crit(command):
    """crit's main function, or None if it has to be run as a command."""
    folder = os.path.join(os.path.dirname(os.path.realpath(command[-1])), "lib")
    if not os.path.isdir(os.path.join(folder, "crit")):
        return None
    sys.path[0] = folder
    return importlib.import_module("crit.main").main


def call(command, inside, words):
    """Run crit in one of the two ways: (exit code, what it said)."""
    if not inside:
        done = subprocess.run([*command, *words], capture_output=True, text=True, check=False)
        return done.returncode, done.stderr
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        return inside(words), said.getvalue()


def fault_of(command, inside, path, scratch):
    """None if the image comes back byte for byte, else what went wrong."""
    text, back = os.path.join(scratch, "json"), os.path.join(scratch, "img")
    for words in (["decode", "-i", path, "-o", text], ["encode", "-i", text, "-o", back]):
        code, said = call(command, inside, words)
        if code:
            return f"crit {words[0]} fails with {code}: {(said.splitlines() or ['nothing said'])[-1]}"
    with open(path, "rb") as first, open(back, "rb") as second:
        return None if first.read() == second.read() else "comes back with other bytes"


def main():
    """Check all images of one directory."""
    directory, command = sys.argv[1], sys.argv[2:]
    inside = load_crit(command)
    bad = 0
    with tempfile.TemporaryDirectory() as scratch:
        for name in sorted(os.listdir(directory)):
            if not name.endswith(".img") or name.startswith(RAW):
                continue
            fault = fault_of(command, inside, os.path.join(directory, name), scratch)
            if fault:
                print(f"{name}: {fault}")
                bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
