# SPDX-License-Identifier: GPL-2.0-only
"""A thread that uses registers which this processor lacks is refused, with their names; those that it merely could have
used, and the key register of nobody's mappings, stand in nobody's way."""

PROGRAM = "static/process/single"
APX, PKRU = 1 << 19, 1 << 9


def use(bits):
    """Marks components as used."""
    def edit(entry):
        xsave = entry["thread_info"]["fpregs"].setdefault("xsave", {"xstate_bv": 0})
        xsave["xstate_bv"] = int(xsave["xstate_bv"]) | bits
    return edit


def run(job):
    """With one, with the other."""
    job.start()
    job.remember()
    job.dump()
    core = f"core-{job.pid}.img"
    before = job.edit_image(core, use(APX))
    job.restore_fails([f"task {job.pid} (single): thread {job.pid} uses registers which this processor lacks: apx"],
                      "--cpu-cap=none")
    job.write_image(core, before)
    job.edit_image(core, use(PKRU))
    job.restore()
    job.compare("after the restore")
    job.stop()
