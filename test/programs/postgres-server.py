# SPDX-License-Identifier: GPL-2.0-only
"""A PostgreSQL server whose clients are outside: psql, and one more, are in a transaction that commits afterwards, one waits
for a row that is locked there, one takes a large result, one listens for a notification."""

import glob
import hashlib
import os
import pwd
import shutil
import signal
import struct
import subprocess

from runner.clients import Repeated, connected, exactly
from runner.job import Failed, Skipped

SETTINGS = {"options": "--tcp-established --file-locks"}
PORT = 5490
ROWS = 200000
CONFIGURATION = f"""
port = {PORT}
listen_addresses = '127.0.0.1'
unix_socket_directories = '.'
max_connections = 20
shared_buffers = 4MB
fsync = off
"""


def program(name):
    """A program of PostgreSQL, which Debian does not put into the path."""
    found = max(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), default=None) or shutil.which(name)
    if not found:
        raise Skipped(f"no {name} here")
    return os.path.realpath(found)


class Session:
    """A client that speaks the protocol of version 3 by itself, so that every byte of it is known."""

    def __init__(self, client):
        self.client = client
        words = b"user\0postgres\0database\0postgres\0\0"
        client.sendall(struct.pack("!II", 8 + len(words), 3 << 16) + words)
        self.rows, self.notified = [], []
        self.finish()

    def send(self, query):
        """A query whose answer is read later."""
        text = query.encode() + b"\0"
        self.client.sendall(b"Q" + struct.pack("!I", 4 + len(text)) + text)

    def message(self):
        """One message: its letter and its body."""
        kind, size = struct.unpack("!cI", exactly(self.client, 5))
        return kind, exactly(self.client, size - 4)

    def take(self, kind, body):
        """What a message says."""
        if kind == b"E":
            raise OSError(f"the server says {body}")
        if kind == b"A":
            self.notified.append(body[4:])
        if kind == b"D":
            count, at, row = struct.unpack("!H", body[:2])[0], 2, []
            for _ in range(count):
                size = struct.unpack("!i", body[at:at + 4])[0]
                row.append(body[at + 4:at + 4 + size].decode())
                at += 4 + size
            self.rows.append(row)

    def finish(self):
        """The rest of an answer. Returns its rows."""
        kind = b""
        while kind != b"Z":
            kind, body = self.message()
            self.take(kind, body)
        rows, self.rows = self.rows, []
        return rows

    def ask(self, query):
        """A query and its answer."""
        self.send(query)
        return self.finish()


class Psql:
    """The program of that name, outside of the tree."""

    def __init__(self, job):
        self.job = job
        command = [program("psql"), "-h", "127.0.0.1", "-p", str(PORT), "-U", "postgres", "-XqAt", "-v", "ON_ERROR_STOP=1"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        job.outside.add(self.process.pid)

    def ask(self, text, wanted):
        """Type something; the answer is these lines."""
        self.process.stdin.write(text.encode() + b"\n")
        for line in wanted:
            got = self.process.stdout.readline()
            if got != line.encode() + b"\n":
                raise Failed(f"psql says {got}, not '{line}'")

    def end(self):
        """It ends in order: it would not if its connection were lost."""
        self.process.stdin.close()
        rest = self.process.stdout.read()
        status = self.job.children.wait(self.process.pid, self.job.limit)
        self.job.outside.discard(self.process.pid)
        if rest or status:
            raise Failed(f"psql ends with {status} and {rest}")


def start(job):
    """A new data directory that belongs to an unprivileged user, as the server demands; its lines of log are the output."""
    user = pwd.getpwnam("nobody")
    scratch = os.path.join(job.directory, "cwd")
    os.makedirs(scratch)
    for directory in (job.directory, os.path.dirname(job.directory)):
        os.chmod(directory, 0o755)
    os.chown(scratch, user.pw_uid, user.pw_gid)
    subprocess.run([program("initdb"), "-D", "data", "--no-sync", "-A", "trust", "-U", "postgres"], cwd=scratch, check=True,
                   user=user.pw_uid, group=user.pw_gid, extra_groups=[], stdout=subprocess.DEVNULL)
    with open(os.path.join(scratch, "data", "postgresql.conf"), "a", encoding="ascii") as file:
        file.write(CONFIGURATION)
    job.launch(["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", program("postgres"), "-D",
                "data"])


def session(job):
    """A session, when the server takes one: it listens before it does."""
    found = []

    def tried():
        try:
            found.append(Session(connected(job, PORT)))
        except OSError as error:
            if "starting up" not in str(error):
                raise
        return found

    job.wait_for(tried, "the server takes a session")
    return found[0]


def expect(rows, *wanted):
    """An answer with these rows."""
    if rows != [list(row) for row in wanted]:
        raise Failed(f"the rows are {str(rows)[:200]}, not {wanted}")


def large_row(number):
    """One of the result that is under way."""
    return [str(number), hashlib.md5(str(number).encode()).hexdigest()]


def run(job):
    """Begin, interrupt twice, commit."""
    start(job)
    working = session(job)
    within, waiting, taking, listening = (session(job) for _ in range(4))
    working.ask("create table numbers (name text, number integer)")
    working.ask("insert into numbers values ('locked', 1)")
    psql = Psql(job)
    psql.ask("begin; insert into numbers select 'psql', generate_series(1, 10) returning number;", [str(n) for n in range(1, 11)])
    listening.ask("listen news")

    def turn(number):
        expect(working.ask(f"insert into numbers values ('turn', {number}) returning number"), [str(number)])

    turns = Repeated(job, "the session that inserts", turn)
    within.ask("begin; insert into numbers select 'within', generate_series(1, 1000)")
    within.ask("update numbers set number = 2 where name = 'locked'")
    waiting.send("update numbers set number = number * 10 where name = 'locked' returning number")
    taking.send(f"select number, md5(number::text) from generate_series(1, {ROWS}) as number")
    turns.goes_on()
    job.interrupt()
    turns.goes_on()
    expect(within.ask("select count(*) from numbers where name = 'within'"), ["1000"])
    expect(sum_within(listening), ["0"])
    within.ask("insert into numbers values ('within', 4711); notify news, 'committed'")
    psql.ask("insert into numbers values ('psql', 11); select sum(number) from numbers where name = 'psql';", ["66"])
    job.interrupt()
    turns.goes_on()
    expect(listening.ask("select count(*) from numbers where name = 'psql'"), ["0"])
    psql.ask("commit; select count(*) from numbers where name = 'psql';", ["11"])
    expect(listening.ask("select count(*) from numbers where name = 'psql'"), ["11"])
    psql.end()
    within.ask("commit")
    expect(waiting.finish(), ["20"])
    if taking.finish() != [large_row(number) for number in range(1, ROWS + 1)]:
        raise Failed("the large result has other rows")
    expect(sum_within(listening), [str(1000 * 1001 // 2 + 4711)])
    if listening.notified != [b"news\0committed\0"]:
        raise Failed(f"the notifications are {listening.notified}")
    done = turns.finish()
    expect(working.ask("select count(distinct number), max(number) from numbers where name = 'turn'"),
           [str(done), str(done - 1)])
    os.kill(job.pid, signal.SIGINT)
    job.expect_exit()


def sum_within(client):
    """The sum of what the transaction has inserted, as others see it."""
    return client.ask("select coalesce(sum(number), 0) from numbers where name = 'within'")
