# SPDX-License-Identifier: LGPL-2.1-only
"""mappings of each process"""

from .checkpoint import printable


def _protection(mapping):
    text = "".join(letter if mapping["prot"] & bit else "-" for letter, bit in zip("rwx", (1, 2, 4)))
    return text + ("s" if mapping["flags"] & 1 else "p")


def show(checkpoint):
    for task in checkpoint.living_tasks():
        print(task["pid"])
        mm = checkpoint.entry(f"mm-{task['pid']}.img")
        print(f"\texe  {printable(checkpoint.path(mm['exe_file_id']))}")
        for mapping in mm.get("vmas", []):
            where = f"{mapping['start']:x}-{mapping['end']:x}"
            name = printable(checkpoint.mapping_name(mapping))
            print(f"\t{where:<34} {_protection(mapping)} {name}".rstrip())
