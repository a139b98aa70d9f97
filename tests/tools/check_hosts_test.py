"""Tests of tests/tools/check_hosts.py."""

import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import check_hosts  # noqa: E402


class CheckHosts(unittest.TestCase):
    def test_finds_a_host_and_names_its_line(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "install.sh"
            path.write_text(f"#!/bin/sh\ncurl https://{check_hosts.HOSTS[0].upper()}/x\n")
            faults = list(check_hosts.check_file(path))
            self.assertEqual(len(faults), 1)
            self.assertIn("install.sh:2: ", faults[0])
            self.assertEqual(check_hosts.main(["check_hosts.py", folder]), 1)

    def test_is_content_with_other_text_and_bytes(self):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "a.bin").write_bytes(bytes(range(256)))
            (pathlib.Path(folder) / "README.md").write_text("apt-get install g++\n")
            self.assertEqual(check_hosts.main(["check_hosts.py", folder]), 0)


if __name__ == "__main__":
    unittest.main()
