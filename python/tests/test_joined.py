"""Exports of other benchmarks beside power logs of known truth."""

import datetime
import json
import math
import os
import random
import subprocess
import tempfile
import time
import unittest

import layerwatt as lw

BOARD = "virtual:orin-nano"
BEGIN = 1_795_867_200.0  # 2026-11-28 12:00:00 UTC
IDLE = 4.0
PREFILL = 6.0
DECODE = 3.0
#: Of a stock sensor: 512 averages of 0.84 ms.
TIME_CONSTANT = 0.43


def stamp(unix):
    at = datetime.datetime.fromtimestamp(unix, datetime.timezone.utc)
    return at.strftime("%Y%m%d-%H:%M:%S.") + f"{at.microsecond:06d}"


def readings(pieces, seconds, every=0.005, seed=1):
    """(seconds, watts) as the sensor of a board shows pieces (begin, end, watts above idle)."""
    edges = []
    for begin, end, watts in pieces:
        edges += [(begin, watts), (end, -watts)]
    edges.sort()
    noise = random.Random(seed)
    shown, drawn, at, out, step = IDLE, 0.0, 0.0, [], 0
    for i in range(round(seconds / every)):
        when = i * every
        while step < len(edges) and edges[step][0] <= when:
            moment, change = edges[step]
            target = IDLE + drawn
            shown = target + (shown - target) * math.exp(-(moment - at) / TIME_CONSTANT)
            at, drawn, step = moment, drawn + change, step + 1
        target = IDLE + drawn
        shown = target + (shown - target) * math.exp(-(when - at) / TIME_CONSTANT)
        at = when
        # 8 mA at 5 V are a step of a stock Orin.
        out.append((when, round((shown + noise.gauss(0.0, 0.01)) / 0.04) * 0.04))
    return out


