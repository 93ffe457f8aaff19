# SPDX-License-Identifier: GPL-2.0-only
"""Counters, timers and processes in images that others wrote: what cannot be is refused, fields of ours may lack."""

from runner.job import Failed

PROGRAM = "static/timerfd/periodic"

WRONG = {
    "efd": [{"counter": 2**64 - 1}, {"flags": "0x40"}],
    "tfd": [{"clockid": 99}, {"vnsec": 10**9}, {"settime_flags": "0x8"}, {"isec": 2**63}],
    "sgfd": [{"flags": "0x40"}],
    "pidfd": [{"nspid": 0}, {"nspid": -1, "exit_status": 0x13}],
}


def find(job, kind):
    """The number of the entry of that kind."""
    for number, entry in enumerate(job.read_image("files.img")["entries"]):
        if kind in entry:
            return number
    raise Failed(f"files.img has no {kind}")


def as_upstream(entry):
    """A periodic timer that has expired rests."""
    timer = entry["tfd"]
    for name in ("due_sec", "due_nsec"):
        timer.pop(name, None)
    timer.update(vsec=0, vnsec=0, ticks=7)


def run(job):
    """Each wrong value by itself, then values of CRIU 4.2."""
    job.start()
    job.dump()
    for kind, changes in WRONG.items():
        for change in changes:
            before = job.edit_image("files.img", lambda entry: entry[kind].update(change), find(job, kind))
            job.restore_fails(["is no proper"])
            job.write_image("files.img", before)
    before = job.edit_image("files.img", lambda entry: entry["pidfd"].update(nspid=99999), find(job, "pidfd"))
    job.restore_fails(["process 99999, which is not in the images"])
    job.write_image("files.img", before)
    job.edit_image("files.img", as_upstream, find(job, "tfd"))
    job.restore()
    job.stop()
