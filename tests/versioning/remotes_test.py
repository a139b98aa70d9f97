#!/usr/bin/env python3
"""`layerwatt data` with servers on loopback: HTTP, S3 that checks signatures, DagsHub; and what goes wrong.

Usage: LAYERWATT=build/ci/layerwatt python3 remotes_test.py. Needs the standard library alone.
"""

import hashlib
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from command import (LAYERWATT, add_remotes, data, environment, main, objects, run, serving, tree, write)  # noqa: E402
import dagshub_server  # noqa: E402

FILES = {"raw/a": b"1\n", "raw/empty": b"", "raw/sub é/b c": b"x" * 100_000, "raw/😀 +%&?#": b"y",
         "raw/zeros": bytes(3_000_000)}
REMOTES = ("local", "web", "s3")


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.project = self.folder / "project"
        self.project.mkdir()
        self.server = objects()
        self.port, self.root, self.faults = self.server.__enter__()
        self.addCleanup(self.server.__exit__, None, None, None)
        data(self.project, "init")
        write(self.project, FILES)
        add_remotes(self.project, self.port, self.folder / "store")

    def forget(self):
        """As on another machine."""
        shutil.rmtree(self.project / "raw", True)
        shutil.rmtree(self.project / ".dvc" / "cache", True)

    def stored(self, remote):
        """The files of a remote that are objects."""
        top = {"local": self.folder / "store", "web": self.root / "plain", "s3": self.root / "bucket"}[remote]
        # Not what the server was still writing when the other side was killed.
        return [path for path in top.rglob("*")
                if path.is_file() and "md5" in path.parts and not path.name.startswith(".")]


