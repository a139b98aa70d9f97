#!/usr/bin/env python3
"""A stand-in for DagsHub's REST interface, for tests.

It answers what the public client (dagshub 0.7.3 on PyPI: upload/wrapper.py, common/api/repo.py) asks, and
refuses whatever that client does not send: another path, form field, order of fields or credentials. The
requests that it took can be read at GET /_requests, so that two clients can be compared field by field.
Nobody here has seen the real server: what it answers is what the client reads.
"""

import argparse
import hashlib
import http.server
import json
import re
import sys
import threading
import urllib.parse

TOKEN = "test-token"
USER = {"id": 1, "login": "owner", "full_name": "", "avatar_url": "", "public_email": "", "website": "",
        "company": "", "description": "", "username": "owner"}
FIELDS = ["commit_choice", "commit_summary", "versioning", "last_commit", "is_dvc_dir"]


class Repository:
    """Branches, each a list of commits with all their files."""

    def __init__(self):
        self.lock = threading.Lock()
        self.branches = {"main": "0" * 40}
        self.files = {"main": {}}
        self.commits = 0
        self.log = []
        self.fail = 0
        self.damage = None

    def commit(self, branch, summary):
        self.commits += 1
        self.branches[branch] = hashlib.sha1(f"{branch}{self.commits}{summary}".encode()).hexdigest()
        return self.branches[branch]


