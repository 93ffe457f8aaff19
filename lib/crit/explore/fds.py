# SPDX-License-Identifier: LGPL-2.1-only
"""file descriptors of each process"""

from .checkpoint import describe, printable


def _show_line(name, file):
    print(f"{name:>8}: {printable(describe(file))}")


def show(checkpoint):
    for task in checkpoint.living_tasks():
        pid = task["pid"]
        print(pid)
        ids = checkpoint.entry(f"ids-{pid}.img")
        for descriptor in checkpoint.entries(f"fdinfo-{ids['files_id']}.img"):
            _show_line(descriptor["fd"], checkpoint.file(descriptor["id"]))
        fs = checkpoint.entry(f"fs-{pid}.img")
        _show_line("cwd", checkpoint.file(fs["cwd_id"]))
        _show_line("root", checkpoint.file(fs["root_id"]))
        mm = checkpoint.entry(f"mm-{pid}.img")
        _show_line("exe", checkpoint.file(mm["exe_file_id"]))
