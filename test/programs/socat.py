# SPDX-License-Identifier: GPL-2.0-only
"""A chain of socat: from TCP over a socket in the file system, IPv6 and a pipe through a filter back to the client, which is
outside and compares all that comes back; half-closed ends stay half-closed."""

import hashlib
import os
import shutil
import socket

from runner.clients import Stream, connected, exactly
from runner.job import Failed, Skipped

SETTINGS = {"options": "--tcp-established"}
PORT, INNER = 8590, 8591
CHAIN = f"""
socat TCP6-LISTEN:{INNER},bind=[::1],reuseaddr,fork EXEC:cat,pipes &
socat UNIX-LISTEN:middle,fork TCP6:[::1]:{INNER} &
socat ABSTRACT-LISTEN:inner,fork UNIX-CONNECT:middle &
until socat -u OPEN:/dev/null TCP6:[::1]:{INNER} && [ -S middle ] && socat -u OPEN:/dev/null ABSTRACT-CONNECT:inner; do
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
    for client in (stream, held, half):
        client.sendall(b"first")
        if exactly(client, 5) != b"first":
            raise Failed("the chain does not work")
    stream = Stream(stream)
    block = hashlib.sha512(b"held").digest() * 1000
    for number in range(3):
        held.sendall(block)
        seen = stream.bytes
        job.interrupt()
        if exactly(held, len(block)) != block:
            raise Failed("other bytes come back")
        job.wait_for(lambda s=seen: stream.error or stream.bytes > s + (1 << 16), "the stream goes on")
        if not number:
            half.sendall(block)
            half.shutdown(socket.SHUT_WR)
    stream.finish(job.limit)
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
