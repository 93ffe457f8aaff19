# SPDX-License-Identifier: GPL-2.0-only
"""Every kind of image comes back byte for byte, in the plain and in the pretty form."""

import importlib.util
import json
import os
import re
import tempfile
import unittest
import warnings

import synthesis
from pycriu import images
from pycriu.images import kinds

SEEDS = range(12)
HERE = os.path.dirname(os.path.abspath(__file__))
CHECKER = os.environ.get("FORMAT_CHECK") or os.path.join(HERE, "../../format/check.py")
UTF8_TEXTS = tuple(text for text in synthesis.TEXTS if b"\xff" not in text)


def samples(texts=synthesis.TEXTS):
    for kind in synthesis.framed_kinds():
        for seed in SEEDS:
            yield kind, seed, synthesis.image(kind, seed, texts)


class RoundTrip(unittest.TestCase):
    def through_json(self, pretty):
        for kind, seed, data in samples():
            with self.subTest(kind=kind.kind, seed=seed):
                image = json.loads(json.dumps(images.loads(data, pretty)))
                self.assertEqual(image["magic"], kind.name)
                self.assertEqual(images.dumps(image), data)

    def test_plain(self):
        self.through_json(pretty=False)

    def test_pretty(self):
        self.through_json(pretty=True)

    def test_images_without_first_word(self):
        for kind, _, data in samples():
            if kind.framing == "COMMON":
                image = images.loads(data[4:])
                self.assertEqual(image["img_version"], 1)
                self.assertEqual(images.dumps(image), data[4:])


class Damage(unittest.TestCase):
    def test_cut_images_raise_image_errors_only(self):
        for kind in synthesis.framed_kinds():
            data = synthesis.image(kind, 1)
            for size in range(0, len(data), max(1, len(data) // 50)):
                try:
                    images.loads(data[:size])
                except images.ImageError:
                    pass

    def test_raw_bytes_are_no_image(self):
        with self.assertRaises(images.ImageError):
            images.loads(b"these are no records")


@unittest.skipUnless(os.path.exists(CHECKER), "no checker of the format: set FORMAT_CHECK")
class Checker(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        warnings.simplefilter("ignore", ResourceWarning)
        spec = importlib.util.spec_from_file_location("check", CHECKER)
        cls.check = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(cls.check)

    def test_images_are_well_formed(self):
        with tempfile.TemporaryDirectory() as directory:
            for kind, seed, data in samples(UTF8_TEXTS):
                path = os.path.join(directory, kind.file_name.replace("%lu", "1").replace("%lx", "1"))
                with open(path, "wb") as file:
                    file.write(images.dumps(images.loads(data)))
                with self.subTest(kind=kind.kind, seed=seed):
                    self.check.read(path)

    def test_kinds_are_those_of_the_format(self):
        ours = {(kind.file_name.replace("%lu", "%").replace("%lx", "%"), kind.magic) for kind in kinds.ALL}
        theirs = set()
        for row in self.check.IMAGES:
            if row["status"].startswith("dead"):
                continue
            for name in row["file_name"].split("|"):
                theirs.add((re.sub("%l?[udx]", "%", name), int(row["magic"], 0)))
        self.assertEqual(ours, theirs)
