#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What scripts/demo freezes: three threads that count, a database in mid-transaction, a shell pipeline beside it."""

import os
import sqlite3
import subprocess
import threading
import time

PIPELINE = "i=0; while [ ! -e stop ]; do i=$((i + 1)); echo $i; sleep 0.2; done | while read n; do echo $n >> pipeline; done"


def count(totals, index):
    """Add up numbers until the end; the total shows that nothing was counted twice."""
    while not os.path.exists("stop"):
        totals[index] += 1
        time.sleep(0.01)


def pipeline_count():
    """How many numbers came through the shell pipeline."""
    try:
        with open("pipeline", encoding="ascii") as file:
            return file.read().count("\n")
    except FileNotFoundError:
        return 0


def main():
    """Count, and print a line each time."""
    # Locks by a file beside the database: POSIX locks are kept only with --file-locks.
    base = sqlite3.connect("demo.db", isolation_level=None)
    base.execute("create table counts (number integer)")
    base.execute("begin immediate")
    shell = subprocess.Popen(["bash", "-c", PIPELINE])
    totals = [0, 0, 0]
    threads = [threading.Thread(target=count, args=(totals, index)) for index in range(3)]
    for thread in threads:
        thread.start()
    number = 0
    while not os.path.exists("stop"):
        number += 1
        base.execute("insert into counts values (?)", (number,))
        print(f"count {number:3}   threads {totals[0]} {totals[1]} {totals[2]}   pipeline {pipeline_count()}", flush=True)
        time.sleep(0.2)
    for thread in threads:
        thread.join()
    base.execute("commit")
    rows = base.execute("select count(*) from counts").fetchone()[0]
    print(f"end: counted to {number}, {rows} rows committed, pipeline ended with {shell.wait()}", flush=True)


if __name__ == "__main__":
    main()
