# SPDX-License-Identifier: GPL-2.0-only
"""A dump is killed while traffic is locked, when it has read the connections, and when it has made the lasting lock: the
connections to clients outside go on."""

from runner.clients import Stream, greeted, ping, read_port
from runner.scripts import dump_breaks, dump_is_killed

PROGRAM = "static/tcp/echo"


def run(job):
    """The same connections all the time."""
    job.start()
    port = read_port(job)
    client, stream = greeted(("127.0.0.1", port), job.limit), Stream(greeted(("::1", port), job.limit))
    job.remember()
    for stage in ("network-lock", "post-dump"):
        dump_is_killed(job, stage)
        ping(client)
    for step in ("descriptors", "seal", "keep-lock"):
        dump_breaks(job, "--fault-step", step)
        ping(client)
    job.dump()
    job.restore()
    ping(client)
    stream.finish(job.limit)
    client.close()
    job.stop()
