"""What layerwatt.fleet does without pyarrow: ids, keys, statistics, limits, transports, and words for what is missing."""

import contextlib
import hashlib
import http.server
import json
import os
import pathlib
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from datetime import datetime, timezone

import layerwatt as lw
from layerwatt.fleet import compare, extras, identity, manifest, scratch, solver, sources, statistics
from layerwatt.fleet.options import SolveOptions

COMMAND = os.environ["LAYERWATT_COMMAND"]


class InAFolder(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.folder = pathlib.Path(os.path.realpath(place.name))

    def write(self, name, content=b"x"):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path


class Identity(InAFolder):
    def id_of(self, folder):
        return identity.id_of(identity.listing_of(identity.hashed(folder, identity.scan(folder))))

    def test_is_the_id_that_layerwatt_data_records(self):
        for name, content in [("net/run.json", b"{}"), ("net/a-b", b"1"), ("net/a/b", b"2"), ("net/é 名/x\"y", b"3"),
                              ("net/empty", b""), ("net/.hidden", b"4")]:
            self.write(name, content)
        (self.folder / "net/link").symlink_to("run.json")
        (self.folder / "net/folder-link").symlink_to("a")
        subprocess.run(["git", "init", "-q", self.folder], check=True)
        for words in (["data", "init"], ["data", "add", "net"]):
            subprocess.run([COMMAND, *words], cwd=self.folder, check=True, capture_output=True)
        text = (self.folder / "net.dvc").read_text()
        self.assertIn(self.id_of(str(self.folder / "net")), text)
        self.assertEqual(manifest.tracked(str(self.folder / "net.dvc")), (self.id_of(str(self.folder / "net")), "net"))

    def test_what_dvc_refuses_is_refused_by_name(self):
        self.write("net/run.json")
        (self.folder / "net/out").symlink_to("/etc/passwd")
        with self.assertRaisesRegex(lw.UnsupportedError, "net/out: the symbolic link leads out"):
            identity.scan(str(self.folder / "net"))
        (self.folder / "net/out").unlink()
        os.mkfifo(self.folder / "net/pipe")
        with self.assertRaisesRegex(lw.UnsupportedError, "net/pipe: neither file nor folder"):
            identity.scan(str(self.folder / "net"))

    def test_lists_that_lead_out_of_their_folder_are_refused(self):
        md5 = "0" * 32
        for path in ("../x", "/x", "a/../../x", "a//b", "", "a/."):
            with self.assertRaises(lw.DatasetError, msg=path):
                identity.files_of(json.dumps([{"md5": md5, "relpath": path}]))
        for text in ("{}", "[1]", '[{"md5": "x", "relpath": "a"}]', "no json"):
            with self.assertRaises(lw.DatasetError, msg=text):
                identity.files_of(text)

    def test_differences_name_each_file(self):
        a, b = "a" * 32, "b" * 32
        told = identity.differences([identity.File("one", a), identity.File("two", a)],
                                    [identity.File("one", b), identity.File("three", a)])
        self.assertEqual(told, [f"one has MD5 {b}, listed is {a}", "three is not in the manifest's list", "two is not there"])

    def test_a_recording_that_changed_is_not_used(self):
        self.write("raw/idling_power.json", b"{}")
        folder = self.write("raw/net/run.json").parent
        files = identity.hashed(str(folder), identity.scan(str(folder)))
        uri = sources.uri_of(str(folder))
        md5 = hashlib.md5(b"{}").hexdigest()
        self.assertEqual(sources.verify_in_place(uri, files, "idling_power.json", md5), str(folder))
        self.write("raw/idling_power.json", b"{ }")
        with self.assertRaisesRegex(lw.DatasetError, "idling_power.json beside it is not the one"):
            sources.verify_in_place(uri, files, "idling_power.json", md5)
        self.write("raw/net/run.json", b"y")
        with self.assertRaisesRegex(lw.DatasetError, "run.json has MD5 .*Make the manifest again"):
            sources.verify_in_place(uri, files, "", "")


class Keys(unittest.TestCase):
    ROW = {"oid": "1.dir", "idle_md5": "", "recording": "a/net", "network": "net", "run": "a", "board": "b", "mode": "m"}

    def test_are_of_all_that_decides_a_result_and_of_nothing_else(self):
        plain = SolveOptions(solver="layerwatt 1")
        key = plain.key(self.ROW)
        self.assertRegex(key, "^[0-9a-f]{16}$")
        for more in ({"method": "window"}, {"idle_power_watt": 1.0}, {"sensor_samples": 16}, {"solver": "layerwatt 2"}):
            self.assertNotEqual(SolveOptions(**{"solver": "layerwatt 1", **more}).key(self.ROW), key, more)
        for more in ({"memory_mb": 1}, {"seconds": 1.0}, {"scratch": "/x"}, {"command": "y"}, {"out": "z"}):
            self.assertEqual(SolveOptions(solver="layerwatt 1", **more).key(self.ROW), key, more)
        for name in self.ROW:
            self.assertNotEqual(plain.key({**self.ROW, name: "other"}), key, name)


class Recordings(InAFolder):
    def test_are_found_with_the_idle_power_beside_them(self):
        for name in ("a/idling_power.json", "a/net/run.json", "a/net/trt_profiling/x.json", "a/b/other_power_log.log",
                     "a/b.partial/run.json", "a/.hidden/run.json", "c/own/power.npy", "c/own/idling_power.json",
                     "d/10_seconds_idling_power_log_20240101-000000.log", "d/10_seconds_idling_power_log_20240102-000000.log",
                     "d/e/trt_profiling/trt_layer_latency.json", "nothing/file.txt"):
            self.write(name)
        found = {os.path.relpath(path, self.folder): idle for path, idle in manifest.find(str(self.folder))}
        self.assertEqual(found, {"a/net": "idling_power.json", "a/b": "idling_power.json", "c/own": "",
                                 "d/e": "10_seconds_idling_power_log_20240102-000000.log"})

    def test_are_found_in_a_list_of_files_just_so(self):
        names = ["idling_power.json", "net/run.json", "net/trt_profiling/a.json", "net.partial/run.json", "x/y/power.npy"]
        groups = manifest._groups([identity.File(name, "0" * 32) for name in names])
        self.assertEqual({folder: [file.path for file in files] for folder, files in groups.items()},
                         {"net": ["run.json", "trt_profiling/a.json"], "x/y": ["power.npy"]})
        self.assertEqual(list(manifest._groups([identity.File("run.json", "0" * 32)])), [""])


class Statistics(unittest.TestCase):
    def test_order_statistics_are_those_of_the_tables(self):
        # Conover, Practical Nonparametric Statistics: 95 % intervals of a median.
        known = {5: None, 6: 1, 8: 1, 9: 2, 10: 2, 15: 4, 20: 6, 25: 8, 50: 18, 100: 40}
        self.assertEqual({count: statistics.order_statistics(count) for count in known}, known)
        self.assertAlmostEqual(statistics.order_statistics(2001), (2001 - 1.96 * 2001**0.5) / 2, delta=1.5)

    def test_a_median_is_never_narrower_than_a_run(self):
        many = [10.0] * 1000
        found = statistics.median_of(many, [9.0] * 1000, [12.0] * 1000)
        self.assertEqual(found, (10.0, 9.0, 12.0, 1000))
        found = statistics.median_of([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, None], [None] * 7, [None] * 7)
        self.assertEqual(found, (3.5, 1.0, 6.0, 6))

    def test_few_runs_have_a_wide_interval_and_one_has_its_own(self):
        self.assertEqual(statistics.median_of([5.0]), (5.0, None, None, 1))
        self.assertEqual(statistics.median_of([5.0], [4.5], [5.25]), (5.0, 4.5, 5.25, 1))
        two = statistics.median_of([1.0, 2.0])
        self.assertLess(two.low, -5.0)
        self.assertIsNone(statistics.median_of([None, None]))

    def test_intervals_of_medians_hold(self):
        import random
        chance = random.Random(4)
        for count in (3, 7, 40):
            held = 0
            for _ in range(400):
                found = statistics.median_of([chance.gauss(7.0, 1.0) for _ in range(count)])
                held += found.low <= 7.0 <= found.high
            self.assertGreaterEqual(held / 400, 0.93, count)

    def test_ratios_differ_only_where_their_interval_says_so(self):
        one, other = statistics.Median(2.0, 1.9, 2.1, 9), statistics.Median(1.0, 0.9, 1.1, 9)
        ratio = statistics.ratio_of(one, other)
        self.assertEqual(ratio.value, 2.0)
        self.assertTrue(ratio.differs)
        self.assertFalse(statistics.ratio_of(other, statistics.Median(1.05, 0.9, 1.2, 9)).differs)
        self.assertIsNone(statistics.ratio_of(one, statistics.Median(0.0, 0.0, 0.0, 9)))
        self.assertFalse(statistics.ratio_of(one, statistics.Median(1.0, None, None, 1)).differs)

    def test_outliers_are_far_by_their_own_interval_too(self):
        values = [10.0 + 0.01 * i for i in range(20)] + [13.0, 14.0]
        lows = [v - 0.1 for v in values[:-1]] + [9.0]
        highs = [v + 0.1 for v in values[:-1]] + [19.0]
        self.assertEqual(statistics.outliers(values, lows, highs), [20])
        self.assertEqual(statistics.outliers([1.0, 1.0, 1.0, 100.0], [], []), [])

    def test_drift_is_found_where_it_is_and_not_where_it_is_not(self):
        import random
        chance = random.Random(7)
        days = [chance.uniform(0.0, 200.0) for _ in range(300)]
        noise = [chance.gauss(0.0, 0.01) for _ in days]
        drifting = statistics.drift_of(days, [1.0 + 0.0003 * day + n for day, n in zip(days, noise)])
        self.assertTrue(drifting.is_certain)
        self.assertTrue(drifting.low < 0.0003 * 30.4375 < drifting.high)
        self.assertFalse(statistics.drift_of(days, [1.0 + n for n in noise]).is_certain)
        self.assertIsNone(statistics.drift_of(days[:9], noise[:9]))
        self.assertIsNone(statistics.drift_of([1.0 + 0.01 * i for i in range(50)], [1.0] * 50))


def run_row(recording, energy, virtual=False, board="nano", network="net", day=1):
    return {"recording": recording, "board": board, "mode": "15W", "network": network, "virtual": virtual, "version": "v",
            "solver": "s", "method": "solve", "software": "6", "engine": "e", "engine_version": "1",
            "pass_energy_joule": energy, "pass_energy_low_joule": 0.99 * energy, "pass_energy_high_joule": 1.01 * energy,
            "pass_time_second": 0.01, "recorded_at": datetime(2026, 1, day, tzinfo=timezone.utc)}


class Comparing(unittest.TestCase):
    def test_virtual_and_measured_are_in_one_number_only_where_asked(self):
        rows = [run_row(f"m{i}", 1.0) for i in range(8)] + [run_row(f"v{i}", 2.0, virtual=True) for i in range(8)]
        each = compare.compare(rows, "board", "pass_energy_joule", "each")
        self.assertEqual([(cell.power, cell.median.value) for cell in each], [("measured", 1.0), ("virtual", 2.0)])
        mixed = compare.compare(rows, "board", "pass_energy_joule", "mixed")
        self.assertEqual([(cell.power, cell.median.value) for cell in mixed], [("mixed", 1.5)])
        self.assertEqual({one.power for one in compare.find_drift(rows, "pass_energy_joule", "each")}, {"measured", "virtual"})

    def test_a_group_differs_in_one_thing(self):
        rows = [run_row("a", 1.0), {**run_row("b", 3.0), "mode": "7W"}, run_row("c", 2.0, board="orin")]
        cells = compare.compare(rows, "board", "pass_energy_joule", "each")
        self.assertEqual([(cell.fixed, cell.group) for cell in cells], [("15W", "nano"), ("15W", "orin"), ("7W", "nano")])
        self.assertEqual([cell.ratio.value if cell.ratio else None for cell in cells], [None, 2.0, None])

    def test_outliers_are_named(self):
        rows = [run_row(f"r{i}", 1.0 + 0.001 * i) for i in range(20)] + [run_row("odd", 1.7)]
        found = compare.find_outliers(rows, "pass_energy_joule", "each")
        self.assertEqual([one.recording for one in found], ["odd"])


class Limits(InAFolder):
    def command(self, text):
        path = self.write("stand-in", b"#!/bin/sh\n" + text.encode())
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return str(path)

    def run_it(self, text, **more):
        settings = {"home": str(self.folder), "seconds": 20.0, "memory_mb": 500, "output": str(self.folder / "out"), **more}
        return solver.run(self.command(text), ["map"], **settings)

    def test_what_ends_well_tells_time_and_memory(self):
        ended = self.run_it(f"exec '{sys.executable}' -c 'x = bytearray(60_000_000); print(len(x))'")
        self.assertEqual((self.folder / "out").read_text(), "60000000\n")
        self.assertGreater(ended.peak_mb, 57.0)

    def test_what_takes_too_long_is_ended_with_all_that_it_started(self):
        begin = time.monotonic()
        with self.assertRaisesRegex(solver.LimitError, "map was ended after 0 s: its limit is 0 s|--seconds"):
            self.run_it("sleep 333 & echo $! >child; sleep 333", seconds=0.4)
        self.assertLess(time.monotonic() - begin, 10.0)
        child = int((self.folder / "child").read_text())
        state = pathlib.Path(f"/proc/{child}/stat")
        time.sleep(0.2)
        self.assertTrue(not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z")

    def test_what_wants_too_much_memory_is_told_so(self):
        with self.assertRaisesRegex(solver.LimitError, "more memory than it may have, 200 MB"):
            self.run_it("echo 'std::bad_alloc' >&2; exit 134", memory_mb=200)
        with self.assertRaises(lw.LayerwattError):
            self.run_it(f"exec '{sys.executable}' -c 'bytearray(900_000_000)'", memory_mb=200)

    def test_crashes_and_failures_are_told_with_last_words(self):
        with self.assertRaisesRegex(solver.StoppedBySignal, "ended by SIGSEGV: oh"):
            self.run_it("echo oh >&2; kill -SEGV $$")
        with self.assertRaisesRegex(lw.CommandError, "^a.npy: broken$"):
            self.run_it("echo 'a.npy: broken' >&2; exit 1")
        with self.assertRaisesRegex(lw.MissingError, "Install layerwatt on every worker"):
            solver.run("/nowhere/layerwatt", ["map"], home=str(self.folder), seconds=5.0, memory_mb=500,
                       output=str(self.folder / "out"))


class Scratch(InAFolder):
    def test_holds_no_more_than_its_cap_and_leaves_nothing(self):
        room = scratch.Scratch(str(self.folder), limit_mb=10)
        with room.room(6_000_000, patience=0.0) as first:
            self.assertTrue(os.path.isdir(first))
            with self.assertRaisesRegex(lw.StorageError, "scratch is full: .* 10.0 MB, of which other recordings have 6.0 MB"):
                with room.room(6_000_000, patience=0.3):
                    pass
            with room.room(4_000_000, patience=0.0):
                pass
        with self.assertRaisesRegex(lw.StorageError, "needs 11.0 MB .* --scratch-mb"):
            with room.room(11_000_000, patience=0.0):
                pass
        self.assertEqual([name for name in os.listdir(room.folder) if name != ".lock"], [])

    def test_what_a_dead_process_left_is_room_again(self):
        room = scratch.Scratch(str(self.folder), limit_mb=10)
        gone = subprocess.Popen(["true"])
        gone.wait()
        left = pathlib.Path(room.folder) / f"{socket.gethostname()}~{gone.pid}-abc"
        left.mkdir(parents=True)
        (left / ".bytes").write_text("9000000")
        with room.room(9_000_000, patience=0.0):
            self.assertFalse(left.exists())
        # Of another pod on the same disk nobody here can tell; it counts.
        other = pathlib.Path(room.folder) / f"elsewhere~{gone.pid}-abc"
        other.mkdir()
        (other / ".bytes").write_text("9000000")
        with self.assertRaisesRegex(lw.StorageError, "other recordings have 9.0 MB"):
            with room.room(9_000_000, patience=0.0):
                pass
        self.assertTrue(other.exists())


class Http(InAFolder):
    """A server that stumbles as it is told: statuses to give before the content, and bodies to cut."""

    def setUp(self):
        super().setUp()
        test = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                test.asked.append((self.path, self.headers.get("Authorization")))
                if self.path == "/elsewhere":
                    self.send_response(302)
                    self.send_header("Location", f"http://localhost:{test.port}/there")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                status = test.statuses.pop(0) if test.statuses else 200
                body = test.content if status == 200 else b""
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if test.cuts and status == 200:
                    test.cuts -= 1
                    body = body[: len(body) // 2]
                self.wfile.write(body)

        self.content, self.statuses, self.cuts, self.asked = b"abc" * 1000, [], 0, []
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.md5 = hashlib.md5(self.content).hexdigest()
        self.url = f"http://127.0.0.1:{self.port}"

    def copy(self, path="/file", md5=None):
        sources.copy(self.url + path, str(self.folder / "got"), md5 or self.md5)
        return (self.folder / "got").read_bytes()

    def test_busy_servers_and_cut_bodies_are_asked_again(self):
        self.statuses, self.cuts = [503, 429], 2
        self.assertEqual(self.copy(), self.content)
        self.assertEqual(len(self.asked), 5)

    def test_what_stays_broken_is_told(self):
        self.statuses = [500] * 20
        with self.assertRaisesRegex(lw.StorageError, "asked for 5 times, last: the server said 500"):
            self.copy()
        self.statuses = [404]
        with self.assertRaisesRegex(lw.MissingError, "is not there"):
            self.copy()
        self.statuses = [403]
        with self.assertRaisesRegex(lw.StorageError, "netrc"):
            self.copy()

    def test_other_content_is_refused_after_a_second_look(self):
        with self.assertRaisesRegex(lw.DatasetError, "has MD5 .*, listed is 0000"):
            self.copy(md5="0" * 32)
        self.assertEqual(len(self.asked), 2)

    def test_a_name_and_password_go_to_their_host_alone(self):
        path = self.write("netrc", b"machine 127.0.0.1 login me password secret\n")
        path.chmod(0o600)
        before = os.environ.get("NETRC")
        os.environ["NETRC"] = str(path)
        try:
            self.copy("/elsewhere")
        finally:
            del os.environ["NETRC"]
            if before is not None:
                os.environ["NETRC"] = before
        self.assertEqual([authorization is not None for _, authorization in self.asked], [True, False])


class WithoutExtras(unittest.TestCase):
    def test_what_is_missing_is_named_with_what_to_install(self):
        with contextlib.suppress(ImportError):
            import pyarrow  # noqa: F401
            self.skipTest("pyarrow is here")
        done = subprocess.run([sys.executable, "-m", "layerwatt.fleet", "status"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("pip install 'layerwatt[fleet]'", done.stderr)

    def test_spark_is_named_too(self):
        with contextlib.suppress(ImportError):
            import pyspark  # noqa: F401
            self.skipTest("pyspark is here")
        with self.assertRaisesRegex(lw.MissingError, r"--master needs the package 'pyspark'.*layerwatt\[spark\]"):
            extras.spark_sql()

    def test_wrong_usage_is_exit_code_2(self):
        for words in ([], ["solv"], ["solve", "--jobs", "0"], ["solve", "--memory-mb", "x"], ["compare", "--by", "x"],
                      ["solve", "--conf", "a=b"]):
            done = subprocess.run([sys.executable, "-m", "layerwatt.fleet", *words], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 2, (words, done.stderr))
        done = subprocess.run([sys.executable, "-m", "layerwatt.fleet", "solve", "--help"], capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 0)
        self.assertIn("Examples:", done.stdout)


if __name__ == "__main__":
    unittest.main()
