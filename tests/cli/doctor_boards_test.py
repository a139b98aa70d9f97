#!/usr/bin/env python3
"""`layerwatt doctor` on every board tree of tests/data/sysfs/, on a machine that shows nothing, and for a user without
rights. Every tree is looked at whole: nothing is skipped because something else was not found.

Usage: doctor_boards_test.py --layerwatt PROGRAM
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TREES = sorted((ROOT / "tests/data/sysfs").glob("*.tree"))
UNPACK = ROOT / "tests/tools/unpack-sysfs-tree"
VERDICTS = {"good", "attention", "fault", "not known"}
NOBODY = 65534
PROGRAM = None

# What the boards are, as people call them; the machine itself where the tree is of none.
BOARDS = {
    "agx_orin_jp5": "AGX Orin", "agx_orin_jp6": "AGX Orin", "agx_xavier_jp4": "AGX Xavier", "agx_xavier_jp5": "AGX Xavier",
    "igx_orin_jp6": "IGX Orin", "nano_2gb_jp4": "Nano", "nano_4gb_jp4": "Nano", "orin_nano_jp6": "Orin Nano",
    "orin_nx_jp5": "Orin NX", "thor_jp7": "Thor", "tx1_mainline": "TX1", "tx2_jp4": "TX2", "tx2_nx_mainline": "TX2 NX",
    "xavier_nx_jp5": "Xavier NX",
}


def unpack(tree, folder):
    subprocess.run([sys.executable, UNPACK, tree, folder], check=True, stderr=subprocess.DEVNULL)


def examine(root, user=None):
    """(exit code, {subject: finding}) of a look at a tree."""
    words = [PROGRAM, "doctor", "--no-self-test", "--json", "--sysfs-root", root]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, cwd="/", user=user, timeout=60)
    if not done.stdout.startswith("{"):
        raise AssertionError(f"no JSON: {done.stdout}{done.stderr}")
    return done.returncode, {finding["subject"]: finding for finding in json.loads(done.stdout)["findings"]}


class DoctorOnBoards(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.folder.chmod(0o755)

    def check(self, findings):
        self.assertLessEqual({"board", "rails", "engine onnxruntime", "engine trtexec", "disk"}, set(findings))
        for subject, finding in findings.items():
            self.assertIn(finding["verdict"], VERDICTS, subject)
            self.assertTrue(finding["finding"], subject)
            if finding["verdict"] == "fault":
                self.assertTrue(finding["remedy"], f"{subject}: a fault without a remedy")

    def test_every_tree_is_looked_at_whole(self):
        self.assertGreaterEqual(len(TREES), 17)
        for tree in TREES:
            with self.subTest(tree=tree.stem):
                root = self.folder / tree.stem
                unpack(tree, root)
                code, findings = examine(root)
                self.check(findings)
                self.assertEqual(code, int(any(f["verdict"] == "fault" for f in findings.values())))
                if tree.stem in BOARDS:
                    self.assertIn(BOARDS[tree.stem], findings["board"]["finding"])

    def test_a_container_that_shows_nothing_is_told_what_to_mount(self):
        empty = self.folder / "empty"
        empty.mkdir()
        code, findings = examine(empty)
        self.check(findings)
        self.assertEqual(code, 1)
        self.assertEqual(findings["rails"]["verdict"], "fault")
        self.assertRegex(findings["rails"]["remedy"] + findings["board"]["remedy"], "/sys|container")

    def test_a_user_without_rights_is_told_which(self):
        if os.getuid() != 0:
            self.skipTest("needs root, to be another user")
        for name in ("orin_nano_jp6", "xavier_nx_jp5"):
            with self.subTest(tree=name):
                root = self.folder / name
                unpack(ROOT / f"tests/data/sysfs/{name}.tree", root)
                closed = 0
                for file in root.rglob("*"):
                    if file.is_file() and file.parent.name.startswith("hwmon") and file.name[:2] in ("in", "cu", "po"):
                        file.chmod(0o400)
                        closed += 1
                self.assertGreater(closed, 0)
                code, findings = examine(root, user=NOBODY)
                self.check(findings)
                self.assertEqual(code, 1)
                told = " ".join(f["finding"] + " " + f["remedy"] for f in findings.values())
                self.assertRegex(told, "(?i)permission|right|root")
                self.assertIn("udev", told)


def main():
    global PROGRAM
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layerwatt", required=True, type=lambda text: pathlib.Path(text).resolve())
    PROGRAM = parser.parse_args().layerwatt
    unittest.main(argv=sys.argv[:1])


if __name__ == "__main__":
    main()
