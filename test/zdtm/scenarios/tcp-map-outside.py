# SPDX-License-Identifier: GPL-2.0-only
"""--tcp-map cannot move a connection whose peer is outside: it is refused, unless it comes back closed; without the map, all
goes on. A map for nothing is told of, and what it says may stand in a configuration file."""

import os

from runner.clients import greeted, ping, read_port
from runner.job import Failed

PROGRAM = "static/tcp/echo"


def expect_log(job, text):
    """The restore said so."""
    with open(os.path.join(job.images, "restore.log"), encoding="utf-8") as file:
        if text not in file.read():
            raise Failed(f"the restore does not say: {text}")


def run(job):
    """Refused, whether or not this host has the address; untouched; closed."""
    job.start()
    port = read_port(job)
    old, new = greeted(("127.0.0.1", port), job.limit), greeted(("::1", port), job.limit)
    job.dump()
    for target in ("127.0.0.2", "10.254.254.1"):
        job.restore_fails([f"TCP connection [::ffff:127.0.0.1]:{port} - ", f"--tcp-map 127.0.0.1={target} cannot move it",
                           "--tcp-close"], "--tcp-map", f"127.0.0.1={target}")
    config = os.path.join(job.directory, "config")
    with open(config, "w", encoding="ascii") as file:
        file.write("tcp-map 127.0.0.1=127.0.0.2\ntcp-map ::1=fd00::1\n")
    job.restore_fails(["--tcp-map 127.0.0.1=127.0.0.2 cannot move it", "--tcp-map ::1=fd00::1 cannot move it"],
                      "--config", config)
    job.restore("--tcp-map", "10.9.9.9=10.9.9.10")
    expect_log(job, "--tcp-map 10.9.9.9=10.9.9.10: no socket has this address")
    ping(old)
    ping(new)
    job.dump()
    job.restore("--tcp-close", "--tcp-map", "127.0.0.1=127.0.0.2")
    for client in (old, new):
        client.close()
    greeted(("127.0.0.1", port), job.limit).close()
    job.stop()
