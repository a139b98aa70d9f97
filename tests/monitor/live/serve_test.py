#!/usr/bin/env python3
"""`layerwatt serve` against strict parsers, TLS, and clients and sensors that misbehave.

Usage: serve_test.py --layerwatt PROGRAM

Needs promtool, openssl and prometheus_client (requirements.txt).
"""

import argparse
import base64
import concurrent.futures
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

from prometheus_client import parser as text_parser
from prometheus_client.openmetrics import parser as open_parser

import board_tree
import harness

LAYERWATT = None
OPEN_METRICS = {"Accept": "application/openmetrics-text; version=1.0.0"}


def value(text, series):
    """The value of a series in a scraped text."""
    lines = [line for line in text.split("\n") if line.startswith(series + " ")]
    return float(lines[0].rsplit(" ", 1)[1]) if lines else None


class ServeTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def serve(self, *words):
        serve = harness.Serve(LAYERWATT, *(words or ("--sensor", "virtual:orin-nano")))
        self.addCleanup(lambda: serve.process.poll() is None and serve.stop())
        return serve

    def tree(self):
        tree = board_tree.BoardTree(LAYERWATT, self.folder)
        self.addCleanup(tree.stop)
        return tree

    def test_strict_parsers_take_both_formats(self):
        tree = self.tree()
        serve = self.serve("--sysfs-root", tree.root, "--runs", tree.runs)
        time.sleep(2)
        text, headers = harness.get(serve.url)
        self.assertEqual(headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
        checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
        self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, ""))
        plain = {family.name: family for family in text_parser.text_string_to_metric_families(text)}
        text, headers = harness.get(serve.url, OPEN_METRICS)
        self.assertEqual(headers["Content-Type"], "application/openmetrics-text; version=1.0.0; charset=utf-8")
        families = {family.name: family for family in open_parser.text_string_to_metric_families(text)}
        self.assertEqual(families["layerwatt_board_energy_joules"].type, "counter")
        self.assertEqual(families["layerwatt_board_energy_joules"].unit, "joules")
        self.assertIn("jetson_power_total_watts", plain)
        series = [sample for family in families.values() for sample in family.samples
                  if not sample.name.endswith("_created")]
        self.assertLess(len(series), 100)
        self.assertTrue(all(sample.labels.get("virtual") == "true" for sample in series))

    def test_head_and_other_paths(self):
        serve = self.serve()
        head = urllib.request.Request(serve.url, method="HEAD")
        with urllib.request.urlopen(head, timeout=10) as answer:
            self.assertEqual(answer.read(), b"")
        for path, method, code in (("/", "GET", 200), ("/-/healthy", "GET", 200), ("/x", "GET", 404), ("/metrics", "PUT", 405)):
            request = urllib.request.Request(serve.url.replace("/metrics", path), method=method)
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:
                    self.assertEqual(answer.status, code)
            except urllib.error.HTTPError as error:
                self.assertEqual(error.code, code)

    def make_certificate(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", self.folder / "key.pem",
                        "-out", self.folder / "cert.pem"], check=True, capture_output=True)
        os.chmod(self.folder / "key.pem", 0o600)

    def test_tls_and_passwords(self):
        self.make_certificate()
        hashed = subprocess.run(["openssl", "passwd", "-6", "secret"], check=True, capture_output=True, text=True).stdout
        users = self.folder / "users"
        users.write_text(f"prometheus:{hashed}", encoding="utf-8")
        os.chmod(users, 0o600)
        port = harness.free_port()
        process = subprocess.Popen([LAYERWATT, "serve", "--sensor", "virtual:orin-nano", "--listen", f"127.0.0.1:{port}",
                                    "--tls-cert", self.folder / "cert.pem", "--tls-key", self.folder / "key.pem",
                                    "--password-file", users], stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        while "Serving https://" not in process.stdout.readline():
            pass
        url = f"https://127.0.0.1:{port}/metrics"
        trusted = ssl.create_default_context(cafile=self.folder / "cert.pem")
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(url, context=trusted, timeout=10)
        self.assertEqual(refused.exception.code, 401)
        word = base64.b64encode(b"prometheus:secret").decode()
        request = urllib.request.Request(url, headers={"Authorization": f"Basic {word}"})
        time.sleep(0.3)  # wrong passwords are hashed four times a second
        with urllib.request.urlopen(request, context=trusted, timeout=10) as answer:
            self.assertIn(b"layerwatt_board_power_watts", answer.read())
        # In the clear, to the port of TLS: no answer, and no end of the server.
        with self.assertRaises(OSError):
            harness.get(f"http://127.0.0.1:{port}/metrics")
        with urllib.request.urlopen(request, context=trusted, timeout=10) as answer:
            self.assertEqual(answer.status, 200)

    def fails(self, *words):
        done = subprocess.run([LAYERWATT, "serve", *words], capture_output=True, text=True, timeout=60, check=False)
        self.assertNotEqual(done.returncode, 0)
        return done.returncode, done.stderr

    def test_what_cannot_begin_says_why(self):
        serve = self.serve()
        code, said = self.fails("--sensor", "virtual:orin-nano", "--listen", f"127.0.0.1:{serve.port}")
        self.assertEqual(code, 1)
        self.assertIn("another program listens there", said)
        (self.folder / "empty").mkdir()
        code, said = self.fails("--sysfs-root", self.folder / "empty", "--listen", "127.0.0.1:0")
        self.assertEqual(code, 1)
        self.assertIn("no power sensor", said)
        self.assertEqual(self.fails("--listen", "8000", "--sensor", "virtual:orin-nano")[0], 2)
        self.assertEqual(self.fails("--sensor", "virtual:no-such")[0], 2)
        self.assertEqual(self.fails("--sensor", "virtual:orin-nano", "--listen", ":0", "--tls-key", "/dev/null")[0], 2)
        self.assertEqual(self.fails("--sensor", "virtual:orin-nano", "--listen", "none")[0], 2)

    def test_clients_that_misbehave_do_not_keep_others_waiting(self):
        serve = self.serve()
        idle = [socket.create_connection(("127.0.0.1", serve.port)) for _ in range(100)]
        for number, client in enumerate(idle):
            if number % 2:
                client.sendall(b"GET /metrics HTTP/1.1\r\nHost: b")
        with socket.create_connection(("127.0.0.1", serve.port)) as client:
            try:
                client.sendall(b"GET /metrics HTTP/1.1\r\n" + b"X-Big: " + b"a" * 1_000_000 + b"\r\n\r\n")
                client.recv(4096)
            except OSError:
                pass
        for noise in (b"\x16\x03\x01", b"\0" * 1000, b"GET " + b"/" * 100_000 + b" HTTP/1.1\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", serve.port)) as client:
                try:
                    client.sendall(noise)
                except OSError:
                    pass
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            texts = list(pool.map(lambda _: harness.get(serve.url)[0], range(100)))
        self.assertTrue(all("layerwatt_board_power_watts" in text for text in texts))
        # Those that say nothing are sent away after ten seconds.
        idle[0].settimeout(30)
        self.assertEqual(idle[0].recv(1), b"")
        for client in idle:
            client.close()

    def test_a_sensor_that_vanishes_and_returns_is_a_gap(self):
        tree = self.tree()
        serve = self.serve("--sysfs-root", tree.root)
        chip = tree.root / "sys/class/hwmon/hwmon1"
        time.sleep(1)
        before = harness.get(serve.url)[0]
        rail = '{rail="VDD_IN",virtual="true"}'
        power = value(before, "layerwatt_rail_power_watts" + rail)
        good = (chip / "curr1_input").read_bytes()
        (chip / "curr1_input").write_bytes(b"garbage\n")
        time.sleep(3)
        lost = harness.get(serve.url)[0]
        self.assertIsNone(value(lost, "layerwatt_rail_power_watts" + rail))
        self.assertIsNone(value(lost, 'jetson_power_total_watts{virtual="true"}'))
        self.assertEqual(value(lost, "layerwatt_rail_up" + rail), 0)
        unmeasured = value(lost, "layerwatt_unmeasured_seconds_total" + rail)
        self.assertGreater(unmeasured, 2)
        (chip / "curr1_input").write_bytes(good)
        time.sleep(2)
        back = harness.get(serve.url)[0]
        self.assertEqual(value(back, "layerwatt_rail_up" + rail), 1)
        self.assertGreaterEqual(value(back, "layerwatt_unmeasured_seconds_total" + rail), unmeasured)
        rise = (value(back, "layerwatt_rail_energy_joules_total" + rail)
                - value(before, "layerwatt_rail_energy_joules_total" + rail))
        self.assertGreater(rise, 0)
        # About three of the six seconds are in no joule.
        self.assertLess(rise, power * 4.5)

    def test_a_process_that_was_stopped_counts_that_as_unmeasured(self):
        serve = self.serve()
        time.sleep(1)
        before = harness.get(serve.url)[0]
        serve.process.send_signal(signal.SIGSTOP)
        time.sleep(3)
        serve.process.send_signal(signal.SIGCONT)
        time.sleep(1)
        after = harness.get(serve.url)[0]
        rail = '{rail="VDD_IN",virtual="true"}'
        self.assertGreater(value(after, "layerwatt_unmeasured_seconds_total" + rail)
                           - value(before, "layerwatt_unmeasured_seconds_total" + rail), 2.5)

    def test_the_text_file_is_whole_and_goes_with_the_service(self):
        serve = self.serve("--sensor", "virtual:orin-nano", "--textfile", self.folder)
        path = self.folder / "layerwatt.prom"
        end = time.monotonic() + 30
        while not path.exists() and time.monotonic() < end:
            time.sleep(0.1)
        text = path.read_text(encoding="utf-8")
        self.assertIn("layerwatt_board_energy_joules_total", text)
        self.assertEqual(path.stat().st_mode & 0o777, 0o644)
        self.assertEqual(serve.stop(), 0)
        self.assertFalse(path.exists())

    def test_counters_go_on_over_a_restart_and_not_over_a_crash(self):
        serve = self.serve("--sensor", "virtual:orin-nano", "--state", self.folder / "state.json")
        series = 'layerwatt_board_energy_joules_total{virtual="true"}'
        time.sleep(2)
        before = harness.get(serve.url)[0]
        created = [line for line in harness.get(serve.url, OPEN_METRICS)[0].split("\n") if "energy_joules_created" in line]
        self.assertEqual(serve.stop(), 0)
        serve.start()
        after = harness.get(serve.url)[0]
        self.assertGreaterEqual(value(after, series), value(before, series))
        rail = 'layerwatt_unmeasured_seconds_total{rail="VDD_IN",virtual="true"}'
        self.assertGreater(value(after, rail), value(before, rail))
        self.assertEqual(created, [line for line in harness.get(serve.url, OPEN_METRICS)[0].split("\n")
                                   if "energy_joules_created" in line])
        serve.process.kill()
        serve.process.wait()
        self.assertFalse((self.folder / "state.json").exists())
        serve.start()
        self.assertLess(value(harness.get(serve.url)[0], series), value(after, series))

    def test_systemd_may_pass_the_socket(self):
        if subprocess.run(["sh", "-c", "command -v systemd-socket-activate"], capture_output=True, check=False).returncode:
            self.skipTest("systemd-socket-activate is not installed")
        port = harness.free_port()
        process = subprocess.Popen(["systemd-socket-activate", "-l", f"127.0.0.1:{port}", LAYERWATT, "serve", "--sensor",
                                    "virtual:orin-nano"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        text, _ = harness.wait_for(f"http://127.0.0.1:{port}/metrics")
        self.assertIn("layerwatt_board_power_watts", text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--layerwatt", required=True)
    arguments, rest = parser.parse_known_args()
    LAYERWATT = str(pathlib.Path(arguments.layerwatt).resolve())
    result = unittest.main(argv=[sys.argv[0], *rest], exit=False).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
