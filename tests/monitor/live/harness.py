"""Processes and queries that the tests of monitoring share: layerwatt serve, a real Prometheus, a line that fails."""

import json
import pathlib
import socket
import subprocess
import threading
import time
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(url, headers=None, timeout=10):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=timeout) as answer:
        return answer.read().decode("utf-8"), answer.headers


def wait_for(url, seconds=60):
    """Until the address answers; the last error after that."""
    end = time.monotonic() + seconds
    while True:
        try:
            return get(url)
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


class Serve:
    """A running `layerwatt serve` on a port of 127.0.0.1."""

    def __init__(self, layerwatt, *words, port=None):
        self.layerwatt = layerwatt
        self.port = port or free_port()
        self.words = words
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen([self.layerwatt, "serve", "--listen", f"127.0.0.1:{self.port}", *self.words],
                                        stdout=subprocess.DEVNULL)
        wait_for(self.url)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/metrics"

    def stop(self):
        self.process.terminate()
        return self.process.wait(timeout=30)


class Prometheus:
    """Debian's Prometheus in a folder of its own."""

    def __init__(self, folder, config, *words):
        self.folder = pathlib.Path(folder)
        self.port = free_port()
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "prometheus.yml").write_text(config, encoding="utf-8")
        storage = [] if any("storage.agent" in word for word in words) else [f"--storage.tsdb.path={self.folder}/data"]
        self.log = open(self.folder / "prometheus.log", "wb")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={self.folder}/prometheus.yml", *storage,
             f"--web.listen-address=127.0.0.1:{self.port}", *words],
            stdout=self.log, stderr=self.log)
        wait_for(f"http://127.0.0.1:{self.port}/-/ready")

    def query(self, expr, at=None):
        """[(labels, value)] of an instant query."""
        words = {"query": expr}
        if at is not None:
            words["time"] = f"{at:.3f}"
        url = f"http://127.0.0.1:{self.port}/api/v1/query?{urllib.parse.urlencode(words)}"
        answer = json.loads(get(url, timeout=60)[0])
        if answer["status"] != "success":
            raise RuntimeError(f"{expr}: {answer}")
        return [(one["metric"], float(one["value"][1])) for one in answer["data"]["result"]]

    def sample_times(self, series, seconds, at):
        """When the samples of one series were taken that lie within so many seconds before `at`."""
        words = urllib.parse.urlencode({"query": f"{series}[{seconds}s]", "time": f"{at:.3f}"})
        answer = json.loads(get(f"http://127.0.0.1:{self.port}/api/v1/query?{words}", timeout=60)[0])
        return [float(when) for when, _ in answer["data"]["result"][0]["values"]]

    def query_range(self, expr, begin, end, step):
        words = urllib.parse.urlencode({"query": expr, "start": begin, "end": end, "step": step})
        answer = json.loads(get(f"http://127.0.0.1:{self.port}/api/v1/query_range?{words}", timeout=60)[0])
        return [(one["metric"], [(float(t), float(v)) for t, v in one["values"]]) for one in answer["data"]["result"]]

    def stop(self):
        self.process.terminate()
        code = self.process.wait(timeout=60)
        self.log.close()
        return code


class FailingLine:
    """Passes connections on to a port, but for every `nth`, which it closes unanswered."""

    def __init__(self, to_port, nth):
        self.to_port = to_port
        self.nth = nth
        self.lost = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        number = 0
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            number += 1
            if number % self.nth == 0:
                self.lost += 1
                client.close()
                continue
            threading.Thread(target=self.pass_on, args=(client,), daemon=True).start()

    def pass_on(self, client):
        try:
            with client, socket.create_connection(("127.0.0.1", self.to_port), timeout=10) as server:
                client.settimeout(10)
                # One request, one answer: the headers say that the line closes.
                request = b""
                while b"\r\n\r\n" not in request:
                    part = client.recv(4096)
                    if not part:
                        return
                    request += part
                server.sendall(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
                while part := server.recv(65536):
                    client.sendall(part)
        except OSError:
            pass

    def close(self):
        self.socket.close()
