#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""usage: round_trip.py DIR CRIT...   decode and encode every image of DIR with crit, compare the bytes."""

import os
import subprocess
import sys
import tempfile

RAW = ("pages-", "iptables-", "ip6tables-", "nftables-", "route-", "route6-", "ifaddr-", "rule-", "tmpfs-",
       "cgroup-yard", "tcp-stream-raw-")


def encode_decode(crit, path, scratch):
    """None if the image comes back byte for byte, else what went wrong."""
    text, back = os.path.join(scratch, "json"), os.path.join(scratch, "img")
    for words in (["decode", "-i", path, "-o", text], ["encode", "-i", text, "-o", back]):
        done = subprocess.run([*crit, *words], capture_output=True, text=True, check=False)
        if done.returncode:
            return f"crit {words[0]} fails with {done.returncode}: {(done.stderr.splitlines() or ['nothing said'])[-1]}"
    with open(path, "rb") as first, open(back, "rb") as second:
        return None if first.read() == second.read() else "comes back with other bytes"


def main():
    """Check all images of one directory."""
    directory, crit = sys.argv[1], sys.argv[2:]
    bad = 0
    with tempfile.TemporaryDirectory() as scratch:
        for name in sorted(os.listdir(directory)):
            if not name.endswith(".img") or name.startswith(RAW):
                continue
            fault = encode_decode(crit, os.path.join(directory, name), scratch)
            if fault:
                print(f"{name}: {fault}")
                bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
