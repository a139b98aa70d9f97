"""Tests of tests/tools/failed_tests.awk, by logs as ctest and others write them."""

import pathlib
import shutil
import subprocess
import tempfile
import unittest

PROGRAM = pathlib.Path(__file__).resolve().parent / "failed_tests.awk"


def told(log):
    with tempfile.NamedTemporaryFile("w", suffix=".log") as file:
        file.write(log)
        file.flush()
        command = ["awk", "-v", "stage=ci", "-f", str(PROGRAM), file.name]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def log_of_ctest(printed):
    return f"""    Start 1: Good.Test
1/4 Test #1: Good.Test ...............................   Passed    0.01 sec
    Start 2: Bad.Test
    Start 3: Bad.Luck
2/4 Test #2: Bad.Test ................................***Failed    0.01 sec
Running main() from gtest_main.cc
[==========] Running 1 test from 1 test suite.
[ RUN      ] Bad.Test
{printed}
[  FAILED  ] Bad.Test (0 ms)
[==========] 1 test from 1 test suite ran. (0 ms total)

 1 FAILED TEST

3/4 Test #3: Bad.Luck ................................***Failed    0.01 sec
the machine stalled
    Test #3: Bad.Luck ................................   Passed    0.01 sec
    Start 4: Slow.Test
4/4 Test #4: Slow.Test ...............................***Timeout 120.00 sec

50% tests passed, 2 tests failed out of 4

Total Test time (real) = 120.1 sec

The following tests FAILED:
\t  2 - Bad.Test (Failed)
\t  4 - Slow.Test (Timeout)
Errors while running CTest
"""


@unittest.skipUnless(shutil.which("awk"), "awk is not installed")
class FailedTests(unittest.TestCase):
    def test_names_what_ctest_lists_with_what_it_printed(self):
        lines = told(log_of_ctest("a_test.cpp:7: Failure\nExpected 1, got 2"))
        self.assertEqual(lines, [
            "  ci: Bad.Test (Failed)", "      a_test.cpp:7: Failure", "      Expected 1, got 2",
            "  ci: Slow.Test (Timeout)"])

    def test_keeps_the_last_lines_of_much(self):
        lines = told(log_of_ctest("\n".join(f"line {n}" for n in range(40))))
        self.assertEqual(lines[1:16], [f"      line {n}" for n in range(25, 40)])

    def test_tells_the_first_errors_and_the_end_where_nothing_was_tested(self):
        log = ["src/a.cpp:3:1: error: expected ';'"] + [f"note {n}" for n in range(40)] + ["ninja: build stopped"]
        lines = told("\n".join(log))
        self.assertEqual(lines[:2], ["  ci", "      src/a.cpp:3:1: error: expected ';'"])
        self.assertEqual(lines[-1], "      ninja: build stopped")
        self.assertEqual(len(lines), 17)


if __name__ == "__main__":
    unittest.main()
