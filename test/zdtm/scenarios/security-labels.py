# SPDX-License-Identifier: GPL-2.0-only
"""Security labels of another host are refused by name where that module does not label tasks; --lsm-profile may say that
they are to go."""

import os

from runner import edit, plugins
from runner.job import Failed, Skipped

PROGRAM = "static/process/single"


def run(job):
    """Put labels into the images of a plain program."""
    if os.path.exists("/sys/fs/selinux/enforce") or os.path.exists("/sys/module/apparmor/parameters/enabled"):
        raise Skipped("this host has a security module")
    job.start()
    job.remember()
    job.dump()
    inventory = edit.decode(job, "inventory.img")["entries"][0]
    if inventory["lsmtype"] != "NO_LSM":
        raise Failed(f"lsmtype is {inventory['lsmtype']}")
    edit.change(job, "inventory.img", lambda entry: entry.update(lsmtype="SELINUX"))
    edit.change(job, f"core-{job.pid}.img",
                  lambda entry: entry["thread_core"]["creds"].update(lsm_profile="a_u:b_r:c_t:s0", lsm_sockcreate="d"))
    plugins.restore_fails(job, [], "had the security label 'a_u:b_r:c_t:s0' (SELinux), and this host has no security")
    plugins.restore_fails(job, ["--lsm-profile", "apparmor:docker-default"], "label 'docker-default' (AppArmor)")
    if not job.run_criu("restore", ["-d", "--lsm-profile", "smack:x"]):
        raise Failed("criu restore took a label of Smack")
    job.restore("--lsm-profile", "none")
    job.compare("after the restore")
    job.stop()
