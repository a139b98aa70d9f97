"""Runs the command in folders of their own, beside servers in this process."""

import contextlib
import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent / "servers"))

import object_server  # noqa: E402

LAYERWATT = os.environ.get("LAYERWATT", "layerwatt")


def environment(**more):
    """Without the person's own configuration, keys and proxies."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "LSAN_OPTIONS") if name in os.environ}
    home = tempfile.gettempdir() + "/layerwatt-no-home"
    return {**kept, "HOME": home, "XDG_CONFIG_HOME": home, "XDG_CONFIG_DIRS": home, "LC_ALL": "C.UTF-8",
            "AWS_ACCESS_KEY_ID": object_server.KEY, "AWS_SECRET_ACCESS_KEY": object_server.SECRET,
            "AWS_EC2_METADATA_DISABLED": "true", "DVC_NO_ANALYTICS": "1", "no_proxy": "*", **more}


def run(folder, *words, env=None, timeout=300, preexec_fn=None):
    return subprocess.run([str(word) for word in words], cwd=folder, env=env or environment(), timeout=timeout,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, preexec_fn=preexec_fn,
                          check=False)


def data(folder, *words, code=0, **more):
    """`layerwatt data …`; its output, once it has ended with `code`."""
    done = run(folder, LAYERWATT, "data", *words, **more)
    if done.returncode != code:
        raise AssertionError(f"data {words}: exit code {done.returncode} instead of {code}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def write(root, files):
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def tree(root):
    """Path to MD5 of every file below."""
    found = {}
    for path in sorted(root.rglob("*")):
        if path.is_file():
            md5 = hashlib.md5()
            with open(path, "rb") as file:
                while piece := file.read(1 << 22):
                    md5.update(piece)
            found[path.relative_to(root).as_posix()] = md5.hexdigest()
    return found


@contextlib.contextmanager
def serving(server):
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def objects(**options):
    """A server of plain HTTP and S3 with the bucket `bucket`: (its port, its folder, its faults)."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "bucket").mkdir()
        (root / "plain").mkdir()
        server = object_server.make_server(root, **options)
        with serving(server) as port:
            yield port, root, server.faults


def add_remotes(folder, port, store):
    """The three kinds that layerwatt knows itself: `local`, `web`, `s3`."""
    data(folder, "remote", "add", "local", store)
    data(folder, "remote", "add", "web", f"http://127.0.0.1:{port}/plain/some%20base", "--set", "auth=basic",
         "--set", f"user={object_server.USER}", "--set", f"password={object_server.PASSWORD}")
    data(folder, "remote", "add", "s3", "s3://bucket/pre fix/é", "--set", f"endpointurl=http://127.0.0.1:{port}")


def main():
    """Runs the tests of the script, and says how many passed as scripts/test.sh counts them."""
    result = unittest.main(module="__main__", exit=False, verbosity=int(os.environ.get("VERBOSITY", "2"))).result
    bad = len(result.failures) + len(result.errors)
    passed = max(0, result.testsRun - bad - len(result.skipped))  # what fails in setUpClass() ran no test
    print(f"{passed} passed, {bad} failed", flush=True)
    sys.exit(1 if bad else 0)
