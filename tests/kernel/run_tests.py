#!/usr/bin/env python3
"""Runs inside the guest (scripts/test_kernel.sh): every test of this folder, or those whose names hold a word given
here; then what the kernel itself said. The last line counts."""

import pathlib
import re
import subprocess
import sys
import unittest

import guest

# What a kernel says where something is wrong with itself.
TROUBLE = re.compile(r"BUG:|WARNING:|Oops|general protection|divide error|refcount_t|hung task|Call Trace")


class KernelTest(unittest.TestCase):

    def test_kernel_found_no_fault_in_itself(self):
        said = subprocess.run(["dmesg"], capture_output=True, text=True, check=True).stdout
        self.assertEqual([line for line in said.splitlines() if TROUBLE.search(line)], [])


def tests_of(suite):
    for entry in suite:
        if isinstance(entry, unittest.TestSuite):
            yield from tests_of(entry)
        else:
            yield entry


def main():
    # One bus for all; a second i2c-stub cannot be.
    guest.modprobe("i2c-stub", "chip_addr=0x40,0x41,0x44,0x45")
    found = list(tests_of(unittest.defaultTestLoader.discover(str(pathlib.Path(__file__).parent), "*_test.py")))
    words = sys.argv[1:]
    chosen = [test for test in found if not words or any(word in test.id() for word in words)]
    suite = unittest.TestSuite([*chosen, KernelTest("test_kernel_found_no_fault_in_itself")])
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    for test, why in result.skipped:
        print(f"skipped: {test.id()}: {why}")
    failed = len(result.failures) + len(result.errors)
    skipped = len(result.skipped)
    print(f"{result.testsRun - failed - skipped} passed, {failed} failed, {skipped} skipped", flush=True)


if __name__ == "__main__":
    main()
