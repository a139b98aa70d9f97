#!/usr/bin/env python3
"""`python -m layerwatt.fleet` on a real standalone Spark while things die: every recording once, sums equal to one
machine's bit for bit, failures listed with reasons.

LAYERWATT_COMMAND names the command. Run by `scripts/test.sh fleet`, in an environment with the package and
requirements.txt.
"""

import contextlib
import json
import math
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "versioning"))

from cluster import Cluster, below, kill  # noqa: E402
from command import main, objects  # noqa: E402
import object_server  # noqa: E402
import pyarrow.parquet as parquet  # noqa: E402

COMMAND = os.path.abspath(os.environ["LAYERWATT_COMMAND"])
# Six kinds of recordings, four of each.
KINDS = [(board, network) for board in ("orin-nano", "agx-orin") for network in ("lenet-like", "alexnet-like", "mobilenet-like")]
COUNT = 24
WAIT = 300

# Stands for the command on every worker: notes each solve, hangs where a recording is called so, and has far less
# memory than it wants for one that is called hunger (no more than others need to start).
STAND_IN = """#!/bin/sh
if [ "$1" = map ]; then
  echo "$3" >>"$SOLVES"
  case "$3" in
    *hang*) exec sleep 600 ;;
    *hunger*) ulimit -v 60000 ;;
  esac
fi
exec {command} "$@"
"""


