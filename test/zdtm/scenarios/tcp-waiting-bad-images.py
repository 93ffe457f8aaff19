# SPDX-License-Identifier: GPL-2.0-only
"""What a restore refuses of TCP connections that wait to be accepted: records that cannot be."""

import copy

PROGRAM = "static/tcp/waiting"


def find(job, wanted):
    """Index of the first record in files.img that is so."""
    entries = job.read_image("files.img")["entries"]
    return next(i for i, entry in enumerate(entries) if entry.get("type") == "INETSK" and wanted(entry["isk"]))


def edited(job, which, edit, reasons):
    """A restore from images that somebody has changed."""
    before = job.edit_image("files.img", edit, which)
    job.restore_fails(reasons)
    job.write_image("files.img", before)


def change(*keys, value):
    """An edit of one field."""
    def edit(entry):
        entry = entry["isk"]
        for key in keys[:-1]:
            entry = entry[key]
        entry[keys[-1]] = value
    return edit


def name_twice(entry):
    """The first one waits twice."""
    entry["isk"]["waiting"].append(copy.deepcopy(entry["isk"]["waiting"][0]))


def run(job):
    """One after the other; at last the true images."""
    job.start()
    job.remember()
    job.dump()
    listener = find(job, lambda record: record.get("waiting"))
    client = find(job, lambda record: "waits_at" in record)
    edited(job, listener, change("waiting", 0, "state", value=3), ["is damaged: its state"])
    edited(job, listener, change("waiting", 0, "peer", value="AAAA\n"), ["is damaged: its addresses"])
    edited(job, listener, change("waiting", 0, "peer_port", value=65536), ["is damaged: its port"])
    edited(job, listener, change("waiting", 0, "received", value="AAAA\n"), ["is damaged: its queues"])
    edited(job, listener, change("waiting", 0, "stream", "snd_wscale", value=15), ["is damaged: what was agreed upon"])
    edited(job, listener, change("waiting", 0, "client", value=99999), ["there is no TCP connection 99999"])
    edited(job, listener, name_twice, ["waits to be accepted, cannot be made"])
    edited(job, client, change("waits_at", value=99999), ["that waits for it"])
    job.restore()
    job.compare("after the restore")
    job.stop()
