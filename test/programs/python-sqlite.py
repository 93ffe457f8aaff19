# SPDX-License-Identifier: GPL-2.0-only
"""Python with threads and a SQLite database in the middle of a transaction, which is committed afterwards."""

import os
import sqlite3

from runner.job import Failed

SETTINGS = {"options": "--file-locks"}

SCRIPT = r"""
import os, queue, sqlite3, threading, time, zlib

base = sqlite3.connect("work.db", isolation_level=None)
base.execute("create table rows (number integer, text text, sum integer)")
base.execute("insert into rows values (0, 'committed before', 0)")
base.execute("pragma cache_size = 10")
tasks, results = queue.Queue(4), queue.Queue()

def work():
    while (number := tasks.get()) is not None:
        text = f"row {number} " * 50
        results.put((number, text, zlib.crc32(text.encode())))

def feed():
    number = 0
    while not os.path.exists("commit"):
        number += 1
        tasks.put(number)
        time.sleep(0.001)
    for _ in workers:
        tasks.put(None)
    with open("count", "w") as file:
        file.write(str(number))

workers = [threading.Thread(target=work) for _ in range(3)]
feeder = threading.Thread(target=feed)
base.execute("begin immediate")
for thread in (*workers, feeder):
    thread.start()
while any(thread.is_alive() for thread in (*workers, feeder)) or not results.empty():
    try:
        row = results.get(timeout=0.05)
    except queue.Empty:
        continue
    base.execute("insert into rows values (?, ?, ?)", row)
    with open("progress", "w") as file:
        file.write(str(row[0]))
base.execute("commit")
base.close()
"""


def progress(scratch):
    """The number of the last row."""
    try:
        with open(os.path.join(scratch, "progress"), encoding="ascii") as file:
            return int(file.read() or 0)
    except FileNotFoundError:
        return 0


def check_database(scratch):
    """All rows are there once, and the database is sound."""
    with open(os.path.join(scratch, "count"), encoding="ascii") as file:
        count = int(file.read())
    base = sqlite3.connect(os.path.join(scratch, "work.db"))
    sound = base.execute("pragma integrity_check").fetchone()[0]
    rows = base.execute("select count(distinct number), count(*), max(number) from rows").fetchone()
    base.close()
    if sound != "ok" or rows != (count + 1, count + 1, count):
        raise Failed(f"the database is '{sound}' and has {rows}, {count} rows were written")


def run(job):
    """Interrupt the transaction, write more, commit."""
    scratch = job.launch(["/usr/bin/python3", "-c", SCRIPT])
    job.wait_for(lambda: progress(scratch) > 200, "200 rows")
    if not os.path.exists(os.path.join(scratch, "work.db-journal")):
        raise Failed("there is no journal, so no transaction")
    job.interrupt()
    before = progress(scratch)
    job.wait_for(lambda: progress(scratch) > before + 200, "200 more rows")
    with open(os.path.join(scratch, "commit"), "w", encoding="ascii"):
        pass
    job.expect_exit()
    check_database(scratch)
