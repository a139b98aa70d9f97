"""Regions of this process, measured on a virtual board."""

import asyncio
import os
import tempfile
import threading
import time
import unittest
import warnings

import layerwatt as lw

BOARD = "virtual:orin-nano"


def rest(seconds=0.06):
    time.sleep(seconds)


class OnAVirtualBoard(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.raw = os.path.join(folder.name, "raw")

    def measure(self, **options):
        return lw.measure(BOARD, self.raw, **options)


class Measured(OnAVirtualBoard):
    def layers(self, run):
        return [layer.name for layer in run.solve()]

    def test_a_block_with_nested_regions(self):
        with self.measure(name="nested") as run:
            for _ in range(3):
                with lw.region("pass"):
                    with lw.region("backbone"):
                        rest()
                    with lw.region("head"):
                        rest()
        self.assertTrue(run.virtual)
        self.assertGreater(run.energy_joule, 0.0)
        self.assertAlmostEqual(run.mean_power_watt, run.energy_joule / run.time_second)
        self.assertGreaterEqual(run.time_second, 0.36)
        regions = {region.name: region for region in run.regions}
        self.assertEqual(regions["pass"].count, 3)
        self.assertTrue(regions["pass"].holds_others)
        self.assertEqual(regions["head"].count, 3)
        self.assertGreaterEqual(regions["head"].time_second, 0.06)
        # Known with an interval, or the reason why not.
        for region in run.regions:
            self.assertTrue(region.reason or region.energy_joule.low is not None, region)
        self.assertEqual(run.solve().passes, 3)
        # What "pass" does besides is too short to be told, and is a gap.
        self.assertLessEqual({"backbone", "head"}, set(self.layers(run)))
        self.assertEqual(run.open().layers, self.layers(run))

    def test_time_outside_of_regions_that_counts_is_a_row(self):
        with self.measure() as run:
            rest(0.1)
            with lw.region("a"):
                rest(0.1)
        self.assertEqual(self.layers(run), ["(outside of regions)", "a"])

    def test_results_are_there_after_the_block(self):
        with self.measure() as run:
            with self.assertRaisesRegex(lw.UsageError, "not over"):
                run.energy_joule
            self.assertIn("not over", repr(run))

    def test_an_exception_ends_regions_and_goes_on(self):
        with self.assertRaisesRegex(RuntimeError, "mine"):
            with self.measure(name="broken") as run:
                with lw.region("outer"):
                    rest()
                    raise RuntimeError("mine")
        self.assertTrue(run.partial_reason)
        self.assertFalse([note for note in run.notes if "No end was marked" in note])

    def test_threads_have_regions_of_their_own(self):
        def work(name):
            with lw.region(name):
                rest(0.1)

        with self.measure() as run:
            threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two")]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertTrue([name for name in self.layers(run) if " + " in name], self.layers(run))
        self.assertFalse([note for note in run.notes if "cross" in note])

    def test_tasks_have_regions_of_their_own(self):
        async def work(name, seconds):
            with lw.region(name):
                await asyncio.sleep(seconds)

        async def both():
            # The one that begins first ends first: in one lane they would cross.
            await asyncio.gather(work("first", 0.08), work("second", 0.16))

        with self.measure() as run:
            asyncio.run(both())
        self.assertIn("first + second", self.layers(run))
        self.assertFalse([note for note in run.notes if "cross" in note])

    def test_begin_and_end_for_callbacks(self):
        with self.measure() as run:
            lw.begin("layer1")
            rest()
            lw.end("layer1")
            lw.begin("never ends")
            rest()
        self.assertEqual([region.name for region in run.regions], ["layer1", "never ends"])
        self.assertTrue([note for note in run.notes if "No end was marked" in note])

    def test_sync_is_called_at_both_ends(self):
        calls = []
        with lw.region("a", sync=lambda: calls.append(1)):
            self.assertEqual(len(calls), 1)
        self.assertEqual(len(calls), 2)
        with self.assertRaises(lw.UsageError):
            lw.region("b", sync="fence")

    def test_a_decorated_function_is_measured(self):
        @lw.measured(sensor=BOARD, result_dir=self.raw)
        def infer(x):
            """Says so."""
            rest()
            return x + 1

        self.assertIsNone(infer.last_run)
        self.assertEqual(infer(1), 2)
        self.assertEqual(infer.__doc__, "Says so.")
        self.assertEqual([region.name for region in infer.last_run.regions], ["infer"])
        # Inside a measurement a call is a region of it.
        with self.measure() as run:
            infer(1)
        self.assertEqual([region.count for region in run.regions], [1])

        @lw.region("marked")
        def marked():
            rest()

        with self.measure() as run:
            marked()
        self.assertEqual([region.name for region in run.regions], ["marked"])

    def test_one_measurement_at_a_time(self):
        with self.measure():
            with self.assertRaisesRegex(lw.UsageError, "is running"):
                with self.measure():
                    pass
        with self.measure(name="after"):
            pass

    def test_mistakes_are_told_before_anything_runs(self):
        with self.assertRaisesRegex(lw.UsageError, "orin-nono"):
            lw.measure("virtual:orin-nono", self.raw).__enter__()
        with self.assertRaisesRegex(lw.UsageError, "no sensor 'thermometer'"):
            lw.measure("thermometer", self.raw).__enter__()
        for wrong in ({"existing": "delete"}, {"name": "a/b"}, {"name": ""}, {"idle_lead": -1.0}):
            with self.assertRaises(lw.UsageError):
                with self.measure(**wrong):
                    pass
        with self.assertRaises(lw.UsageError):
            lw.region("")
        with self.measure(name="same"):
            rest(0.01)
        with self.assertRaisesRegex(lw.UsageError, "existing|--force"):
            with self.measure(name="same", existing="refuse"):
                pass

    def test_without_a_sensor_it_says_what_to_do(self):
        with tempfile.TemporaryDirectory() as empty:
            with self.assertRaisesRegex(lw.LayerwattError, "virtual:orin-nano"):
                with lw.measure("auto", self.raw, sysfs_root=empty):
                    pass
            self.assertEqual(lw.sensors(sysfs_root=empty), [])
            with self.assertRaisesRegex(lw.MissingError, "no power sensor"):
                lw.stream(sysfs_root=empty)

    def test_fork_and_spawn(self):
        import multiprocessing

        with self.measure() as run:
            for kind in ("fork", "spawn"):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", DeprecationWarning)
                    child = multiprocessing.get_context(kind).Process(target=child_work, args=(kind,))
                    child.start()
                    child.join()
                self.assertEqual(child.exitcode, 0)
        self.assertEqual([region.name for region in run.regions], ["fork", "spawn"])


def child_work(name):
    with lw.region(name):
        rest()


class Weighed(OnAVirtualBoard):
    def test_functions_are_weighed(self):
        calls = {"a": 0, "b": 0}

        def call(name, seconds):
            calls[name] += 1
            rest(seconds)

        weighed = lw.weigh(
            {"a": lambda: call("a", 0.001), "b": lambda: call("b", 0.003)},
            duration=1.0,
            sensor=BOARD,
            result_dir=self.raw,
        )
        self.assertTrue(weighed.virtual)
        self.assertEqual([region.name for region in weighed.regions], ["a", "b"])
        self.assertGreater(weighed["a"].count, 3)
        self.assertLess(weighed["a"].time_second, weighed["b"].time_second)
        self.assertLessEqual(weighed["a"].count, calls["a"])
        self.assertEqual(weighed.solve().schedule, "weighing")

    def test_an_exception_of_a_function_is_the_callers(self):
        def broken():
            raise ZeroDivisionError("mine")

        with self.assertRaisesRegex(ZeroDivisionError, "mine"):
            lw.weigh({"a": broken}, duration=1.0, sensor=BOARD, result_dir=self.raw)

    def test_mistakes(self):
        for functions, options in (
            ({}, {}),
            ({"a": None}, {}),
            ({"a": rest}, {"schedule": "whole"}),
            ({"a": rest}, {"duration": 0.0}),
            ({"a": rest}, {"warmup": -1}),
        ):
            with self.assertRaises(lw.UsageError):
                lw.weigh(functions, sensor=BOARD, result_dir=self.raw, **options)


if __name__ == "__main__":
    unittest.main()
