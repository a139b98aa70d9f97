"""layerwatt.fleet with pyarrow and DuckDB, on threads: solving, resuming, comparing, compaction, stores of DVC.

Not found by discovery: an environment with NumPy alone cannot run it. scripts/test_python.sh does.
"""

import contextlib
import functools
import http.server
import io
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import duckdb
import pyarrow as pa

from layerwatt.fleet import command, manifest, report, runs, scratch, training
from layerwatt.fleet.options import SolveOptions
from layerwatt.fleet.solve_one import _features
from layerwatt.fleet.tree import Tree, of_partition, partition

COMMAND = os.environ["LAYERWATT_COMMAND"]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def layerwatt(*words, cwd=None):
    done = subprocess.run([COMMAND, *map(str, words)], capture_output=True, text=True, cwd=cwd, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def fleet(*words):
    """(exit code, standard output, standard error) of a command of the fleet."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = command.main([str(word) for word in words])
    return code, out.getvalue(), err.getvalue()


class Solving(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.made = pathlib.Path(tempfile.mkdtemp())
        for number, board in enumerate(("orin-nano", "orin-nano", "agx-orin")):
            layerwatt("simulate", "--board", board, "--network", "lenet-like", "--schedule", "weighing",
                      "--sensor-samples", "16", "--duration", "4", "--seed", number, "--result-dir", cls.made / f"night{number}")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.made)

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.raw = self.folder / "raw"
        shutil.copytree(self.made, self.raw)
        self.out = self.folder / "out"
        self.manifest = self.folder / "manifest"

    def fleet(self, *words, code=0):
        got, out, err = fleet(*words)
        self.assertEqual(got, code, out + err)
        return out + err

    def list(self, code=0):
        return self.fleet("manifest", self.raw, "--manifest", self.manifest, code=code)

    def solve(self, *more, code=0):
        return self.fleet("solve", "--manifest", self.manifest, "--out", self.out, *more, code=code)

    def files(self):
        return {path.relative_to(self.out).as_posix(): path.read_bytes()
                for path in self.out.glob("profiles/**/*") if path.is_file()}

    def test_results_are_what_the_command_says(self):
        self.assertIn("3 recordings", self.list())
        self.assertIn("3 solved, 0 there before, 0 failed, of 3", self.solve())
        rows = runs.of_runs(Tree(str(self.out)), Tree(str(self.out)).versions())
        self.assertEqual([row["recording"] for row in rows],
                         ["night2/lenet-like", "night0/lenet-like", "night1/lenet-like"])
        for row in rows:
            told = json.loads(layerwatt("map", "--raw-data-dir", self.raw / row["recording"], "--result-dir",
                                        self.folder / "mapped", "--json"))[0]
            for name in ("pass_energy_joule", "idle_power_watt"):
                stem, _, unit = name.rpartition("_")
                self.assertEqual([row[name], row[f"{stem}_low_{unit}"], row[f"{stem}_high_{unit}"]],
                                 [told.get(name, {}).get(part) for part in ("value", "low", "high")])
            self.assertTrue(row["virtual"])
            self.assertEqual(row["passes"], told["passes"])
        layers = duckdb.sql(f"select count(*) from read_parquet('{self.out}/profiles/*/*/*/*.parquet', hive_partitioning=true)"
                            " where board = 'virtual orin-nano'").fetchall()[0][0]
        self.assertEqual(layers, 14)

    def test_runs_again_only_what_is_missing_and_the_same_bytes_come(self):
        self.list()
        self.solve()
        before = self.files()
        gone = sorted(self.out.glob("profiles/*/*/*/*.parquet"))[0]
        gone.unlink()
        self.assertIn("1 solved, 2 there before", self.solve())
        self.assertEqual(self.files(), before)
        self.assertIn("3 unchanged, not read again", self.list())
        (self.raw / "night0/lenet-like/run.json").write_text(
            (self.raw / "night0/lenet-like/run.json").read_text().replace('"seed": 0', '"seed": 9'))
        self.assertIn("2 unchanged", self.list())
        self.assertIn("1 solved, 2 there before", self.solve())

    def test_a_failed_recording_is_listed_and_left_alone_until_asked_for(self):
        (self.raw / "night1/lenet-like/power.npy").write_bytes(b"no array")
        self.list()
        said = self.solve(code=1)
        self.assertIn("2 solved, 0 there before, 1 failed", said)
        self.assertRegex(said, r"night1/lenet-like: .*power.npy: not a NumPy file")
        self.assertIn("to do 0, failed before 1", self.solve(code=1))
        self.assertIn("1 failed", self.solve("--retry-failed", code=1))
        told = json.loads(self.fleet("status", "--out", self.out, "--manifest", self.manifest, "--json", code=1))[0]
        self.assertEqual((told["listed"], told["solved"], told["failed"]), (3, 2, 1))
        # Made good: another content, another key.
        shutil.copy(self.made / "night1/lenet-like/power.npy", self.raw / "night1/lenet-like/power.npy")
        self.list()
        self.assertIn("1 solved, 2 there before, 0 failed", self.solve())

    def test_the_same_content_twice_is_one_recording(self):
        shutil.copytree(self.raw / "night0", self.raw / "copy-of-night0")
        said = self.list()
        self.assertIn("3 recordings", said)
        self.assertRegex(said, "left out: .*night0/lenet-like holds what .*copy-of-night0/lenet-like holds")

    def test_what_cannot_be_listed_is_refused_and_the_others_are_listed(self):
        (self.raw / "night0/lenet-like/run.json").write_text("{")
        said = self.list(code=1)
        self.assertIn("2 recordings", said)
        self.assertRegex(said, "refused: .*night0/lenet-like/run.json: .*record it again")

    def test_compaction_changes_no_number_and_survives_a_death_in_its_middle(self):
        self.list()
        self.solve()
        tree = Tree(str(self.out))
        version = tree.versions()[0]
        before = runs.of_runs(tree, [version])
        keys = tree.keys(version)
        small = {path: path.read_bytes() for path in self.out.glob("profiles/*/*/*/*.parquet")}
        self.assertIn("2 files before, 1 now", self.fleet("compact", "--out", self.out))
        self.assertEqual(runs.of_runs(tree, [version]), before)
        self.assertEqual(tree.keys(version), keys)
        self.assertIn("3 there before", self.solve())
        # As if it had died before the small files were removed, and one had come since.
        for path, data in small.items():
            path.write_bytes(data)
        self.assertEqual(runs.of_runs(tree, [version]), before)
        self.fleet("compact", "--out", self.out)
        self.assertEqual(len(list(self.out.glob("profiles/*/*/*/*.parquet"))), 2)
        self.assertEqual(runs.of_runs(tree, [version]), before)

    def test_one_compaction_at_a_time(self):
        self.list()
        self.solve()
        tree = Tree(str(self.out))
        lock = pathlib.Path(tree.path(f"profiles/v={tree.versions()[0]}/_compact.lock"))
        lock.write_text(json.dumps({"host": "elsewhere", "process": 1}))
        self.assertIn("another compaction is at work", self.fleet("compact", "--out", self.out, code=1))
        gone = subprocess.Popen(["true"])
        gone.wait()
        lock.write_text(json.dumps({"host": socket.gethostname(), "process": gone.pid}))
        self.fleet("compact", "--out", self.out)
        self.assertFalse(lock.exists())

    def test_comparisons_and_the_page_keep_virtual_apart_and_say_so(self):
        self.list()
        self.solve()
        said = self.fleet("compare", "--out", self.out)
        self.assertIn("lenet-like (VIRTUAL)", said)
        self.assertIn("no run here has measured power", self.fleet("compare", "--out", self.out, "--power", "measured", code=2))
        layers = self.fleet("compare", "--out", self.out, "--layers", "lenet-like", "--by", "board-mode")
        self.assertIn("conv1 (VIRTUAL)", layers)
        self.assertIn("no network 'vgg'", self.fleet("compare", "--out", self.out, "--layers", "vgg", code=2))
        page = self.folder / "page.html"
        self.fleet("report", "--out", self.out, "--output", page, "--title", "</script><b>x")
        text = page.read_text()
        self.assertIn("VIRTUAL: the power of all these runs was synthesised", text)
        self.assertNotIn("</script><b>x", text)
        data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)[1])
        self.assertEqual(len(data["runs"]), 3)
        self.assertEqual({cell["power"] for cell in data["cells"]}, {"virtual"})
        self.assertNotRegex(text, r'(src|href)="http')

    def test_recordings_of_a_dvc_store_come_by_their_ids(self):
        project = self.folder / "project"
        project.mkdir()
        shutil.copytree(self.raw, project / "raw_data")
        subprocess.run(["git", "init", "-q", project], check=True)
        for words in (["init"], ["add", "raw_data"], ["remote", "add", "store", str(self.folder / "store"), "--default"],
                      ["push"]):
            layerwatt("data", *words, cwd=project)
        self.fleet("manifest", project / "raw_data.dvc", "--store", self.folder / "store", "--manifest", self.manifest)
        table = manifest.read(str(self.manifest))
        self.list_of_folder = self.folder / "manifest-of-folder"
        self.fleet("manifest", self.raw, "--manifest", self.list_of_folder)
        plain = manifest.read(str(self.list_of_folder))
        # The same ids, whichever way they came.
        self.assertEqual(table.column("oid").to_pylist(), plain.column("oid").to_pylist())
        self.assertEqual(table.column("bytes").to_pylist(), plain.column("bytes").to_pylist())
        self.solve()
        by_store = runs.of_runs(Tree(str(self.out)), Tree(str(self.out)).versions())
        other = self.folder / "other"
        self.fleet("solve", "--manifest", self.list_of_folder, "--out", other)
        by_folder = runs.of_runs(Tree(str(other)), Tree(str(other)).versions())
        self.assertEqual([row["pass_energy_joule"] for row in by_store], [row["pass_energy_joule"] for row in by_folder])
        # A damaged object is named and nothing of it used.
        md5 = json.loads(table.column("listing")[0].as_py())[0]["md5"]
        damaged = self.folder / "store/files/md5" / md5[:2] / md5[2:]
        damaged.chmod(0o644)
        damaged.write_bytes(b"damaged")
        shutil.rmtree(self.out)
        said = self.solve(code=1)
        self.assertRegex(said, f"{md5[2:]} has MD5 .* it was changed or damaged")

    def test_recordings_of_a_server_come_by_the_list_that_was_made_where_they_lie(self):
        (self.raw / "night0").rename(self.raw / "night 0 é")
        server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(Quiet, directory=str(self.raw)))
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.fleet("manifest", self.raw, "--manifest", self.manifest, "--served-as",
                   f"http://127.0.0.1:{server.server_address[1]}")
        self.assertIn("3 solved", self.solve())
        by_server = runs.of_runs(Tree(str(self.out)), Tree(str(self.out)).versions())
        self.assertIn("night 0 é/lenet-like", [row["recording"] for row in by_server])
        self.list()
        other = self.folder / "other"
        self.fleet("solve", "--manifest", self.manifest, "--out", other)
        self.assertEqual(by_server, runs.of_runs(Tree(str(other)), Tree(str(other)).versions()))
        # Scratch is left as it was found.
        left = [name for name in os.listdir(scratch.Scratch().folder) if f"~{os.getpid()}-" in name]
        self.assertEqual(left, [])

    def test_ctrl_c_keeps_what_is_solved_ends_the_solvers_and_the_same_command_goes_on(self):
        # The first is slow to end: a stand-in sleeps where the file is not there yet.
        stand_in = self.folder / "layerwatt"
        stand_in.write_text(f"""#!/bin/sh
case "$1$3" in map*night2*) sleep 333 ;; esac
exec {COMMAND} "$@"
""")
        stand_in.chmod(0o755)
        self.list()
        words = [sys.executable, "-m", "layerwatt.fleet", "solve", "--manifest", self.manifest, "--out", self.out, "--jobs", "2"]
        # A shell starts what is in the background with Ctrl-C ignored, and so would be what the test starts.
        process = subprocess.Popen(words, env={**os.environ, "LAYERWATT_COMMAND": str(stand_in)}, stderr=subprocess.PIPE,
                                   stdout=subprocess.DEVNULL, text=True,
                                   preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        until = time.monotonic() + 60
        while len(list(self.out.glob("profiles/*/*/*/*.parquet"))) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 1)
        self.assertIn("stopped; what was solved is kept", said)
        self.assertNotIn("Traceback", said)
        left = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
        self.assertNotIn(str(stand_in), left)
        self.assertIn("1 solved, 2 there before, 0 failed", self.solve())

    def test_workers_whose_command_is_another_version_refuse(self):
        self.list()
        from layerwatt.fleet import job
        options = SolveOptions(solver="layerwatt 99", command=COMMAND, out=str(self.out))
        outcome = job.run(str(self.manifest), options, jobs=1)
        self.assertEqual(len(outcome.failed), 3)
        self.assertIn("install one version on all workers", outcome.failed[0]["error"])


class Places(unittest.TestCase):
    def test_names_of_boards_and_modes_come_back_whatever_they_hold(self):
        for board, mode in (("NVIDIA Jetson Orin Nano (8 GB)", "2 (15W)"), ("a/b=c", "%20"), ("Ünï", "x")):
            self.assertEqual(of_partition(f"profiles/v=1/{partition(board, mode)}/k.parquet"), (board, mode))

    def test_duckdb_reads_them_too(self):
        with tempfile.TemporaryDirectory() as folder:
            Tree(folder).write_table(f"t/{partition('a b/c', '2 (15W)')}/x.parquet", pa.table({"x": [1]}))
            told = duckdb.sql(f"select board, mode from read_parquet('{folder}/t/*/*/*.parquet', hive_partitioning=true)")
            self.assertEqual(told.fetchall(), [("a b/c", "2 (15W)")])


class TrainingTables(unittest.TestCase):
    """Of made results: `layerwatt train` reads the tables."""

    def test_layerwatt_train_reads_them(self):
        from layerwatt.fleet.result_table import schema
        with tempfile.TemporaryDirectory() as folder:
            tree = Tree(folder)
            options = SolveOptions(solver="layerwatt 0.1.0")
            version = options.version()
            for network in range(6):
                md5 = f"{network:032x}"
                shapes = "layer_name,layer_type,kind,precision,batch_size,input_channels,input_height,input_width," \
                         "output_channels,output_height,output_width,kernel_height,kernel_width,stride_height,stride_width," \
                         "padding_height,padding_width,flops,input_bytes,output_bytes,weight_bytes,run_time_millisecond\n"
                for layer in range(8):
                    width = 8 * (1 + network + layer)
                    flops = 2.0 * 9 * width * width * 56 * 56
                    shapes += (f"conv{layer},CaskConvolution,convolution,FP16,1,{width},56,56,{width},56,56,3,3,1,1,1,1,{flops},"
                               f"{2 * width * 3136},{2 * width * 3136},{18 * width * width},1.0\n")
                tree.write_table(f"features/v={version}/{md5}.parquet", _features(shapes, md5))
                for run in range(5):
                    rows = []
                    for layer in range(8):
                        width = 8 * (1 + network + layer)
                        seconds = 2e-5 + 2.0 * 9 * width * width * 3136 / 1e12
                        row = dict.fromkeys(schema().names)
                        row.update(key=f"{network:08x}{run:08x}", recording=f"r{run}/n{network}", network=f"n{network}",
                                   engine_info_md5=md5, virtual=run == 4, layer_index=layer, layer_name=f"conv{layer}",
                                   status="resolved" if layer != 7 else "merged", group=None if layer != 7 else 3,
                                   run_count=100, mean_run_time_second=seconds * (1 + 0.01 * run),
                                   power_watt=5.0 + 0.1 * layer + 0.01 * run, power_low_watt=4.9 + 0.1 * layer,
                                   power_high_watt=5.2 + 0.1 * layer)
                        rows.append(row)
                    name = f"profiles/v={version}/{partition('nano', '15W')}/{network:08x}{run:08x}.parquet"
                    tree.write_table(name, pa.Table.from_pylist(rows, schema=schema()))
            made = training.make(tree, version)
            self.assertEqual({one.folder.rpartition("/")[2] for one in made.tables}, {"measured", "virtual"})
            measured = next(one for one in made.tables if one.folder.endswith("measured"))
            self.assertEqual((measured.layers, measured.runs), (8, 4))
            text = pathlib.Path(measured.folder, measured.network, "layers.csv").read_text().splitlines()
            row = dict(zip(text[0].split(","), text[1].split(",")))
            self.assertEqual((row["run_times"], row["power_status"], row["virtual"]), ("400", "resolved", "0"))
            self.assertAlmostEqual(float(row["power_microwatt"]), 5.015e6)
            self.assertLess(float(row["power_low_microwatt"]), 4.92e6)
            last = dict(zip(text[0].split(","), text[8].split(",")))
            self.assertEqual((last["power_status"], last["power_group"]), ("merged", "3"))
            layerwatt("train", "--training-data-dir", measured.folder, "--model-dir", f"{folder}/model")
            self.assertTrue(os.listdir(f"{folder}/model"))
            # Medians are the same whatever order files come in, and made anew they are the same.
            before = {p: p.read_bytes() for p in pathlib.Path(folder, "training").rglob("*.csv")}
            training.make(tree, version)
            self.assertEqual({p: p.read_bytes() for p in pathlib.Path(folder, "training").rglob("*.csv")}, before)


class Pages(unittest.TestCase):
    def test_a_page_says_what_failed_and_how_many_more(self):
        failed = [{"recording": f"r{i}", "reason": "data", "error": "x"} for i in range(report.MOST_FAILED + 3)]
        data = report.page_data([], failed, title="t", subtitle="s", by="board", kind="each")
        self.assertEqual((len(data["failed"]), data["more_failed"]), (report.MOST_FAILED, 3))
        self.assertEqual(data["banners"][0][0], "failed")
        self.assertIn("could not be solved", data["banners"][0][1])
        report.page(data)


if __name__ == "__main__":
    unittest.main()
