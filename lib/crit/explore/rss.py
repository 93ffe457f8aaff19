# SPDX-License-Identifier: LGPL-2.1-only
"""pages of each process, and the mappings they belong to"""

from .checkpoint import printable

PAGE_SIZE = 4096
PLACES = ((4, "here"), (1, "parent"), (2, "lazy"))


def _place(entry):
    flags = entry.get("flags", 1 if entry.get("in_parent") else 4)
    return next((name for bit, name in PLACES if flags & bit), "nowhere")


def _names(checkpoint, mappings, start, end):
    names = []
    for mapping in mappings:
        if mapping["start"] < end and mapping["end"] > start:
            name = printable(checkpoint.mapping_name(mapping)) or "[anonymous]"
            if name not in names:
                names.append(name)
    return ", ".join(names)


def show(checkpoint):
    for task in checkpoint.living_tasks():
        pid = task["pid"]
        mappings = checkpoint.entry(f"mm-{pid}.img").get("vmas", [])
        total = 0
        print(pid)
        for entry in checkpoint.entries(f"pagemap-{pid}.img")[1:]:
            pages = entry.get("nr_pages", entry["compat_nr_pages"])
            start = entry["vaddr"]
            total += pages
            names = _names(checkpoint, mappings, start, start + pages * PAGE_SIZE)
            print(f"\t{start:<16x} {pages:>8} pages  {_place(entry):<7} {names}".rstrip())
        print(f"\t{'total':<16} {total:>8} pages  {total * PAGE_SIZE / 2**20:.1f} MiB")
