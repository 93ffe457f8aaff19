# SPDX-License-Identifier: GPL-2.0-only
"""Two processes that write to one SQLite database with a write-ahead log: one is within a transaction and holds the lock of
writers, the other waits for that lock; each row of both is there once in the end."""

import os
import sqlite3

from runner.job import Failed

SETTINGS = {"options": "--file-locks"}
ROWS = 3000

SCRIPT = r"""
import os, sqlite3, sys, time

ROWS = int(sys.argv[1])
base = sqlite3.connect("wal.db", isolation_level=None, timeout=600)
base.execute("pragma journal_mode = wal")
base.execute("create table rows (writer integer, number integer)")
base.execute("insert into rows values (0, 0)")
base.close()
first = os.fork() > 0
base = sqlite3.connect("wal.db", isolation_level=None, timeout=600)
# More than the cache holds, so that pages are written within the transaction.
base.execute("pragma cache_size = 5")
writer = 1 if first else 2
number = 0
if not first:
    while not os.path.exists("first"):
        time.sleep(0.01)
    open("second", "w").close()
while number < ROWS:
    base.execute("begin immediate")
    for _ in range(ROWS // 3):
        number += 1
        base.execute("insert into rows values (?, ?)", (writer, number))
    if first and not os.path.exists("first"):
        open("first", "w").close()
        while not os.path.exists("commit"):
            time.sleep(0.01)
    base.execute("commit")
base.close()
if first:
    assert os.wait()[1] == 0
"""


def count(scratch):
    """Rows that are committed, by writer."""
    base = sqlite3.connect(os.path.join(scratch, "wal.db"), timeout=60)
    found = dict(base.execute("select writer, count(distinct number) from rows group by writer"))
    total = base.execute("select count(*) from rows").fetchone()[0]
    sound = base.execute("pragma integrity_check").fetchone()[0]
    base.close()
    if sound != "ok" or total != sum(found.values()):
        raise Failed(f"the database is '{sound}' and has {total} rows: {found}")
    return found


def expect_locked(scratch):
    """Nobody can begin to write."""
    base = sqlite3.connect(os.path.join(scratch, "wal.db"), isolation_level=None, timeout=0)
    try:
        base.execute("begin immediate")
    except sqlite3.OperationalError:
        return
    finally:
        base.close()
    raise Failed("somebody else could begin to write within the transaction")


def run(job):
    """Interrupt while one holds the lock and the other tries; once more while both write."""
    scratch = job.launch(["/usr/bin/python3", "-c", SCRIPT, str(ROWS)])
    job.wait_for(lambda: os.path.exists(os.path.join(scratch, "second")), "the second writer")
    expect_locked(scratch)
    job.interrupt()
    expect_locked(scratch)
    if count(scratch) != {0: 1}:
        raise Failed(f"rows of a transaction that is not committed: {count(scratch)}")
    with open(os.path.join(scratch, "commit"), "w", encoding="ascii"):
        pass
    job.wait_for(lambda: sum(count(scratch).values()) > ROWS // 3, "the first rows")
    job.interrupt()
    job.expect_exit()
    if count(scratch) != {0: 1, 1: ROWS, 2: ROWS}:
        raise Failed(f"rows are missing: {count(scratch)}")