class Transfers(Case):
    def test_what_is_pushed_is_pulled(self):
        before = tree(self.project / "raw")
        data(self.project, "add", "raw")
        for remote in REMOTES:
            with self.subTest(remote):
                self.assertIn("6 pushed", data(self.project, "push", "-r", remote))
                self.assertIn("0 pushed", data(self.project, "push", "-r", remote))
                self.forget()
                self.assertIn("6 fetched", data(self.project, "pull", "-r", remote))
                self.assertEqual(tree(self.project / "raw"), before)
                self.assertIn("unchanged", data(self.project, "status", "--check"))

    def test_servers_that_stumble_are_asked_again(self):
        data(self.project, "add", "raw")
        self.faults.left = {"fail": 3, "throttle": 2}
        data(self.project, "push", "-r", "s3")
        self.forget()
        self.faults.left = {"fail": 2, "cut": 3}
        data(self.project, "pull", "-r", "s3")
        self.forget()
        data(self.project, "pull", "-r", "s3")
        self.assertEqual(set(tree(self.project / "raw")), {name[4:] for name in FILES})

    def test_a_pull_goes_on_where_a_kill_left_it(self):
        write(self.project, {"raw/large": os.urandom(30_000_000)})
        data(self.project, "add", "raw")
        data(self.project, "push", "-r", "s3")
        before = tree(self.project / "raw")
        for attempt in range(4):
            self.forget()
            pull = subprocess.Popen([LAYERWATT, "data", "pull", "-r", "s3"], cwd=self.project, env=environment(),
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(0.02 * attempt)
            pull.send_signal(signal.SIGKILL)
            pull.wait()
            data(self.project, "pull", "-r", "s3", "--force")
            self.assertEqual(tree(self.project / "raw"), before)

    def test_a_killed_push_leaves_no_list_without_its_files(self):
        write(self.project, {f"raw/many/{i}": os.urandom(1000) for i in range(300)})
        data(self.project, "add", "raw")
        for attempt in range(5):
            push = subprocess.Popen([LAYERWATT, "data", "push", "-r", "s3"], cwd=self.project, env=environment(),
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(0.05 * attempt)
            push.send_signal(signal.SIGKILL)
            push.wait()
            names = {path.name for path in self.stored("s3")}
            if any(name.endswith(".dir") for name in names):
                self.assertEqual(len(names), 306)
        data(self.project, "push", "-r", "s3")
        self.assertEqual(len(self.stored("s3")), 306)


class BadInput(Case):
    def test_a_damaged_object_is_named_and_not_written(self):
        data(self.project, "add", "raw")
        for remote in REMOTES:
            with self.subTest(remote):
                data(self.project, "push", "-r", remote)
                victim = next(path for path in self.stored(remote) if path.stat().st_size == 100_000)
                victim.chmod(0o644)
                victim.write_bytes(b"z" * 100_000)
                self.forget()
                said = data(self.project, "pull", "-r", remote, code=1)
                self.assertIn("'raw/sub é/b c'", said)
                self.assertIn("damaged at the remote", said)
                self.assertFalse((self.project / "raw").exists())
                cached = self.project / ".dvc/cache/files/md5" / victim.parent.name / victim.name
                self.assertFalse(cached.exists())
                self.forget()
                write(self.project, FILES)
                data(self.project, "add", "raw")

    def test_a_damaged_cache_is_not_pushed(self):
        data(self.project, "add", "raw")
        victim = next(path for path in (self.project / ".dvc/cache").rglob("*")
                      if path.is_file() and path.stat().st_size == 100_000)
        victim.chmod(0o644)
        victim.write_bytes(b"z" * 100_000)
        victim.chmod(0o444)
        for remote in ("local", "s3"):
            with self.subTest(remote):
                said = data(self.project, "push", "-r", remote, code=1)
                self.assertIn("damaged in the cache", said)
                self.assertFalse([path for path in self.stored(remote) if path.name.endswith(".dir")])

    def test_a_cache_damaged_behind_its_times_is_not_pushed(self):
        """What was verified is not read again for a folder, unless it was touched: setting times back is touching."""
        with open(self.project / "raw/zzz", "wb") as file:
            file.truncate(200_000_000)  # so that the others are older than the clock's step when all is remembered
        data(self.project, "add", "raw")
        data(self.project, "push", "-r", "local")
        remote = [path for path in self.stored("local") if path.stat().st_size == 100_000]
        self.assertEqual(len(remote), 1)
        remote[0].unlink()
        victim = self.project / ".dvc/cache/files/md5" / remote[0].parent.name / remote[0].name
        before = victim.stat()
        victim.chmod(0o644)
        victim.write_bytes(b"z" * 100_000)
        victim.chmod(0o444)
        os.utime(victim, ns=(before.st_atime_ns, before.st_mtime_ns))
        said = data(self.project, "push", "-r", "local", code=1)
        self.assertIn("damaged in the cache", said)
        self.assertFalse(remote[0].exists())

    def test_refused_keys_and_tokens_are_said(self):
        data(self.project, "add", "raw")
        said = data(self.project, "push", "-r", "s3", code=1, env=environment(AWS_SECRET_ACCESS_KEY="wrong-secret"))
        self.assertIn("refuses access (403)", said)
        self.assertNotIn("wrong-secret", said)
        data(self.project, "remote", "add", "wrong", f"http://127.0.0.1:{self.port}/plain/x", "--set", "auth=basic",
             "--set", "user=user", "--set", "password=hush-hush")
        said = data(self.project, "push", "-r", "wrong", code=1)
        self.assertIn("(401)", said)
        self.assertNotIn("hush-hush", said)

    def test_a_bucket_that_is_not_there_is_said(self):
        data(self.project, "add", "raw")
        data(self.project, "remote", "add", "gone", "s3://no-such-bucket/x", "--set",
             f"endpointurl=http://127.0.0.1:{self.port}")
        self.assertIn("there is no bucket 'no-such-bucket'", data(self.project, "push", "-r", "gone", code=1))
        self.assertIn("there is no bucket", data(self.project, "pull", "-r", "gone", code=1)
                      if self.forget() is None else "")

    def test_no_network_is_said(self):
        data(self.project, "add", "raw")
        data(self.project, "remote", "add", "dead", "http://127.0.0.1:9/x")
        said = data(self.project, "push", "-r", "dead", code=1)
        self.assertIn("no answer from http://127.0.0.1:9/", said)

    def test_a_full_disk_leaves_nothing_half_written(self):
        write(self.project, {"raw/large": os.urandom(8_000_000)})
        data(self.project, "add", "raw")
        data(self.project, "push", "-r", "s3")
        self.forget()

        def little_room():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, 4_000_000))

        said = data(self.project, "pull", "-r", "s3", code=1, preexec_fn=little_room)
        self.assertIn("File too large", said)
        self.assertFalse((self.project / "raw").exists())
        for path in (self.project / ".dvc/cache/files").rglob("*"):
            if path.is_file():
                md5 = hashlib.md5(path.read_bytes()).hexdigest()
                self.assertEqual(path.parent.name + path.name.removesuffix(".dir"), md5)
        data(self.project, "pull", "-r", "s3")

    def test_a_list_that_leads_out_of_its_folder_is_refused(self):
        evil = b'[{"md5": "d41d8cd98f00b204e9800998ecf8427e", "relpath": "../../evil"}]'
        md5 = hashlib.md5(evil).hexdigest()
        write(self.root, {f"bucket/pre fix/é/files/md5/{md5[:2]}/{md5[2:]}.dir": evil})
        (self.project / "x.dvc").write_text(f"outs:\n- md5: {md5}.dir\n  hash: md5\n  path: x\n")
        said = data(self.project, "pull", "-r", "s3", code=1)
        self.assertIn("'../../evil' is refused", said)
        self.assertFalse((self.folder / "evil").exists())

    def test_a_cut_dvc_file_is_named(self):
        data(self.project, "add", "raw")
        path = self.project / "raw.dvc"
        text = path.read_text()
        path.write_text(text[:30])
        said = data(self.project, "status", code=1)
        self.assertIn("raw.dvc", said)
        self.assertIn("cut", said)

    def test_two_pushes_at_once_do_not_harm_each_other(self):
        write(self.project, {f"raw/many/{i}": os.urandom(1000) for i in range(200)})
        data(self.project, "add", "raw")
        other = self.folder / "other"
        shutil.copytree(self.project, other)
        pushes = [subprocess.Popen([LAYERWATT, "data", "push", "-r", remote], cwd=folder, env=environment(),
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                  for folder in (self.project, other, self.project) for remote in ("s3",)]
        ends = [push.communicate()[0] for push in pushes]
        self.assertEqual(pushes[1].returncode, 0, ends)
        # Two in one project: one after the other, or one is told of the other.
        for i in (0, 2):
            if pushes[i].returncode != 0:
                self.assertIn("another layerwatt or DVC", ends[i])
        self.assertEqual(len(self.stored("s3")), 206)
        self.forget()
        data(self.project, "pull", "-r", "s3")

    def test_remotes_of_other_kinds_say_what_to_install(self):
        data(self.project, "add", "raw")
        data(self.project, "remote", "add", "far", "ssh://host/store")
        said = data(self.project, "push", "-r", "far", code=1, env=environment(PATH="/nonexistent"))
        self.assertIn("pip install 'dvc[ssh]'", said)
        self.assertIn("dvc push --remote far", said)

    def test_remotes_of_other_kinds_go_through_the_program(self):
        data(self.project, "add", "raw")
        data(self.project, "remote", "add", "far", "ssh://host/store")
        program = self.folder / "bin" / "dvc"
        write(self.folder, {"bin/dvc": b"#!/bin/sh\necho \"$@\" >> \"$0.log\"\nexit 0\n"})
        program.chmod(0o755)
        path = f"{program.parent}:{os.environ['PATH']}"
        self.assertIn("pushed by DVC", data(self.project, "push", "-r", "far", env=environment(PATH=path)))
        self.assertEqual((self.folder / "bin/dvc.log").read_text(), "push --remote far -- raw.dvc\n")


class DagsHub(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder, True)
        server = dagshub_server.make_server()
        self.repository = server.repository
        self.serving = serving(server)
        self.port = self.serving.__enter__()
        self.addCleanup(self.serving.__exit__, None, None, None)
        self.env = environment(DAGSHUB_USER_TOKEN=dagshub_server.TOKEN,
                               DAGSHUB_CLIENT_HOST=f"http://127.0.0.1:{self.port}")
        self.files = {"a.csv": b"1,2\n", "sub é/b c.txt": b"x" * 1000, "sub é/deep/c.bin": bytes(range(256)),
                      **{f"many/{i:03}": b"%d" % i for i in range(230)}}
        write(self.folder / "raw_data", self.files)

    def requests(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_requests") as answer:
            return json.load(answer)

    def names(self, *more):
        return ("--owner", "owner", "--name", "repo", *more)

    def test_what_the_published_command_uploads_it_downloads(self):
        said = data(self.folder, *self.names("--local-dir-path", "raw_data", "--commit", "Add raw data", "--upload"),
                    env=self.env)
        self.assertIn("233 files", said)
        self.assertFalse([row for row in self.requests() if "refused" in row])
        sent = self.repository.files["main"]
        self.assertEqual({name: sent["raw_data/" + name] for name in self.files}, self.files)
        data(self.folder, *self.names("--local-dir-path", "copy", "--remote-dir-path", "raw_data", "--download"),
             env=self.env)
        self.assertEqual(tree(self.folder / "copy"), tree(self.folder / "raw_data"))

    def test_uploads_come_in_commits_of_a_folder_and_at_most_100_files(self):
        data(self.folder, "upload", *self.names(), env=self.env)
        puts = [row for row in self.requests() if row["method"] == "PUT"]
        self.assertEqual(sorted(len(row["files"]) for row in puts), [1, 1, 1, 30, 100, 100])
        self.assertTrue(all(row["path"].endswith("/content/main/raw_data") for row in puts))
        again = data(self.folder, "upload", *self.names(), env=self.env)
        self.assertIn("0 commits, 6 batches were there already", again)

    def test_a_branch_that_is_not_there_is_made(self):
        data(self.folder, "upload", *self.names("--branch", "night", "--remote-dir-path", "a/b"), env=self.env)
        self.assertIn("a/b/a.csv", self.repository.files["night"])
        self.assertEqual(self.repository.files["main"], {})

    def test_files_that_differ_are_fetched_again(self):
        data(self.folder, "upload", *self.names(), env=self.env)
        data(self.folder, "download", *self.names("--local-dir-path", "copy"), env=self.env)
        (self.folder / "copy/a.csv").write_bytes(b"9,9\n")
        said = data(self.folder, "download", *self.names("--local-dir-path", "copy"), env=self.env)
        self.assertIn("1 files, 4 B downloaded; 232 were here already", said)
        self.assertEqual((self.folder / "copy/a.csv").read_bytes(), b"1,2\n")

    def test_what_comes_damaged_is_an_error_and_not_written(self):
        data(self.folder, "upload", *self.names(), env=self.env)
        self.repository.damage = "raw_data/a.csv"
        said = data(self.folder, "download", *self.names("--local-dir-path", "copy"), env=self.env, code=1)
        self.assertIn("'raw_data/a.csv' came damaged", said)
        self.assertFalse((self.folder / "copy/a.csv").exists())

    def test_a_refused_token_is_said_and_not_shown(self):
        env = {**self.env, "DAGSHUB_USER_TOKEN": "hush-hush"}
        said = data(self.folder, "upload", *self.names(), env=env, code=1)
        self.assertIn("refuses the token in DAGSHUB_USER_TOKEN (401)", said)
        self.assertNotIn("hush-hush", said)
        del env["DAGSHUB_USER_TOKEN"]
        self.assertIn("no token for DagsHub", data(self.folder, "download", *self.names(), env=env, code=1))

    def test_names_must_be_given_and_links_out_are_refused(self):
        self.assertIn("--owner OWNER --name NAME", data(self.folder, "upload", env=self.env, code=2))
        (self.folder / "raw_data/link").symlink_to("/etc/passwd")
        said = data(self.folder, "upload", *self.names(), env=self.env, code=1)
        self.assertIn("leads out of the folder", said)
        self.assertFalse([row for row in self.requests() if row["method"] == "PUT"])

    def test_a_server_that_stumbles_is_asked_again(self):
        self.repository.fail = 2
        data(self.folder, "upload", *self.names(), env=self.env)


if __name__ == "__main__":
    main()
