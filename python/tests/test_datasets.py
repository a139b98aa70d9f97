"""Datasets, profiles and programs: equal to what the command says, byte for byte.

LAYERWATT_COMMAND names the command; LAYERWATT_TEST_DATA the folder tests/data.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import numpy as np

import layerwatt as lw

COMMAND = os.environ["LAYERWATT_COMMAND"]
DATA = os.environ["LAYERWATT_TEST_DATA"]
PUBLISHED = os.path.join(DATA, "edgeprofiler", "example_raw_data")


def command(*arguments):
    done = subprocess.run([COMMAND, *arguments], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


class Datasets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.raw = os.path.join(cls.folder, "raw")
        code, _, err = command("simulate", "--board", "orin-nano", "--network", "lenet-like", "--schedule",
                               "weighing", "--duration", "30", "--seed", "3", "--result-dir", cls.raw)
        assert code == 0, err
        cls.run_folder = os.path.join(cls.raw, "lenet-like")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def test_solving_equals_the_command_bit_for_bit(self):
        mapped = os.path.join(self.folder, "mapped")
        code, out, err = command("map", "--raw-data-dir", self.raw, "--result-dir", mapped, "--json")
        self.assertEqual(code, 0, err)
        profiles = lw.solve(self.raw)
        with open(os.path.join(mapped, "lenet-like", "layer_profile.json")) as file:
            self.assertEqual(profiles[0].to_json(), file.read())
        with open(os.path.join(mapped, "lenet-like", "layer_profile.csv")) as file:
            self.assertEqual(profiles[0].to_csv(), file.read())
        told = json.loads(out)[0]
        for layer, expected in zip(profiles[0], told["layers"]):
            self.assertEqual(layer.name, expected["layer_name"])
            self.assertEqual(layer.energy_joule.value, expected["energy_joule"]["value"])
            self.assertEqual(layer.energy_joule.low, expected["energy_joule"]["low"])

    def test_mapping_writes_what_the_command_writes(self):
        for method in ("solve", "window", "nearest"):
            source = PUBLISHED if method != "solve" else self.raw
            here = os.path.join(self.folder, "py-" + method)
            there = os.path.join(self.folder, "command-" + method)
            profiles = lw.map(source, here, method)
            code, _, err = command("map", "--raw-data-dir", source, "--result-dir", there, "--method", method)
            self.assertEqual(code, 0, err)
            files = 0
            for profile in profiles:
                for name in os.listdir(os.path.join(there, profile.model)):
                    with open(os.path.join(there, profile.model, name), "rb") as expected:
                        with open(os.path.join(here, profile.model, name), "rb") as found:
                            self.assertEqual(found.read(), expected.read(), name)
                            files += 1
            self.assertGreater(files, 0)

    def test_comparing_equals_the_command(self):
        mapped = os.path.join(self.folder, "to-compare")
        lw.map(self.raw, mapped)
        first = os.path.join(mapped, "lenet-like")
        other = os.path.join(mapped, "other")
        shutil.copytree(first, other)
        comparison = lw.compare(first, other)
        code, out, err = command("compare", first, other, "--json")
        self.assertEqual(code, 0, err)
        self.assertEqual(comparison.to_json(), out)
        self.assertIn("lenet-like", comparison.text)
        self.assertFalse(comparison.is_worse(0.05))

    def test_a_recording_is_views_of_its_files(self):
        recording = lw.open(self.run_folder)
        self.assertTrue(recording.virtual)
        rail = recording.power["VDD_IN"]
        self.assertIsInstance(recording.power.records, np.memmap)
        self.assertTrue(np.shares_memory(rail.power_microwatt, recording.power.records))
        self.assertTrue(np.shares_memory(rail.before_ns, recording.power.records))
        self.assertFalse(rail.before_ns.flags.writeable)
        self.assertEqual(len(rail.watts), len(rail))
        self.assertTrue((np.diff(rail.seconds) > 0).all())
        self.assertTrue(0.5 < float(np.nanmean(rail.watts)) < 50.0)
        self.assertEqual(recording.timeline.dtype.names[0], "segment")
        self.assertLess(recording.timeline["segment"].max(), len(recording.layers))
        recording.refresh()
        self.assertEqual(recording.solve().to_json(), lw.solve(self.raw)[0].to_json())
        with self.assertRaises(KeyError):
            recording.power["VDD_OUT"]

    def test_a_recording_of_several_rails(self):
        raw = os.path.join(self.folder, "several")
        code, _, err = command("simulate", "--board", "agx-orin", "--network", "lenet-like", "--schedule", "whole",
                               "--duration", "4", "--result-dir", raw)
        self.assertEqual(code, 0, err)
        recording = lw.open(raw)
        counts = {name: len(rail) for name, rail in recording.power.items()}
        self.assertGreater(len(counts), 1)
        self.assertEqual(sum(counts.values()), len(recording.power.records))
        for name, rail in recording.power.items():
            self.assertTrue((rail.records["rail"] == list(counts).index(name)).all())

    def test_datasets_of_others_can_be_solved(self):
        profile = lw.map(PUBLISHED, os.path.join(self.folder, "published"), "window")[0]
        self.assertGreater(len(profile), 0)
        with self.assertRaises(lw.MissingError):
            lw.open(os.path.join(PUBLISHED, profile.model)).timeline

    def test_files_that_are_none_name_themselves(self):
        broken = os.path.join(self.folder, "broken")
        shutil.copytree(self.run_folder, broken)
        with open(os.path.join(broken, "run.json"), "w") as file:
            file.write("{]")
        with self.assertRaises(lw.DatasetError) as caught:
            lw.open(broken)
        self.assertTrue(caught.exception.file.endswith("run.json"))
        self.assertIn("run.json", str(caught.exception))
        shutil.copy(os.path.join(self.run_folder, "run.json"), broken)
        with open(os.path.join(broken, "power.npy"), "wb") as file:
            file.write(b"\x93NUMPY")
        with self.assertRaises(lw.DatasetError):
            lw.open(broken)
        with self.assertRaises(lw.DatasetError):
            lw.solve(broken)
        with self.assertRaises(lw.MissingError):
            lw.open(os.path.join(self.folder, "nowhere"))
        with self.assertRaises(lw.MissingError):
            lw.compare(self.folder, self.folder)
        with self.assertRaises(lw.UsageError):
            lw.map(self.raw, self.folder, "guess")

    def test_a_profile_by_name_and_place(self):
        profile = lw.solve(self.raw)[0]
        self.assertEqual(profile[0].name, profile[profile[0].name].name)
        self.assertEqual(profile[-1].name, list(profile)[-1].name)
        with self.assertRaisesRegex(lw.MissingError, "there are"):
            profile["no such layer"]
        with self.assertRaises(IndexError):
            profile[len(profile)]
        with self.assertRaises(KeyError):
            profile[0]["no such column"]
        self.assertEqual(sum(profile.status.values()), len(profile))
        written = os.path.join(self.folder, "written")
        os.mkdir(written)
        profile.write(written)
        self.assertEqual(lw.Profile.read(written).to_json(), profile.to_json())

    def test_notebooks_show_the_banner_and_escape_names(self):
        profile = lw.solve(self.raw)[0]
        page = profile._repr_html_()
        self.assertIn("<b>virtual</b>", page)
        self.assertIn("VIRTUAL", repr(profile))
        written = os.path.join(self.folder, "escaped")
        os.mkdir(written)
        with open(os.path.join(written, "layer_profile.json"), "w") as file:
            file.write(profile.to_json().replace('"layer_name": "', '"layer_name": "<script>&', 1))
        page = lw.Profile.read(written)._repr_html_()
        self.assertIn("&lt;script&gt;&amp;", page)
        self.assertNotIn("<script>", page)

    def test_the_arrow_stream_holds_every_cell(self):
        profile = lw.solve(self.raw)[0]
        capsule = profile.__arrow_c_stream__()
        self.assertIn("arrow_array_stream", repr(capsule))
        del capsule  # Released without having been read.
        try:
            import pyarrow
        except ImportError:
            self.skipTest("pyarrow is not installed")
        table = pyarrow.table(profile)
        self.assertEqual(tuple(table.column_names), profile.columns)
        for name in profile.columns:
            self.assertEqual(table[name].to_pylist(), [layer[name] for layer in profile], name)

    def test_the_package_needs_numpy_alone(self):
        code = "import sys, layerwatt; print([m for m in ('pandas', 'pyarrow', 'torch', 'asyncio') if m in sys.modules])"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        self.assertEqual(done.stdout.strip(), "[]")


class Programs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.raw = os.path.join(folder.name, "raw")

    def run_it(self, words, **options):
        return lw.run(words, sensor="virtual:orin-nano", result_dir=self.raw, **options)

    def test_a_program_is_measured(self):
        run = self.run_it(["sleep", "0.1"], repeats=2, warmup=1)
        self.assertEqual(run.exit_code, 0)
        self.assertTrue(run.virtual)
        self.assertGreater(run.energy_joule.value, 0.0)
        self.assertIsNotNone(run.energy_joule.half_width)
        self.assertEqual(run.programs[0].name, "sleep")
        self.assertEqual(len(run.to_dict()["programs"][0]["repeats"]), 2)
        self.assertEqual([layer.name for layer in run.profile], ["sleep"])
        self.assertEqual(run.open().name, "sleep")

    def test_its_lines_mark_regions(self):
        script = "echo load; sleep 0.1; echo save; sleep 0.1"
        run = self.run_it(script, mark="(?<load>^load)|(?<save>^save)")
        self.assertEqual([region.name for region in run.regions], ["load", "save"])

    def test_this_package_marks_regions_of_a_program(self):
        script = "import layerwatt as lw, time\nwith lw.region('inner'): time.sleep(0.1)"
        run = self.run_it([sys.executable, "-c", script], markers=True, name="python")
        self.assertEqual([region.name for region in run.regions], ["inner"])

    def test_two_are_compared(self):
        run = self.run_it(["sleep", "0.05"], vs=["sleep", "0.1"], repeats=2)
        self.assertEqual([program.name for program in run.programs], ["A", "B"])

    def test_failures(self):
        with self.assertRaises(lw.CommandError) as caught:
            self.run_it("exit 7")
        self.assertEqual(caught.exception.returncode, 7)
        with self.assertRaisesRegex(lw.MissingError, "no-such-program"):
            self.run_it(["no-such-program-of-layerwatt"])
        for wrong in ({"repeats": 0}, {"mark": "(?<a"}, {"existing": "?"}):
            with self.assertRaises(lw.UsageError):
                self.run_it(["true"], **wrong)
        with self.assertRaises(lw.UsageError):
            self.run_it([])


class Networks(unittest.TestCase):
    def test_mistakes_have_the_commands_own_text(self):
        with self.assertRaisesRegex(lw.LayerwattError, "no-such-network"):
            lw.profile_onnx("no-such-network", sensor="virtual:orin-nano")
        with self.assertRaises(lw.LayerwattError):
            lw.predict("lenet", "no-such-folder")

    def test_a_command_that_is_not_there_is_told(self):
        code = ("import layerwatt as lw\ntry: lw.profile_onnx('lenet')\n"
                "except lw.MissingError as error: print(error)")
        environment = {"PATH": "/nowhere", "HOME": os.environ.get("HOME", "/")}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
        self.assertIn("LAYERWATT_COMMAND", done.stdout, done.stderr)


if __name__ == "__main__":
    unittest.main()