def parse_form(body, content_type):
    """The parts of multipart/form-data in their order: (name, file name or None, content)."""
    boundary = re.search(r'boundary="?([^";]+)"?', content_type).group(1).encode()
    parts = []
    for piece in body.split(b"--" + boundary)[1:-1]:
        head, _, content = piece[2:-2].partition(b"\r\n\r\n")
        text = head.decode()
        name = re.search(r'name="([^"]*)"', text).group(1)
        file = re.search(r'filename="((?:[^"\\]|\\.)*)"', text)
        star = re.search(r"filename\*=(?:UTF-8|utf-8)''(\S+)", text)
        file_name = None
        if star:
            file_name = urllib.parse.unquote(star.group(1))
        elif file:
            file_name = file.group(1).replace("%22", '"').replace('\\"', '"').replace("\\\\", "\\")
        parts.append((name, file_name, content))
    return parts


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *arguments):
        pass

    def answer(self, status, body=b"", headers=None):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def refuse(self, why):
        """What the public client would never have sent."""
        self.server.repository.log.append({"refused": why})
        self.answer(400, {"error": "bad request of the client", "details": why})

    def handle_any(self):
        body = self.read_body()
        url = urllib.parse.urlsplit(self.path)
        if url.path == "/_requests":
            self.answer(200, self.server.repository.log)
            return
        if url.path == "/_set":
            for name, value in json.loads(body).items():
                setattr(self.server.repository, name, value)
            self.answer(200)
            return
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.answer(401, {"message": "the token is wrong"})
            return
        entry = {"method": self.command, "path": url.path, "query": url.query}
        self.server.repository.log.append(entry)
        if self.server.repository.fail > 0:
            self.server.repository.fail -= 1
            self.answer(500, {"error": "server error", "details": "asked for by the test"})
            return
        self.route(url, body, entry)

    do_GET = do_PUT = do_POST = do_HEAD = handle_any

    def read_body(self):
        if "chunked" in (self.headers.get("Transfer-Encoding") or ""):
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def route(self, url, body, entry):
        if url.path == "/api/v1/user":
            self.answer(200, USER)
            return
        prefix = "/api/v1/repos/owner/repo"
        if not url.path.startswith(prefix):
            self.answer(404, {"message": "no such repository"})
            return
        rest = url.path[len(prefix):]
        repository = self.server.repository
        if rest == "":
            self.answer(200, {
                "id": 1, "name": "repo", "full_name": "owner/repo", "description": "", "private": False,
                "fork": False, "parent": None, "empty": False, "mirror": False, "size": 0, "html_url": "",
                "ssh_url": "", "clone_url": "", "website": "", "stars_count": 0, "forks_count": 0,
                "watchers_count": 0, "open_issues_count": 0, "default_branch": "main", "created_at": "",
                "updated_at": "", "permissions": {}, "owner": USER})
        elif match := re.fullmatch(r"/branches/(.+)", rest):
            self.branch(urllib.parse.unquote(match.group(1)))
        elif match := re.fullmatch(r"/content/([^/]+)/(.*)", rest):
            if self.command == "PUT":
                self.upload(urllib.parse.unquote(match.group(1)), match.group(2), body, entry)
            else:
                self.listing(urllib.parse.unquote(match.group(1)),
                             urllib.parse.unquote(match.group(2)).strip("/"), url)
        elif match := re.fullmatch(r"/raw/([^/]+)/(.*)", rest):
            self.raw(urllib.parse.unquote(match.group(1)), urllib.parse.unquote(match.group(2)))
        elif rest.startswith("/storage"):
            self.answer(200, [])
        else:
            self.refuse(f"no such path: {rest}")

    def branch(self, name):
        tip = self.server.repository.branches.get(name)
        if tip is None:
            self.answer(404, {"message": "no such branch"})
            return
        person = {"name": "a", "email": "a@b", "username": "owner"}
        self.answer(200, {"name": name, "commit": {
            "id": tip, "message": "m", "url": "", "author": person, "committer": person,
            "added": [], "removed": [], "modified": [], "timestamp": "2026-01-01T00:00:00Z"}})

    def upload(self, branch, directory, body, entry):
        repository = self.server.repository
        if "/" in directory:
            self.refuse("the client quotes the slashes of the folder in an upload's path")
            return
        directory = urllib.parse.unquote(directory)
        parts = parse_form(body, self.headers["Content-Type"])
        fields = [(name, content.decode()) for name, file, content in parts if file is None]
        files = [(file, content) for name, file, content in parts if file is not None]
        entry["fields"] = fields
        entry["files"] = [[file, hashlib.md5(content).hexdigest()] for file, content in files]
        values = dict(fields)
        names = [name for name, _ in fields]
        wanted = FIELDS + (["new_branch_name"] if values.get("commit_choice") != "direct" else [])
        if names != wanted:
            self.refuse(f"fields {names} instead of {wanted}")
            return
        if any(name != "files" for name, file, _ in parts if file is not None) or not files:
            self.refuse("files come as parts named 'files'")
            return
        if len(values["commit_summary"]) > 100:
            self.refuse("the client cuts the summary to 100 characters")
            return
        is_folder = directory != "" and values["versioning"] != "git"
        if values["is_dvc_dir"] != str(is_folder).lower():
            self.refuse(f"is_dvc_dir is {values['is_dvc_dir']}")
            return
        target = values.get("new_branch_name") or branch
        if values["commit_choice"] == "commit-to-new-branch":
            repository.branches[target] = repository.branches["main"]
            repository.files[target] = dict(repository.files["main"])
        elif branch not in repository.branches:
            self.refuse("an upload to a branch that is not there")
            return
        self.take(target, directory, values, files)

    def take(self, branch, directory, values, files):
        repository = self.server.repository
        with repository.lock:
            tree = repository.files[branch]
            paths = [f"{directory}/{file}" if directory else file for file, _ in files]
            overwrites = any(path in tree for path in paths)
            if overwrites and values["last_commit"] != repository.branches[branch]:
                code = "invalid last_commit" if values["last_commit"] else "missing last_commit"
                self.answer(409, {"error": code, "details": ""})
                return
            before = dict(tree)
            tree.update({path: content for path, (_, content) in zip(paths, files)})
            if tree == before:
                self.answer(204)
                return
            tip = repository.commit(branch, values["commit_summary"])
        self.answer(200, {}, {"ETag": tip})

    def listing(self, revision, path, url):
        tree = self.server.repository.files.get(revision)
        if tree is None:
            self.answer(404, {"message": "no such revision"})
            return
        base = path + "/" if path else ""
        rows = {}
        for file in tree:
            if not file.startswith(base):
                continue
            name, slash, _ = file[len(base):].partition("/")
            rows[name] = self.row(revision, base + name, "dir" if slash else "file")
        if not rows and path not in tree:
            self.answer(404, {"message": "no such path"})
        else:
            self.answer(200, list(rows.values()) if rows else self.row(revision, path, "file"))

    def row(self, revision, path, kind):
        host = f"http://{self.headers['Host']}/api/v1/repos/owner/repo"
        content = self.server.repository.files[revision].get(path, b"")
        return {"path": path, "type": kind, "size": len(content),
                "hash": hashlib.md5(content).hexdigest() if kind == "file" else "",
                "versioning": "dvc",
                "download_url": f"{host}/raw/{revision}/{urllib.parse.quote(path)}",
                "content_url": f"{host}/content/{revision}/{urllib.parse.quote(path)}"}

    def raw(self, revision, path):
        content = self.server.repository.files.get(revision, {}).get(path)
        if content is None:
            self.answer(404, {"message": "no such file"})
            return
        if self.server.repository.damage == path:
            content = content[:-1] + b"?"
        self.answer(200, content, {"Content-Type": "application/octet-stream"})


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def make_server(port=0):
    server = Server(("127.0.0.1", port), Handler)
    server.repository = Repository()
    return server


def main():
    argparse.ArgumentParser(description=__doc__).parse_args()
    server = make_server()
    print(server.server_address[1], flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
