"""What the documentation says is there."""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Guarantees(unittest.TestCase):
    def test_each_promise_names_tests_that_exist(self):
        named = re.findall(r"`([\w/.]+)` \(`(\w+)`\)", (ROOT / "docs/guarantees.md").read_text())
        self.assertGreater(len(named), 25)
        for file, name in named:
            with self.subTest(file=file):
                self.assertRegex((ROOT / file).read_text(), rf"\b(fn|def) {name}\(")


class Links(unittest.TestCase):
    def test_files_that_operations_names_exist(self):
        text = (ROOT / "docs/operations.md").read_text()
        named = set(re.findall(r"`((?:compose|deploy|tests|docs)/[\w/.@-]+)`", text))
        # What ./secrets and ./certificates make.
        named = {file for file in named if not re.search(r"/(secrets|certificates)\.d", file)}
        self.assertGreater(len(named), 6)
        self.assertEqual([file for file in sorted(named) if not (ROOT / file).exists()], [])


if __name__ == "__main__":
    unittest.main()
