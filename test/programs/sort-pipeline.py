# SPDX-License-Identifier: GPL-2.0-only
"""A pipeline in mid-stream: generator, filter, sort with temporary files that go through gzip, compression and checksum.
What comes out of it is what comes out of one that nobody interrupted."""

import hashlib
import os

from runner.job import Failed

LINES = 120000
SCRIPT = f"""
set -o pipefail
perl -e 'for (1..{LINES}) {{ printf("%u %d\\n", ($_ * 2654435761) % 4294967296, $_);
        if ($_ % 20000 == 0) {{ open(my $f, ">", "lines"); print $f $_; close($f); select(undef, undef, undef, 0.15) }} }}' |
    sed 's/ /:/' | LC_ALL=C sort -t: -k1,1n -S 1M -T . --parallel=2 --compress-program=gzip | tee sorted |
    gzip -1 | gunzip | sha256sum > sum
exit 5
"""


def lines(scratch):
    """How many lines the generator has written."""
    try:
        with open(os.path.join(scratch, "lines"), encoding="ascii") as file:
            return int(file.read() or 0)
    except FileNotFoundError:
        return 0


def run(job):
    """Interrupt it three times, compute the same here."""
    scratch = job.launch(["bash", "-c", SCRIPT])
    for count in (20000, 60000, 100000):
        job.wait_for(lambda: lines(scratch) >= count, f"{count} lines")
        job.interrupt()
    job.expect_exit(5)
    numbers = sorted(((number * 2654435761) % 4294967296, number) for number in range(1, LINES + 1))
    expected = "".join(f"{key}:{number}\n" for key, number in numbers).encode()
    with open(os.path.join(scratch, "sum"), encoding="ascii") as file:
        digest = file.read().split()[0]
    with open(os.path.join(scratch, "sorted"), "rb") as file:
        found = file.read()
    if found != expected or digest != hashlib.sha256(expected).hexdigest():
        raise Failed(f"{len(found)} bytes came out instead of {len(expected)}; their checksum is {digest}")
