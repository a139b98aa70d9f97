#!/usr/bin/env python3
"""The public DagsHub client and `layerwatt data` send the same requests to a stand-in of the server.

Usage: LAYERWATT=build/ci/layerwatt DAGSHUB_PYTHON=venv/bin/python python3 dagshub_client_test.py; the
virtual environment is that of requirements-dagshub.txt.
"""

import os
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from command import (data, environment, main, run, serving, tree, write)  # noqa: E402
import dagshub_server  # noqa: E402

PYTHON = os.environ.get("DAGSHUB_PYTHON", sys.executable)

# What the published data_version.py does, in words of our own.
UPLOAD = """
import sys, dagshub
from dagshub.common.api.repo import RepoAPI
api = RepoAPI(repo="owner/repo")
tip = api.last_commit(branch="main").id
dagshub.upload.Repo(owner="owner", name="repo", branch="main").upload(
    local_path="raw_data", remote_path="raw_data", commit_message="Add raw data", versioning="dvc",
    last_commit=tip)
"""
DOWNLOAD = """
from dagshub.common.api.repo import RepoAPI
RepoAPI(repo="owner/repo").download(remote_path="raw_data", local_path="copy", recursive=True,
                                    revision="main")
"""


class Client(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.files = {"a.csv": b"1,2\n", "sub e/b c.txt": b"x" * 1000, "sub e/deep/c.bin": bytes(range(256)),
                      "é.txt": b"u", **{f"many/{i:03}": b"%d" % i for i in range(130)}}
        write(self.folder / "raw_data", self.files)

    def fresh(self):
        server = dagshub_server.make_server()
        context = serving(server)
        port = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        env = environment(DAGSHUB_USER_TOKEN=dagshub_server.TOKEN, DAGSHUB_CLIENT_HOST=f"http://127.0.0.1:{port}",
                          DAGSHUB_QUIET="true", HOME=str(self.folder))
        return server.repository, env

    def public(self, script, env):
        done = run(self.folder, PYTHON, "-c", script, env=env)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def ours(self, env, *words):
        data(self.folder, "--owner", "owner", "--name", "repo", "--branch", "main", *words, env=env)

    def puts(self, repository):
        self.assertFalse([row for row in repository.log if "refused" in row])
        rows = [row for row in repository.log if row["method"] == "PUT"]
        # The client takes files as the file system lists them, so which hundred come first is chance.
        commits = sorted((row["path"], [pair for pair in row["fields"] if pair[0] != "last_commit"],
                          len(row["files"])) for row in rows)
        return commits, sorted(tuple(file) for row in rows for file in row["files"])

    def test_uploads_are_equal_field_by_field(self):
        theirs, env = self.fresh()
        self.public(UPLOAD, env)
        ours, env = self.fresh()
        self.ours(env, "--local-dir-path", "raw_data", "--commit", "Add raw data", "--upload")
        self.assertEqual(self.puts(ours), self.puts(theirs))
        self.assertEqual(ours.files, theirs.files)

    def test_each_downloads_what_the_other_uploaded(self):
        repository, env = self.fresh()
        self.public(UPLOAD, env)
        self.ours(env, "--local-dir-path", "ours", "--remote-dir-path", "raw_data", "--download")
        self.assertEqual(tree(self.folder / "ours"), tree(self.folder / "raw_data"))
        repository, env = self.fresh()
        self.ours(env, "--local-dir-path", "raw_data", "--upload")
        self.public(DOWNLOAD, env)
        self.assertEqual(tree(self.folder / "copy"), tree(self.folder / "raw_data"))


if __name__ == "__main__":
    main()
