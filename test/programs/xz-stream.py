# SPDX-License-Identifier: GPL-2.0-only
"""xz with two threads in the middle of a stream through pipes: what comes out is what went in."""

import hashlib
import lzma
import os
import random

from runner.job import Failed

CHUNKS, ROUNDS = 8, 40
SCRIPT = f"""
set -o pipefail
for ((i = 0; i < {ROUNDS}; i++)); do
    cat chunk-$((i % {CHUNKS}))
    sleep 0.03
done | xz -T2 -1 --block-size=2MiB | cat > out.xz
"""


def make_chunks(scratch):
    """Files of text-like data which compresses, but not to nothing."""
    words = [random.Random(i + 7).randbytes(random.Random(i).randint(3, 12)).hex().encode() for i in range(3000)]
    chunks = []
    for number in range(CHUNKS):
        chance = random.Random(number)
        data = b" ".join(chance.choices(words, k=50000))
        with open(os.path.join(scratch, f"chunk-{number}"), "wb") as file:
            file.write(data)
        chunks.append(data)
    return chunks


def run(job):
    """Interrupt it when something has come out and more is to come, then compare checksums."""
    scratch = os.path.join(job.directory, "cwd")
    os.makedirs(scratch, exist_ok=True)
    chunks = make_chunks(scratch)
    job.launch(["bash", "-c", SCRIPT])
    out = os.path.join(scratch, "out.xz")
    job.wait_for(lambda: os.path.exists(out) and os.path.getsize(out) > 100000, "compressed data")
    job.interrupt()
    job.expect_exit()
    expected = hashlib.sha256()
    for number in range(ROUNDS):
        expected.update(chunks[number % CHUNKS])
    with lzma.open(out) as file:
        found = hashlib.file_digest(file, "sha256")
    if found.hexdigest() != expected.hexdigest():
        raise Failed("the decompressed stream has another checksum")
