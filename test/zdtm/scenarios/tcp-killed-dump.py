# SPDX-License-Identifier: GPL-2.0-only
"""A dump is killed while traffic is locked, when it has read the connections, and when it has made the lasting lock: the
connections to clients outside go on."""

import os

from runner.clients import Stream, greeted, ping, read_port
from runner.job import Failed

PROGRAM = "static/tcp/echo"
SCRIPT = """#!/bin/sh
[ "$CRTOOLS_SCRIPT_ACTION" = {stage} ] || exit 0
kill -KILL $PPID
"""


def killed(job, stage):
    """One dump that its own script kills."""
    script = os.path.join(job.directory, "script")
    with open(script, "w", encoding="ascii") as file:
        file.write(SCRIPT.format(stage=stage))
    os.chmod(script, 0o755)
    job.new_images()
    if not job.run_criu("dump", ["-t", str(job.pid), *job.test.dump_options, "--action-script", script]):
        raise Failed("the dump succeeded although it was killed")


def run(job):
    """The same connections all the time."""
    job.start()
    port = read_port(job)
    client, stream = greeted(("127.0.0.1", port), job.limit), Stream(greeted(("::1", port), job.limit))
    job.remember()
    for stage in ("network-lock", "post-dump"):
        killed(job, stage)
        ping(client)
    for step in ("descriptors", "seal", "keep-lock"):
        job.new_images()
        if not job.run_criu("dump", ["-t", str(job.pid), *job.test.dump_options, "--fault-step", step]):
            raise Failed(f"the dump succeeded although step {step} failed")
        ping(client)
    job.dump()
    job.restore()
    ping(client)
    stream.finish(job.limit)
    client.close()
    job.stop()
