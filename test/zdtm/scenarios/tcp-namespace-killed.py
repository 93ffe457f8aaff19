# SPDX-License-Identifier: GPL-2.0-only
"""A tree in a network namespace of its own, with clients outside: dumps and restores that are killed, or that fail at a
step which knows of the lock, leave no table in the namespace, and the clients go on."""

from runner import snapshot
from runner.clients import Stream, greeted, ping, read_port
from runner.hosts import expect_tables, on, start_on_another_host, words_for
from runner.job import Failed
from runner.scripts import killer
from runner.tracing import in_repair, kill_behind_repair

PROGRAM = "static/tcp/echo"


def fail(job, server, verb, words, left=()):
    """Ends badly, and this is left in the namespace."""
    target = ["-t", str(job.pid)] if verb == "dump" else ["-d"]
    pid = job.children.spawn([job.criu, verb, "-D", job.images, "-o", f"{verb}.log", "-v4", *target,
                              *job.test.dump_options, *words], cwd=job.images)
    if not job.children.wait(pid, job.limit):
        raise Failed(f"criu {verb} {words} succeeds")
    allowed = (job.pid,) if verb == "dump" else ()
    job.children.until(lambda: not [pid for pid in snapshot.others() if pid not in allowed], job.limit,
                       f"a killed {verb} leaves processes")
    with on(server):
        expect_tables(f"after criu {verb} {words}", *left)


def kill_restore(job, words, number):
    """Behind that switch of the repair mode."""
    pid = job.children.spawn([job.criu, "restore", "-D", job.images, "-o", "restore.log", "-v4", "-d",
                              *job.test.restore_options, *words], cwd=job.images)
    kill_behind_repair(pid, number, own=True)
    if not job.children.wait(pid, job.limit):
        raise Failed("a killed restore succeeds")


def run(job):
    """The connections are the same all the time."""
    server = start_on_another_host(job)
    port = read_port(job)
    client, stream = greeted(("10.9.0.1", port), job.limit), Stream(greeted(("fd09::1", port), job.limit))
    job.remember()
    external, join = words_for(server)
    for words in (killer(job, "network-lock"), killer(job, "post-dump"), ["--fault-step", "descriptors"],
                  ["--fault-step", "keep-lock"]):
        job.new_images()
        fail(job, server, "dump", [*external, *words])
        ping(client)
    job.dump(*external)
    for words in (killer(job, "setup-namespaces"), ["--fault-step", "seize"], killer(job, "network-unlock")):
        fail(job, server, "restore", [*join, *words], left=["CRIU-"])
    kill_restore(job, join, 1)
    job.children.until(lambda: not snapshot.others(), job.limit, "a killed restore leaves processes")
    with on(server):
        expect_tables("after a restore that was killed while it made connections", "CRIU-")
    job.children.ended.pop(job.pid, None)  # what a killed restore had made
    kill_restore(job, join, 3)
    job.compare("after a restore that was killed behind its commit")
    with on(server):
        expect_tables("after a restore that was killed behind its commit")
    if in_repair(job.pid):
        raise Failed("a connection stays in repair mode")
    ping(client)
    stream.finish(job.limit)
    job.stop()
