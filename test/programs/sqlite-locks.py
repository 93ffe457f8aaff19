# SPDX-License-Identifier: GPL-2.0-only
"""SQLite in the middle of transactions, one with a rollback journal and one with a write-ahead log: nobody else can
write before they are committed."""

import os
import sqlite3

from runner.job import Failed

SETTINGS = {"options": "--file-locks"}
BASES = {"delete.db": "delete", "wal.db": "wal"}

SCRIPT = r"""
import os, sqlite3, sys, time

bases = []
for name, mode in (word.split("=") for word in sys.argv[1:]):
    base = sqlite3.connect(name, isolation_level=None)
    base.execute(f"pragma journal_mode = {mode}")
    base.execute("create table rows (number integer)")
    base.execute("insert into rows values (0)")
    # More than the cache holds, so that pages are written within the transaction.
    base.execute("pragma cache_size = 5")
    base.execute("begin immediate")
    base.executemany("insert into rows values (?)", ((number,) for number in range(1, 20001)))
    bases.append(base)
reader = sqlite3.connect("wal.db", isolation_level=None)
reader.execute("begin")
assert reader.execute("select count(*) from rows").fetchone() == (1,)
open("in-transaction", "w").close()
while not os.path.exists("commit"):
    time.sleep(0.01)
assert reader.execute("select count(*) from rows").fetchone() == (1,)
for base in bases:
    base.execute("insert into rows values (20001)")
    base.execute("commit")
reader.execute("commit")
assert reader.execute("select count(*) from rows").fetchone() == (20002,)
"""


def expect_locked(path):
    """Another process cannot begin to write."""
    base = sqlite3.connect(path, isolation_level=None, timeout=0)
    try:
        base.execute("begin immediate")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            return
        raise Failed(f"{path}: {error}") from None
    finally:
        base.close()
    raise Failed(f"{path}: somebody else could begin to write within the transaction")


def check_base(path):
    """All rows are there once."""
    base = sqlite3.connect(path)
    sound = base.execute("pragma integrity_check").fetchone()[0]
    rows = base.execute("select count(distinct number), count(*) from rows").fetchone()
    base.close()
    if sound != "ok" or rows != (20002, 20002):
        raise Failed(f"{path} is '{sound}' and has {rows} rows")


def run(job):
    """Interrupt both transactions, try to write, commit."""
    words = [f"{name}={mode}" for name, mode in BASES.items()]
    scratch = job.launch(["/usr/bin/python3", "-c", SCRIPT, *words])
    paths = [os.path.join(scratch, name) for name in BASES]
    job.wait_for(lambda: os.path.exists(os.path.join(scratch, "in-transaction")), "transactions")
    for path in paths:
        expect_locked(path)
    job.interrupt()
    for path in paths:
        expect_locked(path)
    with open(os.path.join(scratch, "commit"), "w", encoding="ascii"):
        pass
    job.expect_exit()
    for path in paths:
        check_base(path)