def made(*words):
    done = subprocess.run([COMMAND, "simulate", *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"simulate {words}: {done.stderr}")


def make_recordings(root):
    for seed in range(COUNT // len(KINDS)):
        for board, network in KINDS:
            made("--board", board, "--network", network, "--schedule", "weighing", "--duration", 15 + 15 * (seed % 2),
                 "--seed", seed, "--result-dir", root / f"{board}-{seed}")


def results(out):
    """Name to bytes of every result, drafts of dead processes too."""
    return {path.name: path.read_bytes() for path in pathlib.Path(out).glob("profiles/v=*/board=*/mode=*/*")
            if path.is_file()}


def energies(out):
    """Recording to the exact sum of its layers' energies; AssertionError where a recording is there twice."""
    sums = {}
    for path in pathlib.Path(out).glob("profiles/v=*/board=*/mode=*/*.parquet"):
        table = parquet.read_table(path, columns=["recording", "layer_index", "energy_joule"], partitioning=None)
        name = set(table.column("recording").to_pylist())
        assert len(name) == 1, f"{path}: {name}"
        name = name.pop()
        assert name not in sums, f"{name} is there twice"
        sums[name] = math.fsum(value for value in table.column("energy_joule").to_pylist() if value is not None)
    return sums


class FleetOnSpark(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.resources = contextlib.ExitStack()
        cls.folder = pathlib.Path(cls.resources.enter_context(tempfile.TemporaryDirectory(prefix="layerwatt-fleet-")))
        cls.raw = cls.folder / "raw"
        make_recordings(cls.raw)
        cls.stand_in = cls.folder / "layerwatt"
        cls.stand_in.write_text(STAND_IN.format(command=COMMAND))
        cls.stand_in.chmod(cls.stand_in.stat().st_mode | stat.S_IXUSR)
        cls.solves_file = cls.folder / "solves"
        port, cls.objects, cls.faults = cls.resources.enter_context(objects())
        cls.environment = {
            **os.environ, "LAYERWATT_COMMAND": str(cls.stand_in), "SOLVES": str(cls.solves_file), "LAYERWATT_SOLVED": "",
            "AWS_ACCESS_KEY_ID": object_server.KEY, "AWS_SECRET_ACCESS_KEY": object_server.SECRET,
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
            "SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable,
        }
        cls.manifest = cls.folder / "manifest"
        cls.words(["manifest", cls.raw, "--manifest", cls.manifest])
        cls.alone = cls.folder / "alone"
        cls.words(["solve", "--manifest", cls.manifest, "--out", cls.alone])
        cls.expected = results(cls.alone)
        cls.sums = energies(cls.alone)
        assert len(cls.sums) == COUNT, cls.sums

    @classmethod
    def tearDownClass(cls):
        cls.resources.close()

    @classmethod
    def words(cls, words, code=0):
        """A command of the fleet, its output."""
        done = subprocess.run([sys.executable, "-m", "layerwatt.fleet", *map(str, words)], env=cls.environment,
                              cwd=cls.folder, capture_output=True, text=True, timeout=900, check=False)
        if done.returncode != code:
            raise AssertionError(f"{words}: exit code {done.returncode} instead of {code}\n{done.stdout}{done.stderr[-6000:]}")
        return done.stdout + done.stderr

    def setUp(self):
        self.out = self.folder / self.id().rpartition(".")[2]
        self.solves_file.write_text("")
        self.cluster = Cluster(self.folder / f"cluster-{self.out.name}", self.environment)
        self.cluster.__enter__()
        self.addCleanup(self.cluster.__exit__)
        self.addCleanup(shutil.rmtree, self.out, True)

    def on_spark(self, *more, out=None, manifest=None):
        settings = ["spark.ui.enabled=false", "spark.driver.host=127.0.0.1", "spark.driver.bindAddress=127.0.0.1",
                    "spark.executor.memory=512m", "spark.executor.cores=1"]
        words = ["solve", "--manifest", manifest or self.manifest, "--out", out or self.out, "--master", self.cluster.url]
        for setting in settings:
            words += ["--conf", setting]
        return [*words, *more]

    def begin(self, words, log):
        """A driver in a process of its own."""
        file = open(self.folder / log, "wb")
        self.addCleanup(file.close)
        return subprocess.Popen([sys.executable, "-m", "layerwatt.fleet", *map(str, words)], env=self.environment,
                                cwd=self.folder, stdout=file, stderr=file, start_new_session=True)

    def wait_for(self, count, driver):
        """Until so many results are there: a number of seconds would prove nothing."""
        until = time.monotonic() + WAIT
        while time.monotonic() < until:
            there = len(list(self.out.glob("profiles/v=*/board=*/mode=*/*.parquet")))
            if there >= count:
                return there
            self.assertIsNone(driver.poll(), "the driver ended before that")
            time.sleep(0.02)
        raise AssertionError(f"{count} results did not come")

    def solves(self):
        return self.solves_file.read_text().splitlines()

    def check_whole(self):
        """Every recording once, byte for byte what one machine wrote."""
        self.assertEqual(energies(self.out), self.sums)
        self.assertEqual(results(self.out), {name: data for name, data in self.expected.items()})
        self.assertEqual({path.rpartition("/raw/")[2] for path in self.solves()}, set(self.sums))

    def test_a_worker_and_its_executor_killed_at_half(self):
        driver = self.begin(self.on_spark(), "worker.log")
        there = self.wait_for(12, driver)
        self.cluster.kill_worker(0)
        self.assertLess(there, COUNT)
        self.assertEqual(driver.wait(WAIT), 0, (self.folder / "worker.log").read_text()[-4000:])
        self.check_whole()
        # What was at work on the worker is solved again, and no more.
        self.assertLessEqual(len(self.solves()), COUNT + 2)
        self.check_spark_sql()

    def check_spark_sql(self):
        """Spark SQL reads the results, with board and mode from the folders' names."""
        program = (
            "import sys; from pyspark.sql import SparkSession; "
            "spark = SparkSession.builder.master('local[1]').config('spark.ui.enabled', 'false').getOrCreate(); "
            "spark.read.parquet(sys.argv[1]).createOrReplaceTempView('layers'); "
            "print(sorted(map(tuple, spark.sql('select board, mode, count(distinct recording) from layers "
            "where virtual group by board, mode').collect())))")
        done = subprocess.run([sys.executable, "-c", program, next(self.out.glob("profiles/v=*"))], env=self.environment,
                              capture_output=True, text=True, timeout=WAIT, check=False)
        self.assertIn(str([("virtual agx-orin", "unknown", 12), ("virtual orin-nano", "unknown", 12)]), done.stdout, done.stderr)

    def test_the_driver_killed_at_a_third(self):
        driver = self.begin(self.on_spark(), "driver.log")
        self.wait_for(8, driver)
        kill(driver.pid, *below(driver.pid))
        driver.wait()
        before = len(energies(self.out))
        said = self.words(self.on_spark())
        # Executors that outlive the driver by a moment finish what they have.
        done = int(said.partition("done before ")[2].split(",")[0])
        self.assertGreaterEqual(done, 8)
        self.assertGreaterEqual(done, before)
        self.assertLess(done, COUNT)
        self.check_whole()
        self.assertLessEqual(len(self.solves()), COUNT + 4)

    def test_bad_recordings_are_rows_with_reasons(self):
        bad = self.folder / "bad"
        for name, words in (("broken", ()), ("hang", ()),
                            ("hunger", ("--schedule", "whole", "--sensor-samples", 1, "--network", "mobilenet-like"))):
            made("--duration", 20 if name == "hunger" else 5, "--seed", 77, *(words or ("--network", "lenet-like")),
                 "--result-dir", bad / name)
        (bad / "broken/lenet-like/power.npy").write_bytes(b"no array")
        # Under names that the stand-in and the test know.
        (bad / "hang/lenet-like").rename(bad / "hang/hang")
        manifest = self.folder / "manifest-bad"
        self.words(["manifest", self.raw, bad, "--manifest", manifest])
        # Changed after the manifest was made: refused before it is used.
        made("--duration", 5, "--seed", 78, "--network", "lenet-like", "--result-dir", bad / "changed")
        self.words(["manifest", self.raw, bad, "--manifest", manifest])
        with open(bad / "changed/lenet-like/lenet-like_power_log.log", "a", encoding="utf-8") as file:
            file.write("20260101-000000.000000,5000,1000\n")
        limits = ["--seconds", 20, "--seconds-per-mb", 0, "--memory-mb", 400]
        said = self.words(self.on_spark(*limits, manifest=manifest), code=1)
        self.assertIn("24 solved, 0 there before, 4 failed, of 28", said)
        for name, reason in (("broken/lenet-like", "power.npy: not a NumPy file"), ("hang/hang", "was ended after 2"),
                             ("hunger/mobilenet-like", "more memory than it may have, 400 MB (--memory-mb)"),
                             ("changed/lenet-like", "lenet-like_power_log.log has MD5")):
            line = next((line for line in said.splitlines() if f"  {name}: " in line), "")
            self.assertIn(reason, line, said)
        self.assertEqual(energies(self.out), self.sums)
        # The same is told of what is there, and what failed is left alone unless asked for.
        told = json.loads(self.words(["status", "--out", self.out, "--manifest", manifest, "--json"], code=1))[0]
        self.assertEqual((told["solved"], told["failed"]), (24, 4))
        self.assertEqual({row["reason"] for row in told["failures"]}, {"solver", "data", "time or memory"})
        before = len(self.solves())
        self.assertIn("failed before 4", self.words(["solve", "--manifest", manifest, "--out", self.out], code=1))
        self.assertEqual(len(self.solves()), before)

    def test_full_scratch_fails_in_words_and_is_made_good_later(self):
        place = self.folder / "small"
        place.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", place], check=False).returncode == 0
        if mounted:
            self.addCleanup(subprocess.run, ["umount", str(place)], check=True)
            # The cap is believed to be larger than the disk is.
            said = self.words(self.on_spark("--scratch", place, "--scratch-mb", 1000), code=1)
            self.assertIn("No space left", said)
        else:
            print("no rights to mount a small disk: the cap alone is tried")
        said = self.words(self.on_spark("--scratch", self.folder / "capped", "--scratch-mb", 1, "--retry-failed"), code=1)
        self.assertIn("scratch is too small", said)
        self.assertIn("24 failed", said)
        self.assertEqual(energies(self.out), {})
        self.words(self.on_spark("--retry-failed"))
        self.check_whole()

    def test_two_drivers_at_once_on_one_output(self):
        both = [self.begin(self.on_spark("--conf", "spark.cores.max=1"), f"two-{number}.log") for number in range(2)]
        for number, driver in enumerate(both):
            self.assertEqual(driver.wait(WAIT), 0, (self.folder / f"two-{number}.log").read_text()[-4000:])
        self.check_whole()

    def test_recordings_in_s3_while_the_store_stumbles(self):
        shutil.copytree(self.raw, self.objects / "bucket" / "raw", dirs_exist_ok=True)
        manifest = self.folder / "manifest-s3"
        self.faults.left = {"fail": 3}
        self.words(["manifest", "s3://bucket/raw", "--manifest", manifest])
        # Half of the answers are cut, then some are refused; a signature that is wrong is never let in.
        self.faults.left = {"fail": 5, "cut": 5}
        said = self.words(self.on_spark(manifest=manifest))
        self.assertIn("24 solved", said)
        self.assertEqual(energies(self.out), self.sums)
        self.assertEqual(self.faults.left, {"fail": 0, "cut": 0})
        # Results may go there too: a PUT of the key.
        there = "s3://bucket/results"
        self.words(self.on_spark(manifest=manifest, out=there))
        self.assertEqual(energies(self.objects / "bucket/results"), self.sums)
        self.assertIn("24 there before", self.words(["solve", "--manifest", manifest, "--out", there]))
        self.assertIn("alexnet-like", self.words(["compare", "--out", there]))


if __name__ == "__main__":
    main()
