# SPDX-License-Identifier: GPL-2.0-only
"""Chains of socat: from TCP over sockets in the file system and without a file, IPv6 and pipes through a filter back to the
client, and from TCP over a socket to a program on a pseudo terminal. The clients are outside and compare all that comes back;
half-closed ends stay half-closed."""

import hashlib
import os
import shutil
import socket

from runner.clients import Stream, connected, exactly
from runner.job import Failed, Skipped

SETTINGS = {"options": "--tcp-established"}
PORT, INNER, TERMINAL = 8590, 8591, 8592
CHAIN = f"""
socat TCP6-LISTEN:{INNER},bind=[::1],reuseaddr,fork EXEC:cat,pipes &
socat UNIX-LISTEN:middle,fork TCP6:[::1]:{INNER} &
socat UNIX-LISTEN:terminal,fork EXEC:cat,pty,setsid,ctty,raw,echo=0 &
socat TCP-LISTEN:{TERMINAL},bind=127.0.0.1,reuseaddr,fork UNIX-CONNECT:terminal &
socat ABSTRACT-LISTEN:inner,fork UNIX-CONNECT:middle &
until socat -u OPEN:/dev/null TCP6:[::1]:{INNER} && [ -S middle ] && [ -S terminal ] && socat -u OPEN:/dev/null ABSTRACT-CONNECT:inner; do
    sleep 0.02
done 2>/dev/null
socat -t 600 TCP-LISTEN:{PORT},bind=127.0.0.1,reuseaddr,fork ABSTRACT-CONNECT:inner,shut-down &
read -r word <&3
kill $(jobs -p)
wait
exit 3
"""


def run(job):
    """Bytes are in every link of the chain at each of three dumps."""
    if not shutil.which("socat"):
        raise Skipped("no socat here")
    launch(job)
    stream, held, half = (connected(job, PORT) for _ in range(3))
    terminal, typing = connected(job, TERMINAL), connected(job, TERMINAL)
    for client in (stream, held, half, terminal, typing):
        client.sendall(b"first")
        if exactly(client, 5) != b"first":
            raise Failed("the chain does not work")
    stream, terminal = Stream(stream), Stream(terminal)
    block = hashlib.sha512(b"held").digest() * 1000
    for number in range(3):
        held.sendall(block)
        seen = stream.bytes, terminal.bytes
        typing.sendall(b"line %d, " % number)
        job.interrupt()
        if exactly(held, len(block)) != block:
            raise Failed("other bytes come back")
        typing.sendall(b"and its end\n")
        line = b"line %d, and its end\n" % number
        if exactly(typing, len(line)) != line:
            raise Failed("the terminal gives back something else")
        job.wait_for(lambda s=seen[0]: stream.error or stream.bytes > s + (1 << 16), "the stream goes on")
        job.wait_for(lambda s=seen[1]: terminal.error or terminal.bytes > s + (1 << 14), "the other goes on over the terminal")
        if not number:
            half.sendall(block)
            half.shutdown(socket.SHUT_WR)
    stream.finish(job.limit)
    terminal.finish(job.limit)
    if exactly(half, len(block)) != block or half.recv(1):
        raise Failed("what was sent before the end of one half does not come back")
    held.shutdown(socket.SHUT_WR)
    if held.recv(1):
        raise Failed("more comes back than was sent")
    with open(f"{job.directory}/cwd/stop.pipe", "wb") as file:
        file.write(b"stop\n")
    job.expect_exit(3)


def launch(job):
    """The chain, under a shell that waits for a word."""
    scratch = os.path.join(job.directory, "cwd")
    os.makedirs(scratch)
    os.mkfifo(os.path.join(scratch, "stop.pipe"))
    job.launch(["bash", "-c", "exec 3<>stop.pipe\n" + CHAIN])
