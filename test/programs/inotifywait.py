# SPDX-License-Identifier: GPL-2.0-only
"""inotifywait on a folder in which files are made all the time: it sees each of them once, in order."""

import os

from runner.job import Failed

SCRIPT = """
mkdir busy
inotifywait -m -e create --format %f busy > seen 2> said &
watcher=$!
until grep -q established said; do sleep 0.02; done
i=0
while [ ! -e stop ]; do
    i=$((i + 1))
    : > "busy/file-$i"
    sleep 0.01
done
: > busy/last
until grep -q last seen; do sleep 0.02; done
kill "$watcher"
wait "$watcher"
exit 7
"""


def names(scratch):
    """What inotifywait has told so far."""
    try:
        with open(os.path.join(scratch, "seen"), encoding="ascii") as file:
            return file.read().split("\n")[:-1]
    except FileNotFoundError:
        return []


def interrupt(job):
    """Events that wait to be read cannot be kept: then the dump has to be tried again, and has cost nothing."""
    for _ in range(20):
        try:
            job.interrupt()
            return
        except Failed:
            with open(os.path.join(job.images, "dump.log"), encoding="utf-8", errors="replace") as file:
                if "events wait to be read" not in file.read():
                    raise
    raise Failed("20 dumps in a row met events that nobody had read")


def run(job):
    """Interrupt it, let it see more, end it."""
    scratch = job.launch(["bash", "-c", SCRIPT])
    for _ in range(3):
        count = len(names(scratch))
        job.wait_for(lambda limit=count + 10: len(names(scratch)) > limit, "ten more files")
        interrupt(job)
    with open(os.path.join(scratch, "stop"), "w", encoding="ascii"):
        pass
    job.expect_exit(7)
    seen = names(scratch)
    wanted = [f"file-{i}" for i in range(1, len(seen))] + ["last"]
    if seen != wanted:
        raise Failed(f"files were missed or told twice: {[pair for pair in zip(seen, wanted) if pair[0] != pair[1]][:5]}")
