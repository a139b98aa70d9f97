#!/usr/bin/env python3
"""`layerwatt data` and real DVC exchange data both ways, over a folder, HTTP and S3.

Usage: LAYERWATT=build/ci/layerwatt DVC=venv/bin/dvc python3 interop_test.py. `scripts/test.sh dvc` makes
the virtual environment of requirements.txt and runs it.
"""

import fcntl
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from command import (add_remotes, data, main, objects, run, tree, write)  # noqa: E402

DVC = os.environ.get("DVC", "dvc")
REMOTES = ("local", "web", "s3")
FILES = {
    "run 1/a.csv": b"1,2\n", "run 1/crlf.txt": b"a\r\nb\r\n", "run 1/empty": b"", "run 1/.hidden": b"h",
    "run 1/sub é/Ünïcode 名前": b"u", "run 1/😀/x": b"e", "run 1/a b/c  d": b"s", "run 1/quo\"te's": b"q",
    "run 1/back\\slash": b"b", "run 1/[1]#%&?+": b"p", "run 1/same1": b"same", "run 1/same2": b"same",
    "run 1/zeros": bytes(2_000_000), "run 1/tool": b"#!/bin/sh\n",
}


def dvc(folder, *words, code=0):
    done = run(folder, DVC, *words, timeout=1800)
    if done.returncode != code:
        raise AssertionError(f"dvc {words}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=os.environ.get("INTEROP_FOLDER")))
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.project = self.folder / "project"
        self.project.mkdir()
        run(self.project, "git", "init", "-q")
        server = objects()
        self.port, self.root, _ = server.__enter__()
        self.addCleanup(server.__exit__, None, None, None)

    def ours(self, *words, **more):
        return data(self.project, *words, **more)

    def dvc(self, *words, **more):
        return dvc(self.project, *words, **more)

    def forget(self, *names):
        """As on another machine: what is in git stays."""
        for name in (*names, ".dvc/cache", ".dvc/tmp"):
            shutil.rmtree(self.project / name, True)

    def both_agree(self):
        self.assertIn("up to date", self.dvc("status"))
        self.ours("status", "--check")


class Exchange(Case):
    def setUp(self):
        super().setUp()
        write(self.project, FILES)
        (self.project / "run 1/tool").chmod(0o755)
        (self.project / "run 1/empty folder/inner").mkdir(parents=True)
        write(self.project, {"single tool": b"#!/bin/sh\necho\n", "plain": b"1" * 1000})
        (self.project / "single tool").chmod(0o755)
        self.targets = ("run 1", "single tool", "plain")

    def pulled(self):
        return {**tree(self.project / "run 1"), "single tool": (self.project / "single tool").stat().st_mode & 0o100}

    def test_what_we_add_and_push_dvc_pulls(self):
        self.ours("init")
        add_remotes(self.project, self.port, self.folder / "store")
        self.ours("add", *self.targets)
        before = self.pulled()
        for remote in REMOTES:
            with self.subTest(remote):
                self.ours("push", "-r", remote)
                self.assertIn("in sync", self.dvc("status", "-c", "-r", remote))
                self.forget("run 1", "single tool", "plain")
                for name in ("single tool", "plain"):
                    (self.project / name).unlink(missing_ok=True)
                self.dvc("pull", "-r", remote)
                self.assertEqual(self.pulled(), before)
                self.both_agree()

    def test_what_dvc_adds_and_pushes_we_pull(self):
        self.dvc("init", "-q")
        add_remotes(self.project, self.port, self.folder / "store")
        self.dvc("add", "-q", *self.targets)
        before = self.pulled()
        for remote in REMOTES:
            with self.subTest(remote):
                self.dvc("push", "-q", "-r", remote)
                self.forget("run 1", "single tool", "plain")
                for name in ("single tool", "plain"):
                    (self.project / name).unlink(missing_ok=True)
                self.ours("pull", "-r", remote)
                self.assertEqual(self.pulled(), before)
                self.both_agree()
                self.assertIn("0 pushed", self.ours("push", "-r", remote))

    def test_both_write_the_same_files(self):
        self.ours("init")
        other = self.folder / "other"
        shutil.copytree(self.project, other, symlinks=True)
        self.ours("add", *self.targets)
        dvc(other, "add", "-q", *self.targets)
        for name in ("run 1.dvc", "single tool.dvc", "plain.dvc", ".gitignore"):
            self.assertEqual((self.project / name).read_bytes(), (other / name).read_bytes(), name)
        ours = tree(self.project / ".dvc/cache/files")
        self.assertEqual(ours, tree(other / ".dvc/cache/files"))

    def test_a_later_version_and_a_way_back(self):
        self.ours("init")
        add_remotes(self.project, self.port, self.folder / "store")
        git = ("git", "-c", "user.name=a", "-c", "user.email=a@b")
        self.ours("add", "run 1")
        self.ours("push", "-r", "local")
        run(self.project, *git, "add", "-A")
        run(self.project, *git, "commit", "-qm", "one")
        first = tree(self.project / "run 1")
        write(self.project, {"run 1/a.csv": b"changed\n", "run 1/new": b"new"})
        self.dvc("add", "-q", "run 1")
        self.dvc("push", "-q", "-r", "local")
        run(self.project, *git, "commit", "-qam", "two")
        second = tree(self.project / "run 1")
        self.forget("run 1")
        self.ours("pull", "-r", "local", "--rev", "HEAD~1")
        self.assertEqual(tree(self.project / "run 1"), first)
        self.ours("pull", "-r", "local")
        self.assertEqual(tree(self.project / "run 1"), second)
        said = self.ours("diff", "HEAD~1", "HEAD")
        self.assertIn("modified  a.csv", said)
        self.assertIn("added     new", said)

    def test_each_heeds_the_others_lock(self):
        self.ours("init")
        (self.project / ".dvc/tmp").mkdir(exist_ok=True)
        with open(self.project / ".dvc/tmp/lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.assertIn("another layerwatt or DVC", self.ours("add", "plain", code=1))
            self.assertIn("Unable to acquire lock", self.dvc("add", "plain", code=1))
        self.ours("add", "plain")
        self.dvc("status")


class Sizes(Case):
    def exchange(self, names, remote="local"):
        self.ours("init")
        add_remotes(self.project, self.port, self.folder / "store")
        self.ours("add", *names)
        before = {name: tree(self.project / name) or (self.project / name).stat().st_size for name in names}
        self.ours("push", "-r", remote)
        self.clear(names)
        self.dvc("pull", "-q", "-r", remote)
        self.assertEqual({name: tree(self.project / name) or (self.project / name).stat().st_size
                          for name in names}, before)
        self.ours("status", "--check")
        self.clear(names)
        self.ours("pull", "-r", remote)
        self.assertIn("up to date", self.dvc("status"))

    def clear(self, names):
        self.forget(*names)
        for name in names:
            (self.project / name).unlink(missing_ok=True)

    def test_ten_thousand_files(self):
        for i in range(10_000):
            write(self.project, {f"many/{i % 100}/{i}": b"%d" % (i % 9000)})
        self.exchange(["many"])

    def test_ten_thousand_files_over_s3(self):
        for i in range(10_000):
            write(self.project, {f"many/{i % 100}/{i}": b"%d" % (i % 9000)})
        self.exchange(["many"], "s3")

    def test_a_sparse_file_of_five_gigabytes(self):
        with open(self.project / "large", "wb") as file:
            file.truncate(5_000_000_000)
            file.seek(2_500_000_000)
            file.write(b"in the middle")
        self.exchange(["large"])


if __name__ == "__main__":
    main()
