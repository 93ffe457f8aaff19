# SPDX-License-Identifier: GPL-2.0-only
"""Files that changed or went away between dump and restore: named with path, old and new value; options look away."""

import os
import stat

from runner.job import Failed

PROGRAM = "static/file/validated"


def expect(job, said, *words):
    """A restore that fails and says all of it in one line."""
    if not job.run_criu("restore", ["-d", *words]):
        raise Failed(f"the restore succeeded where it had to say {said}")
    with open(os.path.join(job.images, "restore.log"), encoding="utf-8", errors="replace") as file:
        lines = file.read().splitlines()
    if not any(all(part in line for part in said) for line in lines):
        raise Failed(f"the restore does not say {said}")


def other_build_id(path):
    """Change the build id of an ELF file: the bytes behind the name of its note."""
    with open(path, "r+b") as file:
        data = file.read()
        at = data.index(b"\x03\0\0\0GNU\0") + 8
        file.seek(at)
        file.write(bytes(byte ^ 0xff for byte in data[at:at + 4]))
    return data[at:at + 4].hex(), bytes(byte ^ 0xff for byte in data[at:at + 4]).hex()


def change_files(job, place):
    """Each change alone, undone behind."""
    text, program, device = (os.path.join(place, name) for name in ("text", "program", "device"))
    os.rename(text, text + ".away")
    expect(job, ["/text'", "No such file"])
    os.mkdir(text)
    expect(job, ["/text'", "is a directory, was a regular file"])
    os.rmdir(text)
    os.rename(text + ".away", text)
    with open(text, "a", encoding="utf-8") as file:
        file.write("more")
    expect(job, ["/text'", "size is 8, was 4"])
    os.truncate(text, 4)
    os.chmod(text, 0o600)
    expect(job, ["/text'", "permissions are 0600, were 0640", "--skip-file-rwx-check"])
    os.unlink(device)
    os.mknod(device, stat.S_IFCHR | 0o600, os.makedev(1, 5))
    expect(job, ["/device'", "device 1:5, was 1:3"], "--skip-file-rwx-check")
    os.unlink(device)
    os.mknod(device, stat.S_IFCHR | 0o600, os.makedev(1, 3))
    old, new = other_build_id(program)
    expect(job, ["/program'", f"build id is {new}", f"was {old}", "--file-validation filesize"], "--skip-file-rwx-check")


def run(job):
    """Dump, change, restore with the options."""
    job.start()
    job.remember()
    job.dump()
    change_files(job, os.path.join(job.directory, "cwd"))
    job.restore("--skip-file-rwx-check", "--file-validation", "filesize")
    job.compare("after the restore")
    job.stop()
