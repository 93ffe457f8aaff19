# SPDX-License-Identifier: GPL-2.0-only
"""What a restore refuses of TCP: options that were not given, addresses that are not here or are taken, records and images
that cannot be."""

import os

PROGRAM = "static/tcp/connected"


def sockets(job):
    """Indices of records of sockets in files.img."""
    entries = job.read_image("files.img")["entries"]
    return [i for i, entry in enumerate(entries) if entry.get("type") == "INETSK"]


def edited(job, name, which, edit, reasons):
    """A restore from images that somebody has changed."""
    before = job.edit_image(name, edit, which)
    job.restore_fails(reasons)
    job.write_image(name, before)


def change(*keys, value):
    """An edit of one field."""
    def edit(entry):
        for key in keys[:-1]:
            entry = entry[key]
        entry[keys[-1]] = value
    return edit


def run(job):
    """One after the other; at last the true images."""
    job.start()
    job.remember()
    job.dump()
    first = sockets(job)[0]
    stream = sorted(name for name in os.listdir(job.images) if name.startswith("tcp-stream-"))[0]
    edited(job, "files.img", first, change("isk", "state", value=6), ["impossible state"])
    edited(job, "files.img", first, change("isk", "src_port", value=70000), ["no proper socket"])
    for name, data in [("ip-options", "AAAA\n"), ("ipv6-rthdr", "AAAAAAAAAAA=\n"), ("ip-ttl", "AAAAAA==\n")]:
        edited(job, "files.img", first, change("isk", "headers", value=[{"name": name, "data": data}]),
               [f"'{name}' is no proper header"])
    edited(job, "files.img", first, change("isk", "src_addr", value=["10.254.254.1"]),
           ["10.254.254.1:", "does not exist on this host", "--tcp-map OLD=NEW"])
    job.restore_fails(["10.254.254.1:", "does not exist on this host"], "--tcp-map", "127.0.0.1=10.254.254.1")
    edited(job, stream, 0, change("mss_clamp", value=1 << 20), ["segments are too long"])
    with open(os.path.join(job.images, stream), "rb") as file:
        whole = file.read()
    job.write_image(stream, whole[:-1])
    job.restore_fails(["queues cannot be read"])
    job.write_image(stream, whole)
    edited(job, stream, 0, change("snd_wscale", value=15), ["window scale"])
    edited(job, stream, 0, change("rcv_wup", value=job.read_image(stream)["entries"][0]["inq_seq"] + 1),
           ["window contradicts"])
    edited(job, stream, 0, change("max_window", value=0), ["window contradicts"])
    edited(job, stream, 0, change("urgent", value=1 << 20), ["urgent data are not in its receive queue"])
    job.write_image(stream, whole + b"x")
    job.restore_fails(["queues cannot be read"])
    job.write_image(stream, whole)
    job.test.restore_options = [word for word in job.test.restore_options if word != "--tcp-established"]
    job.restore_fails(["--tcp-established"])
    job.test.restore_options = ["--tcp-established"]
    job.restore()
    job.compare("after the restore")
    job.stop()