class Joined(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def log(self, pieces, seconds, shift=0.0, name="power.log"):
        return self.write(
            name,
            "".join(
                f"{stamp(BEGIN + shift + when)},5000.0,{watts / 5.0 * 1000.0:.1f}\n"
                for when, watts in readings(pieces, seconds)
            ),
        )

    def join(self, export, power, **options):
        options = {"utc_offset_hour": 0.0, "result_dir": self.path("raw"), **options}
        return lw.join_tokens(export, power, **options)

    def within(self, estimate, truth, part=0.02):
        self.assertIsNotNone(estimate)
        self.assertLess(abs(estimate.value / truth - 1.0), part, (estimate, truth))


def record(begin, first, end, prompt=100, generated=11, **metadata):
    """One of AIPerf's lines; instants in seconds of the log."""
    return {
        "metadata": {
            "request_start_ns": round((BEGIN + begin) * 1e9),
            "request_end_ns": round((BEGIN + end) * 1e9),
            "benchmark_phase": "profiling",
            "was_cancelled": False,
            **metadata,
        },
        "metrics": {
            "input_sequence_length": {"value": prompt, "unit": "tokens"},
            "output_sequence_length": {"value": generated, "unit": "tokens"},
            "time_to_first_token": {"value": (first - begin) * 1e3, "unit": "ms"},
        },
        "error": None,
    }


def lines(records):
    return "".join(json.dumps(one) + "\n" for one in records)


class Requests(Joined):
    def one_after_the_other(self):
        """Prompts of 0.5 to 2 s, answers of 1 to 3 s, from second 6 on."""
        records, pieces, at = [], [], 6.0
        for i in range(12):
            wait, answer = 0.5 + 0.5 * (i % 4), 1.0 + (i % 3)
            prompt, generated = round(1000 * wait), round(20 * answer) + 1
            records.append(record(at, at + wait, at + wait + answer, prompt, generated))
            pieces += [(at, at + wait, PREFILL), (at + wait, at + wait + answer, DECODE)]
            at += wait + answer + (0.3 if i == 5 else 0.0)
        return records, pieces, at

    def test_prefill_and_decode_per_token(self):
        records, pieces, end = self.one_after_the_other()
        joined = self.join(
            self.write("profile_export.jsonl", lines(records)), self.log(pieces, end + 6.0)
        )
        # 1000 tokens of a prompt, and 20 of an answer, a second.
        self.within(joined.prefill.joule_per_token, PREFILL / 1000.0)
        self.within(joined.decode.joule_per_token, DECODE / 20.0)
        energy = sum((end - begin) * watts for begin, end, watts in pieces)
        self.within(joined.all.joule_per_token, energy / joined.generated_tokens)
        for phase, truth in ((joined.prefill, PREFILL / 1000.0), (joined.decode, DECODE / 20.0)):
            self.assertLessEqual(phase.joule_per_token.low, truth)
            self.assertGreaterEqual(phase.joule_per_token.high, truth)
        self.assertAlmostEqual(joined.prefill.tokens_per_second, 1000.0, delta=1.0)
        self.assertAlmostEqual(joined.decode.tokens_per_second, 20.0, delta=0.1)
        self.assertAlmostEqual(joined.decode.tokens_per_joule, 20.0 / DECODE, delta=0.14)
        self.assertEqual((joined.requests, joined.failed, joined.left_out), (12, 0, 0))
        self.assertEqual((joined.most_at_once, joined.overlap_share), (1, 0.0))
        self.assertFalse(joined.virtual)
        # A run like any other.
        self.assertEqual([layer.name for layer in joined.solve()], ["prefill", "decode"])
        again = lw.solve(joined.folder)[0]
        self.assertEqual(again["decode"].energy_joule, joined.solve()["decode"].energy_joule)

    def test_requests_at_once_are_told_together(self):
        records, pieces = [], []
        for i in range(20):
            begin = 6.0 + i
            records.append(record(begin, begin + 0.5, begin + 2.5))
            pieces += [(begin, begin + 0.5, PREFILL), (begin + 0.5, begin + 2.5, DECODE)]
        joined = self.join(self.write("x.jsonl", lines(records)), self.log(pieces, 34.0))
        self.assertEqual(joined.most_at_once, 3)
        self.assertGreater(joined.overlap_share, 0.8)
        for phase in (joined.prefill, joined.decode):
            self.assertIsNone(phase.joule_per_token)
            self.assertIn("3 requests ran at once", phase.reason)
        self.within(joined.all.joule_per_token, 20 * (0.5 * PREFILL + 2.0 * DECODE) / 220)
        self.assertLess(joined.all.joule_per_token.low, joined.all.joule_per_token.high)

    def test_warm_up_failures_and_what_the_power_does_not_cover(self):
        records, pieces, end = self.one_after_the_other()
        warm = record(4.0, 4.5, 5.5, benchmark_phase="warmup")
        failed = record(end + 1.0, end + 1.0, end + 2.0)
        failed["metrics"], failed["error"] = {"error_isl": {"value": 5, "unit": "tokens"}}, {"code": 499}
        late = record(end + 60.0, end + 61.0, end + 62.0)
        export = self.write("x.jsonl", lines([warm, *records, failed, late]))
        pieces += [(4.0, 5.5, 9.0), (end + 1.0, end + 2.0, 2.0)]
        joined = self.join(export, self.log(pieces, end + 9.0))
        self.assertEqual((joined.requests, joined.failed, joined.left_out), (12, 1, 1))
        self.within(joined.prefill.joule_per_token, PREFILL / 1000.0)
        self.within(joined.decode.joule_per_token, DECODE / 20.0)
        self.assertTrue([note for note in joined.notes if "1 requests are left out" in note])
        self.assertTrue([note for note in joined.notes if "1 requests failed" in note])

    def test_answers_that_were_not_streamed(self):
        records, pieces, end = self.one_after_the_other()
        for one in records:
            del one["metrics"]["time_to_first_token"]
        joined = self.join(self.write("x.jsonl", lines(records)), self.log(pieces, end + 6.0))
        self.assertIn("--streaming", joined.prefill.reason)
        self.assertIsNone(joined.decode.joule_per_token)
        self.assertIsNotNone(joined.all.joule_per_token)

    def test_clocks_that_do_not_overlap_are_told(self):
        records, pieces, end = self.one_after_the_other()
        export = self.write("x.jsonl", lines(records))
        with self.assertRaisesRegex(lw.RefusedError, r"covers none.*2026-11-28.*both clocks"):
            self.join(export, self.log(pieces, end + 6.0, shift=86400.0 * 30))
        power = self.log(pieces, end + 6.0, shift=3600.0)
        with self.assertRaisesRegex(lw.RefusedError, r"utc_offset_hour=1\)"):
            self.join(export, power)
        self.within(self.join(export, power, utc_offset_hour=1.0).decode.joule_per_token, DECODE / 20.0)

    def test_a_log_of_tegrastats(self):
        records, pieces, end = self.one_after_the_other()
        text = ""
        for when, watts in readings(pieces, end + 6.0, every=0.1):
            at = datetime.datetime.fromtimestamp(BEGIN + when, datetime.timezone.utc)
            text += f"{at:%m-%d-%Y %H:%M:%S} RAM 2448/7620MB (lfb 4x4MB) CPU [1%@729,0%@729] "
            text += f"VDD_IN {round(watts * 1000)}mW/{round(watts * 1000)}mW VDD_SOC 900mW/900mW\n"
        joined = self.join(self.write("x.jsonl", lines(records)), self.write("tegrastats.log", text))
        self.assertTrue([note for note in joined.notes if "VDD_IN of a log of tegrastats" in note])
        energy = sum((end - begin) * watts for begin, end, watts in pieces)
        self.within(joined.all.joule_per_token, energy / joined.generated_tokens)
        with self.assertRaisesRegex(lw.MissingError, "VDD_SOC"):
            self.join(self.path("x.jsonl"), self.path("tegrastats.log"), rail="VDD_GPU")

    def test_bad_input_names_file_and_line(self):
        records, pieces, end = self.one_after_the_other()
        power = self.log(pieces, end + 6.0)
        whole = lines(records)
        joined = self.join(self.write("cut.jsonl", whole[:-40]), power)
        self.assertEqual(joined.requests, 11)
        self.assertTrue([note for note in joined.notes if "cut off" in note])
        cut = whole.splitlines(keepends=True)
        cut[3] = cut[3][:50] + "\n"
        with self.assertRaisesRegex(lw.DatasetError, "x.jsonl:4: ") as caught:
            self.join(self.write("x.jsonl", "".join(cut)), power)
        self.assertEqual((caught.exception.file, caught.exception.line), (self.path("x.jsonl"), 4))
        for name, value, told in (
            ("request_start_ns", None, "'metadata.request_start_ns' is missing"),
            ("request_start_ns", "soon", "'metadata.request_start_ns' is 'soon'"),
            ("request_end_ns", 5, "before it starts"),
        ):
            wrong = json.loads(lines(records[:1]))
            wrong["metadata"][name] = value
            with self.assertRaisesRegex(lw.DatasetError, told):
                self.join(self.write("x.jsonl", lines([*records, wrong])), power)
        for name in ("input_sequence_length", "output_sequence_length"):
            wrong = json.loads(lines(records[:1]))
            del wrong["metrics"][name]
            with self.assertRaisesRegex(lw.DatasetError, f"x.jsonl:13: 'metrics.{name}.value' is missing"):
                self.join(self.write("x.jsonl", lines([*records, wrong])), power)
        wrong = json.loads(lines(records[:1]))
        wrong["metrics"]["time_to_first_token"]["unit"] = "fortnights"
        with self.assertRaisesRegex(lw.DatasetError, "fortnights"):
            self.join(self.write("x.jsonl", lines([wrong])), power)
        for text in ("", "\n", "| model | size |\n", '{"request_latency": {"avg": 3}}', "[]", "[3]"):
            with self.assertRaises(lw.DatasetError, msg=text):
                self.join(self.write("wrong", text), power)
        with self.assertRaises(lw.DatasetError):
            self.join(power, power)
        with self.assertRaisesRegex(lw.MissingError, "profile_export.jsonl"):
            self.join(self.path("nowhere.jsonl"), power)
        export = self.write("x.jsonl", whole)
        with self.assertRaisesRegex(lw.MissingError, "power log"):
            self.join(export, self.path("nowhere.log"))
        with self.assertRaises(lw.LayerwattError):
            self.join(export, export)
        with self.assertRaisesRegex(lw.MissingError, "power of one run"):
            os.mkdir(self.path("empty"))
            self.join(export, self.path("empty"))
        for options in (
            {"utc_offset_hour": 90.0},
            {"idle_power_watt": -1.0},
            {"name": "a/b"},
            {"existing": "delete"},
            {"power_begin": "yesterday"},
        ):
            with self.assertRaises(lw.UsageError):
                self.join(export, power, **options)


def test_of(begin, prompt, generated, samples, **other):
    return {
        "build_number": 6500,
        "model_filename": "tiny.gguf",
        "n_prompt": prompt,
        "n_gen": generated,
        "n_depth": 0,
        "test_time": f"{datetime.datetime.fromtimestamp(BEGIN + begin, datetime.timezone.utc):%Y-%m-%dT%H:%M:%SZ}",
        "avg_ns": round(1e9 * sum(samples) / len(samples)),
        "stddev_ns": 1000,
        "samples_ns": [round(1e9 * one) for one in samples],
        **other,
    }


class Tests(Joined):
    def setUp(self):
        super().setUp()
        # Each after a warm-up; a test's begin is rounded down to a second.
        self.tests = [
            test_of(6.0, 512, 0, [2.0] * 5),
            test_of(18.0, 0, 128, [3.0] * 5),
            test_of(34.0, 64, 16, [0.5] * 20),
        ]
        self.pieces = [(6.7, 18.7, PREFILL), (18.8, 33.9, DECODE)]
        for i in range(21):
            at = 34.6 + 0.5 * i
            self.pieces += [(at, at + 0.2, PREFILL), (at + 0.2, at + 0.5, DECODE)]
        self.power = self.log(self.pieces, 52.0)

    def test_every_form_tells_the_same(self):
        header = ",".join(key for key in self.tests[0] if key != "samples_ns")
        rows = [
            ",".join(f'"{value}"' for key, value in one.items() if key != "samples_ns")
            for one in self.tests
        ]
        forms = {
            "bench.json": json.dumps(self.tests, indent=2),
            "bench.jsonl": lines(self.tests),
            "bench.csv": "\n".join([header, *rows]) + "\n",
        }
        for name, text in forms.items():
            with self.subTest(name):
                joined = self.join(self.write(name, text), self.power)
                self.assertEqual([one.phase for one in joined.phases], ["pp512", "tg128", "pp64+tg16"])
                self.assertTrue([note for note in joined.notes if "quietest" in note])
                # What is missing is told: a CSV does not say how many repetitions there were.
                if name.endswith("csv"):
                    self.within(joined.decode.joule_per_token, DECODE * 3.0 / 128)
                    self.assertIn("-r", joined.prefill.reason)
                    continue
                self.within(joined.prefill.joule_per_token, PREFILL * 2.0 / 512)
                self.within(joined.decode.joule_per_token, DECODE * 3.0 / 128)
                both = (0.2 * PREFILL + 0.3 * DECODE) / 80
                self.within(joined.phases[2].joule_per_token, both)
                self.assertAlmostEqual(joined.decode.tokens_per_second, 128 / 3.0)
                self.assertEqual(joined.requests, 30)
                with self.assertRaises(lw.UsageError):
                    joined.folder
        self.within(
            self.join(self.path("bench.json"), self.power, idle_power_watt=IDLE).prefill.joule_per_token,
            PREFILL * 2.0 / 512,
        )

    def test_what_nobody_knows_is_refused(self):
        with_depth = test_of(6.0, 512, 0, [2.0] * 5, n_depth=4096)
        joined = self.join(self.write("x.jsonl", lines([with_depth, self.tests[1]])), self.power)
        self.assertEqual(joined.phases[0].phase, "pp512 @ d4096")
        self.assertIsNone(joined.phases[0].joule_per_token)
        self.assertIn("layerwatt run --mark", joined.phases[0].reason)
        short = test_of(6.0, 512, 0, [0.2] * 5)
        with self.assertRaisesRegex(lw.RefusedError, "-r"):
            self.join(self.write("x.jsonl", lines([short])), self.power)
        # 12 s between the end of the first and the second.
        delayed = [test_of(6.0, 512, 0, [1.5] * 5), test_of(28.0, 0, 128, [1.5] * 5)]
        joined = self.join(self.write("x.jsonl", lines(delayed)), self.power)
        self.assertIn("--delay", joined.phases[0].reason)

    def test_a_log_without_idle_time(self):
        power = self.log(self.pieces, 44.5)
        with open(power, encoding="utf-8") as file:
            text = file.readlines()
        tight = self.write("tight.log", "".join(text[round(20.0 / 0.005) : round(34.0 / 0.005)]))
        joined = self.join(self.write("x.jsonl", lines([self.tests[1]])), tight)
        self.assertIsNone(joined.decode.joule_per_token)
        self.assertIn("Idle power", joined.decode.reason)

    def test_bad_input(self):
        text = json.dumps(self.tests, indent=2)
        with self.assertRaisesRegex(lw.DatasetError, "-o jsonl"):
            self.join(self.write("x.json", text[:-100]), self.power)
        joined = self.join(self.write("x.jsonl", lines(self.tests)[:-30]), self.power)
        self.assertEqual(len(joined.phases), 2)
        for name, value, told in (
            ("test_time", "noon", "test_time.*noon"),
            ("samples_ns", [], "no times"),
            ("samples_ns", [0.5], "0.5"),
            ("n_gen", None, "'n_gen' is missing"),
        ):
            wrong = dict(self.tests[1], **{name: value})
            with self.assertRaisesRegex(lw.DatasetError, f"x.jsonl:2: .*{told}"):
                self.join(self.write("x.jsonl", lines([self.tests[0], wrong])), self.power)
        table = "test_time,n_gen,n_prompt,avg_ns,stddev_ns\n"
        table += '"2026-11-28T12:00:18Z","128","0","15000000000","0"\n'
        with self.assertRaisesRegex(lw.DatasetError, "x.csv:3: 2 fields"):
            self.join(self.write("x.csv", table + '"2026-11-28T12:00:34Z","12"\n'), self.power)
        # Cut off while it was written.
        joined = self.join(self.write("x.csv", table + '"2026-11-28T12:00:34Z","12'), self.power)
        self.within(joined.decode.joule_per_token, DECODE * 15.0 / 128)


class BesideRuns(Joined):
    def test_power_of_a_run_of_ours_and_of_the_recorder(self):
        def generate(seconds):
            time.sleep(seconds)
            for token in range(5):
                yield token
                time.sleep(0.1)

        records = []
        with lw.measure(BOARD, self.path("raw"), "board") as run:
            for i in range(4):
                seconds = 0.2 + 0.2 * (i % 2)
                begin = time.time()
                first = None
                for _ in lw.mark_tokens(generate(seconds)):
                    first = first or time.time()
                records.append(record(begin - BEGIN, first - BEGIN, time.time() - BEGIN))
        export = self.write("x.jsonl", lines(records))
        joined = self.join(export, run.folder)
        self.assertTrue(joined.virtual)
        self.assertIn("VIRTUAL", repr(joined))
        self.assertEqual(joined.requests, 4)
        told = {region.name: region for region in joined.regions}
        # As the run itself saw it, whose regions are those of this process.
        for region in run.regions:
            self.assertEqual(told[region.name].count, region.count)
            self.assertAlmostEqual(told[region.name].time_second, region.time_second, delta=2e-3)
        with self.assertRaisesRegex(lw.MissingError, "VDD_IN"):
            self.join(export, run.folder, rail="VDD_NOT")
        if "LAYERWATT_COMMAND" not in os.environ:
            self.skipTest("LAYERWATT_COMMAND names no command that records")
        # What `layerwatt record` leaves: readings, and what the recorder tells of itself.
        power = self.path("power.npy")
        command = [os.environ["LAYERWATT_COMMAND"], "record", "--sensor", f"replay:{run.folder}"]
        command += ["--duration", "3", "--output", power]
        begin = time.time()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        at = begin - BEGIN
        export = self.write("y.jsonl", lines([record(at + 1.0, at + 1.2, at + 1.6)]))
        joined = self.join(export, power, idle_power_watt=1.0)
        self.assertTrue(joined.virtual)
        self.assertEqual(joined.requests, 1)
        os.remove(self.path("power.recorder.json"))
        with self.assertRaisesRegex(lw.LayerwattError, "recorder's summary"):
            self.join(export, power)


if __name__ == "__main__":
    unittest.main()
