# SPDX-License-Identifier: GPL-2.0-only
"""Dumps of a server, at which connections from outside wait to be accepted, are killed or fail at each step that looks at
them, and restores fail when they are made: they wait as before."""

import os
import socket

from runner.clients import exactly, read_port
from runner.conditions import reason_to_skip
from runner.job import Failed, Skipped
from runner.scripts import dump_breaks, dump_is_killed

PROGRAM = "static/tcp/echo"


def run(job):
    """The same connections all the time."""
    reason = reason_to_skip(["no-request-from-ack"])
    if reason:
        raise Skipped(reason)
    job.start()
    place = os.path.join(job.directory, "cwd")
    with open(os.path.join(place, "hold"), "w", encoding="ascii"):
        pass
    job.wait_for(lambda: os.path.exists(os.path.join(place, "held")), "the server accepts nobody")
    clients = [socket.create_connection(("::1", read_port(job)), timeout=job.limit) for _ in range(3)]
    texts = [b"first", b"", b"third"]
    for client, text in zip(clients, texts):
        client.sendall(text)
    job.remember()
    for stage in ("network-lock", "post-dump"):
        dump_is_killed(job, stage)
    for step in ("survey", "descriptors", "seal", "keep-lock"):
        dump_breaks(job, "--fault-step", step)
    job.dump()
    for step in ("seize", "resume-devices", "announce"):
        if not job.run_criu("restore", ["-d", *job.test.restore_options, "--fault-step", step]):
            raise Failed(f"the restore succeeded although step {step} failed")
    job.restore()
    os.unlink(os.path.join(place, "hold"))
    for client, text in zip(clients, texts):
        client.sendall(b", and more")
        if exactly(client, 6 + len(text) + 10) != b"hello\n" + text + b", and more":
            raise Failed("other bytes come back")
        client.close()
    job.stop()
