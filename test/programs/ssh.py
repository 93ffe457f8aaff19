# SPDX-License-Identifier: GPL-2.0-only
"""sshd with sessions whose clients are outside, one in the middle of cat of a large file, one that types into a shell: each
byte arrives once, and the sessions end as they would have."""

import hashlib
import os
import select
import shutil
import signal
import subprocess
import time

from runner import mounts
from runner.clients import connected
from runner.job import Failed, Skipped

SETTINGS = {"options": "--tcp-established"}
PORT = 8790
MIB = 1 << 20
SIZE = 60
SERVER = f"""
Port {PORT}
ListenAddress 127.0.0.1
HostKey %(cwd)s/host
AuthorizedKeysFile %(cwd)s/user.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin yes
PrintMotd no
PrintLastLog no
"""


def keygen(scratch, name):
    """A pair of keys of this test."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", os.path.join(scratch, name)], check=True,
                   stdin=subprocess.DEVNULL)


class Client:
    """ssh, outside of the tree, with pipes."""

    def __init__(self, job, command):
        scratch = os.path.join(job.directory, "cwd")
        options = ["-F", "none", "-i", f"{scratch}/user", "-o", "StrictHostKeyChecking=no", "-o", "BatchMode=yes",
                   "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o", "IdentitiesOnly=yes"]
        self.job, self.data = job, b""
        stdin, self.input = os.pipe()
        self.output, stdout = os.pipe()
        log = os.open(os.path.join(job.directory, "client.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        places = [(os.POSIX_SPAWN_DUP2, stdin, 0), (os.POSIX_SPAWN_DUP2, stdout, 1), (os.POSIX_SPAWN_DUP2, log, 2)]
        self.pid = os.posix_spawnp("ssh", ["ssh", *options, "-p", str(PORT), "root@127.0.0.1", command], os.environ,
                                   file_actions=places)
        job.outside.add(self.pid)
        for fd in (stdin, stdout, log):
            os.close(fd)

    def take(self, size):
        """So many bytes of the output."""
        end = time.monotonic() + self.job.limit
        while len(self.data) < size:
            if not select.select([self.output], [], [], max(end - time.monotonic(), 0))[0]:
                raise Failed(f"ssh is stuck after {len(self.data)} of {size} bytes")
            part = os.read(self.output, min(MIB, size - len(self.data)))
            if not part:
                raise Failed(f"ssh ends after {len(self.data)} of {size} bytes")
            self.data += part
        data, self.data = self.data, b""
        return data

    def ask(self, text, wanted):
        """Type a line, see what comes of it."""
        os.write(self.input, text.encode())
        got = self.take(len(wanted))
        if got != wanted.encode():
            raise Failed(f"the session says {got}, not '{wanted}'")

    def end(self, wanted):
        """No more input; this exit code."""
        os.close(self.input)
        if os.read(self.output, 1):
            raise Failed("ssh says more than it should")
        status = self.job.children.wait(self.pid, self.job.limit)
        self.job.outside.discard(self.pid)
        if status != wanted:
            raise Failed(f"ssh ends with {status}, not {wanted}")


def start(job):
    """Keys, the server, the file."""
    sshd = shutil.which("sshd", path=os.environ["PATH"] + ":/usr/sbin")
    if not sshd or not shutil.which("ssh"):
        raise Skipped("no sshd or no ssh here")
    scratch = os.path.join(job.directory, "cwd")
    os.makedirs(scratch)
    # sshd insists on a directory of the machine; this one is seen by the test only.
    mounts.mount("run", "/run", "tmpfs")
    os.mkdir("/run/sshd", 0o755)
    keygen(scratch, "host")
    keygen(scratch, "user")
    with open(os.path.join(scratch, "sshd.conf"), "w", encoding="ascii") as file:
        file.write(SERVER % {"cwd": scratch})
    with open(os.path.join(scratch, "large"), "wb") as file:
        block = os.urandom(MIB - 8)
        for number in range(SIZE):
            file.write(number.to_bytes(8, "big") + block)
    job.launch([sshd, "-D", "-e", "-f", os.path.join(scratch, "sshd.conf")])
    connected(job, PORT).close()
    return scratch


def run(job):
    """Interrupt it three times; the file is half-way in one session, half a line in another."""
    scratch = start(job)
    cat, shell = Client(job, f"cat {scratch}/large; exit 5"), Client(job, "while read -r line; do echo got $line; done; exit 7")
    total = hashlib.sha256()
    for number in range(3):
        for _ in range(10):
            total.update(cat.take(MIB))
        shell.ask(f"line {number}\nand ha", f"got line {number}\n")
        job.interrupt()
        for _ in range(5):
            total.update(cat.take(MIB))
        shell.ask("lf\n", "got and half\n")
    for _ in range(SIZE - 45):
        total.update(cat.take(MIB))
    with open(os.path.join(scratch, "large"), "rb") as file:
        if hashlib.sha256(file.read()).digest() != total.digest():
            raise Failed("other bytes than those of the file")
    cat.end(5)
    shell.end(7)
    other = Client(job, "echo also new sessions")
    other.ask("", "also new sessions\n")
    other.end(0)
    os.kill(job.pid, signal.SIGTERM)
    job.expect_exit()
