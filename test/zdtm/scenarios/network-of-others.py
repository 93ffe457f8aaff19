# SPDX-License-Identifier: GPL-2.0-only
"""Images of a network namespace that are damaged, or have what this build cannot make, are refused by name."""

import glob
import os
import struct

PROGRAM = "static/net-namespace/loopback"


def path_of(job, kind):
    """The image of the one namespace."""
    return glob.glob(os.path.join(job.images, f"{kind}-*.img"))[0]


def with_bytes(job, kind, edit, reasons):
    """A raw image with edit(its bytes); it is put back."""
    path = path_of(job, kind)
    with open(path, "rb") as file:
        before = file.read()
    with open(path, "wb") as file:
        file.write(edit(before))
    job.restore_fails(reasons)
    with open(path, "wb") as file:
        file.write(before)


def with_entry(job, kind, edit, reasons, words=()):
    """An image with edit(its entry)."""
    name = os.path.basename(path_of(job, kind))
    before = job.edit_image(name, edit)
    job.restore_fails(reasons, *words)
    job.write_image(name, before)


def with_text(job, kind, text, reasons):
    """One more image, as others have it."""
    path = path_of(job, "netns").replace("netns-", f"{kind}-")
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    if reasons:
        job.restore_fails(reasons)
        os.unlink(path)


def run(job):
    """Lists that are cut, of other devices, and of another kind; devices, sysctls, rules."""
    job.start()
    job.remember()
    job.dump()
    for cut in (2, 6, 30):
        with_bytes(job, "ifaddr", lambda data, cut=cut: data[:cut], ["ifaddr"])
    with_bytes(job, "ifaddr", lambda data: b"\0\0\0\0" + data[4:], ["ifaddr"])
    # The device of the first address, which stands behind the magic, the head and four bytes.
    with_bytes(job, "ifaddr", lambda data: data[:24] + struct.pack("=I", 7) + data[28:], ["no address of loopback"])
    with_bytes(job, "rule", lambda data: data[: len(data) // 2], ["rule"])
    with_entry(job, "netdev", lambda entry: entry.update(type="VETH", name="eth0"), ["'eth0'", "cannot be made"])
    with_entry(job, "netdev", lambda entry: entry.update(name="eth0"), ["no proper loopback device"])
    missing = {"name": "ipv4/no_such_setting", "text": "1"}
    with_entry(job, "netns", lambda entry: entry.update(settings=[missing]), ["no_such_setting", "--weak-sysctls"])
    strange = {"name": "../kernel/core_pattern", "text": "1"}
    with_entry(job, "netns", lambda entry: entry.update(settings=[strange]), ["sysctls are damaged"])
    with_text(job, "iptables", "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j DROP\n", ["iptables", "packet filters"])
    with_text(job, "nftables", "table inet mine {\n}\n", ["nftables", "packet filters"])
    with_text(job, "iptables", "*filter\n:CRIU - [0:0]\n:INPUT ACCEPT [0:0]\n-A INPUT -j CRIU\n", None)
    before = job.edit_image(os.path.basename(path_of(job, "netns")), lambda entry: entry.update(settings=[missing]))
    job.restore("--weak-sysctls")
    job.write_image(os.path.basename(path_of(job, "netns")), before)
    job.compare("after the restore")
    job.stop()
