# SPDX-License-Identifier: GPL-2.0-only
"""Values as text: what the forms look like, and that both forms are taken."""

import base64
import unittest
import warnings

from pycriu import images
from pycriu.images import forms, schema
from pycriu.images.convert import dict_to_message, message_to_dict


def vma(**fields):
    plain = {"start": 0x1000, "end": 0x2000, "pgoff": 0, "shmid": 0, "prot": 3, "flags": 0x2022,
             "status": 0x201, "fd": -1}
    return {**plain, **fields}


class Pretty(unittest.TestCase):
    def pretty(self, name, fields):
        return message_to_dict(dict_to_message(name, fields), pretty=True)

    def test_mapping(self):
        text = self.pretty("vma_entry", vma())
        self.assertEqual(text["start"], "0x1000")
        self.assertEqual(text["prot"], "PROT_READ | PROT_WRITE")
        self.assertEqual(text["flags"], "MAP_PRIVATE | MAP_ANON | 0x2000")
        self.assertEqual(text["status"], "VMA_AREA_REGULAR | VMA_ANON_PRIVATE")
        self.assertEqual(text["fd"], -1)
        self.assertEqual(self.pretty("vma_entry", vma(prot=0))["prot"], "0x0")

    def test_both_forms_are_taken(self):
        plain = dict_to_message("vma_entry", vma())
        mixed = vma(start="0x1000", prot="PROT_WRITE|PROT_READ", flags="0x2022")
        self.assertEqual(dict_to_message("vma_entry", mixed), plain)

    def test_registers_are_hexadecimal_through_their_message(self):
        registers = schema.message_class("user_x86_regs_entry").DESCRIPTOR.fields
        gpregs = {field.name: 255 for field in registers if field.name != "mode"}
        floating = {name: 1 for name in "cwd swd twd fop rip rdp mxcsr mxcsr_mask".split()}
        text = self.pretty("thread_info_x86", {
            "clear_tid_addr": 1, "gpregs": {**gpregs, "mode": "NATIVE"}, "fpregs": floating,
        })
        self.assertEqual(text["clear_tid_addr"], "0x1")
        self.assertEqual(text["gpregs"]["ax"], "0xff")
        self.assertEqual(text["gpregs"]["mode"], "NATIVE")
        self.assertEqual(text["fpregs"]["cwd"], 1)

    def test_devices(self):
        self.assertEqual(forms.KERNEL_DEVICE.to_text(8 << 20 | 1), "8:1")
        self.assertEqual(forms.USER_DEVICE.to_text(0x0801), "8:1")
        for form in (forms.KERNEL_DEVICE, forms.USER_DEVICE):
            for value in (0, 0x801, 0xfffffff, 0xffffffff):
                self.assertEqual(form.from_text(form.to_text(value)), value)

    def test_addresses(self):
        self.assertEqual(forms.IP_ADDRESS.to_text([0x0100007f]), ["127.0.0.1"])
        self.assertEqual(forms.IP_ADDRESS.to_text([0, 0, 0, 0x01000000]), ["::1"])
        self.assertEqual(forms.IP_ADDRESS.to_text([1, 2]), [1, 2])
        self.assertEqual(forms.IP_ADDRESS.from_text("127.0.0.1"), [0x0100007f])

    def test_names(self):
        self.assertEqual(forms.Names("sk.state").to_text(10), "LISTEN")
        self.assertEqual(forms.Names("sk.state").to_text(99), 99)
        self.assertEqual(forms.Names("task_state.text").from_text("Alive"), 1)

    def test_field_order_is_that_of_the_schema(self):
        core = {"thread_core": {"futex_rla": 0, "futex_rla_len": 0}, "mtype": "X86_64",
                "tc": {"task_state": 1, "exit_code": 0, "personality": 0, "flags": 0, "blk_sigset": 0, "comm": "x"}}
        self.assertEqual(list(self.pretty("core_entry", core)), ["mtype", "tc", "thread_core"])

    def test_every_form_belongs_to_a_field(self):
        for message, fields in forms.FORMS.items():
            names = schema.message_class(message).DESCRIPTOR.fields_by_name
            self.assertLessEqual(set(fields), set(names), message)


class Plain(unittest.TestCase):
    def test_bytes_are_folded_base64(self):
        data = bytes(range(100))
        text = message_to_dict(dict_to_message("siginfo_entry", {
            "siginfo": base64.b64encode(data).decode(),
        }))["siginfo"]
        self.assertEqual([len(line) for line in text.split("\n")], [76, 60, 0])

    def test_socket_names_are_quoted_printable(self):
        form = forms.QUOTED_PRINTABLE
        self.assertEqual(form.to_text(b"\0abstract"), "=00abstract")
        for data in (b"", b"/run/x\0", b"a\r\nb\n", b"tail \t", bytes(range(256)) * 2):
            self.assertEqual(form.from_text(form.to_text(data)), data)

    def test_file_names_need_not_be_utf8(self):
        message = dict_to_message("cgroup_prop_entry", {"name": "a\udcff", "value": ""})
        self.assertEqual(message.name, b"a\xff")
        self.assertEqual(message_to_dict(message)["name"], "a\udcff")


class Refused(unittest.TestCase):
    def refuse(self, magic, *entries):
        with self.assertRaises(images.ImageError) as context:
            images.dumps({"magic": magic, "entries": list(entries)})
        return str(context.exception)

    def test_wrong_texts(self):
        self.assertIn("no field 'name'", self.refuse("FS", {"cwd_id": 1, "root_id": 1, "name": 1}))
        self.assertIn("root_id", self.refuse("FS", {"cwd_id": 1}))
        self.assertIn("cwd_id", self.refuse("FS", {"cwd_id": -1, "root_id": 1}))
        self.assertIn("cwd_id", self.refuse("FS", {"cwd_id": "x", "root_id": 1}))
        self.assertIn("NOTHING", self.refuse("NOTHING"))
        self.assertIn("BAD", self.refuse("FDINFO", {"id": 1, "flags": 0, "type": "BAD", "fd": 1}))
        self.assertIn("base64", self.refuse("TTY_DATA", {"tty_id": 1, "data": "?"}))
        self.assertIn("extra", self.refuse("PIPES_DATA", {"pipe_id": 1, "bytes": 5, "extra": "YQ=="}))

    def test_no_image_at_all(self):
        for value in (None, [], {}, {"magic": "FS"}):
            with self.assertRaises(images.ImageError):
                images.dumps(value)

    def test_unknown_fields_are_told(self):
        data = images.dumps({"magic": "FS", "entries": [{"cwd_id": 1, "root_id": 2}]})
        more = data[:8] + bytes([data[8] + 3]) + data[9:] + b"\xc0\x3e\x05"
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            images.loads(more)
        self.assertEqual(caught[0].category, images.ImageWarning)
