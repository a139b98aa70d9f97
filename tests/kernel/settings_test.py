"""`measure --sensor-samples` on the kernel's own ina3221 driver: what stands in the chip's register while a network
runs, and afterwards, however the run ends."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import unittest

import chips
import guest

STATE = pathlib.Path("/run/layerwatt-sensor-settings")


class SensorSamplesTest(unittest.TestCase):
    runs_networks = None

    def setUp(self):
        for module in ("i2c-dev", "ina3221"):
            guest.modprobe(module)
        self.bus = chips.Bus()
        if SensorSamplesTest.runs_networks is None:
            tried = subprocess.run([guest.LAYERWATT, "measure", "lenet", "--sensor", "virtual:orin-nano", "--runs", "1",
                                    "--result-dir", tempfile.mkdtemp()], capture_output=True, text=True, check=False,
                                   timeout=guest.PATIENCE)
            SensorSamplesTest.runs_networks = tried.returncode == 0
            if tried.returncode != 0:
                print(tried.stderr)
        if not SensorSamplesTest.runs_networks:
            self.skipTest("no engine runs a network here: scripts/fetch_onnxruntime.sh")
        self.scratch = pathlib.Path(tempfile.mkdtemp())
        self.chip = self.a_chip(0x40)
        self.config = self.chip.get(self.chip.CONFIG)
        self.addCleanup(lambda: STATE.unlink(missing_ok=True))

    def a_chip(self, address):
        chip = chips.Ina3221(self.bus, address)
        chip.load(1, 625, 250)
        self.addCleanup(chip.remove)
        chip.add()
        chip.write("samples", 512)
        chip.write("update_interval", 430)
        return chip

    def measure(self, *words, chip=None, folder="raw"):
        """Starts a run that lasts until it is ended."""
        process = subprocess.Popen(
            [guest.LAYERWATT, "measure", "lenet", "--rail", f"{(chip or self.chip).place}:1", "--schedule", "whole",
             "--duration", "600s", "--warmup", "1", "--idle-lead", "1s", "--result-dir", str(self.scratch / folder),
             "--force", *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(lambda: (process.poll() is None and process.kill(), process.communicate()))
        return process

    def measure_with_one_sample(self, *chips_too):
        process = self.measure("--sensor-samples", "1")
        for chip in (self.chip, *chips_too):
            guest.wait_for(lambda: process.poll() is not None or chip.samples == 1, "a setting that is in force")
        if process.poll() is not None:
            self.fail(f"it ended: {process.communicate()}")
        # Only the averaging was touched.
        self.assertEqual(self.chip.get(self.chip.CONFIG), self.config & ~0x0E00)
        return process

    def recordings(self):
        return list(self.scratch.glob("raw/*/power.npy"))

    def test_the_run_has_its_own_averaging_and_the_chip_its_old_one_afterwards(self):
        said = guest.run("measure", "lenet", "--rail", f"{self.chip.place}:1", "--sensor-samples", "4", "--schedule",
                         "whole", "--runs", "3", "--warmup", "1", "--idle-lead", "1s", "--result-dir",
                         self.scratch / "raw")
        self.assertIn("samples=4", (self.scratch / "raw/lenet/run.json").read_text(), said)
        self.assertEqual(self.chip.get(self.chip.CONFIG), self.config)
        self.assertFalse(STATE.exists())

    def test_ended_by_sigterm_it_puts_the_setting_back(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            process = self.measure_with_one_sample()
            process.send_signal(number)
            process.communicate(timeout=guest.PATIENCE)
            # SIGHUP is not caught: then the guard does it, a moment later.
            guest.wait_for(lambda: self.chip.get(self.chip.CONFIG) == self.config and not STATE.exists(),
                           f"the old setting after signal {number}")

    def test_killed_its_guard_puts_the_setting_back(self):
        process = self.measure_with_one_sample()
        process.kill()
        process.communicate(timeout=guest.PATIENCE)
        guest.wait_for(lambda: self.chip.get(self.chip.CONFIG) == self.config, "the old setting")
        guest.wait_for(lambda: not STATE.exists(), "nothing to remember")

    def test_killed_with_its_guard_the_next_run_puts_the_setting_back(self):
        process = self.measure_with_one_sample()
        os.kill(int(STATE.read_text().splitlines()[0]), signal.SIGKILL)
        process.kill()
        process.communicate(timeout=guest.PATIENCE)
        self.assertEqual(self.chip.samples, 1)
        again = self.measure()
        guest.wait_for(lambda: again.poll() is not None or self.chip.samples == 512, "the old setting")
        again.terminate()
        out, err = again.communicate(timeout=guest.PATIENCE)
        self.assertIn("was left at another value by a run that died", out + err)
        self.assertEqual(self.chip.get(self.chip.CONFIG), self.config)

    def test_two_chips_each_get_their_own_back(self):
        other = self.a_chip(0x41)
        other.write("samples", 64)
        config = other.get(other.CONFIG)
        process = self.measure("--sensor-samples", "1", "--rail", f"{other.place}:1")
        guest.wait_for(lambda: process.poll() is not None or (self.chip.samples, other.samples) == (1, 1), "both")
        self.assertIsNone(process.poll(), process.poll() is not None and process.communicate())
        process.terminate()
        process.communicate(timeout=guest.PATIENCE)
        self.assertEqual((self.chip.get(self.chip.CONFIG), other.get(other.CONFIG)), (self.config, config))

    def test_a_chip_of_which_no_rail_is_read_is_left_alone(self):
        other = self.a_chip(0x41)
        config = other.get(other.CONFIG)
        process = self.measure_with_one_sample()
        self.assertEqual(other.get(other.CONFIG), config)
        process.terminate()
        process.communicate(timeout=guest.PATIENCE)

    def test_unbound_meanwhile_the_next_run_is_not_hindered(self):
        """Probed again the driver resets the chip, so there is nothing to put back."""
        other = self.a_chip(0x41)
        process = self.measure_with_one_sample()
        guest.wait_for(lambda: process.poll() is not None or any(p.stat().st_size > 1000 for p in self.recordings()),
                       "a recording")
        self.chip.unbind()
        out, err = process.communicate(timeout=guest.PATIENCE)
        self.assertNotEqual(process.returncode, 0, out)
        self.assertIn("vanished", out + err)
        guest.wait_for(lambda: not STATE.exists(), "nothing to remember")
        said = guest.run("measure", "lenet", "--rail", f"{other.place}:1", "--schedule", "whole", "--runs", "3",
                         "--warmup", "1", "--idle-lead", "1s", "--result-dir", self.scratch / "later")
        self.assertIn("lenet", said)
        self.chip.bind()
        # What the boot script of a board had set is lost with the driver.
        self.assertEqual((self.chip.attribute("samples"), self.chip.conversion_times), ("1", (1100, 1100)))

    def test_gone_with_the_run_and_its_guard_it_is_told_and_forgotten(self):
        other = self.a_chip(0x41)
        process = self.measure_with_one_sample()
        os.kill(int(STATE.read_text().splitlines()[0]), signal.SIGKILL)
        process.kill()
        process.communicate(timeout=guest.PATIENCE)
        # The number of its hwmon folder goes to the other chip.
        folder = self.chip.hwmon.name
        self.chip.remove()
        other.unbind()
        other.bind()
        self.assertEqual(other.hwmon.name, folder)
        config = other.get(other.CONFIG)
        process = self.measure(chip=other, folder="later")
        guest.wait_for(lambda: process.poll() is not None or not STATE.exists(), "nothing to remember")
        process.terminate()
        out, err = process.communicate(timeout=guest.PATIENCE)
        self.assertIn("is not there any more", out + err)
        self.assertEqual(other.get(other.CONFIG), config)
        self.assertFalse(STATE.exists())

    def test_a_second_run_meanwhile_is_refused(self):
        first = self.measure_with_one_sample()
        second = self.measure("--sensor-samples", "4", folder="second")
        out, err = second.communicate(timeout=guest.PATIENCE)
        self.assertEqual(second.returncode, 1, out)
        self.assertIn("another run has changed the sensor's settings", err)
        self.assertEqual(self.chip.samples, 1)
        first.terminate()
        first.communicate(timeout=guest.PATIENCE)
        self.assertEqual(self.chip.get(self.chip.CONFIG), self.config)

    def test_a_limit_that_is_in_force_is_told(self):
        self.chip.write("curr1_max", 3000)
        self.assertEqual(self.chip.attribute("curr1_max"), "3000")
        process = self.measure_with_one_sample()
        process.terminate()
        out, err = process.communicate(timeout=guest.PATIENCE)
        self.assertIn("over-current warning at 3000 mA", out + err)

    def test_without_a_limit_none_is_told(self):
        """The register of a chip that nobody set holds its largest value."""
        process = self.measure_with_one_sample()
        process.terminate()
        out, err = process.communicate(timeout=guest.PATIENCE)
        self.assertNotIn("over-current", out + err)

    def test_who_may_not_write_is_told_before_anything_runs(self):
        """Everybody reads, root alone writes."""
        folder = pathlib.Path(tempfile.mkdtemp())
        # Root's own cache is closed to others.
        cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", "/nonexistent")) / "layerwatt"
        for library in cache.glob("onnxruntime-*"):
            shutil.copytree(library, folder / "layerwatt" / library.name)
        folder.chmod(0o777)
        as_nobody = {"capture_output": True, "text": True, "user": 65534, "group": 65534, "check": False,
                     "timeout": guest.PATIENCE, "env": {**os.environ, "XDG_CACHE_HOME": str(folder)}}
        rail = ["--rail", f"{self.chip.place}:1"]
        done = subprocess.run([guest.LAYERWATT, "measure", "lenet", *rail, "--sensor-samples", "1", "--runs", "5",
                               "--result-dir", str(folder / "raw")], **as_nobody)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("ermission denied", done.stderr)
        self.assertEqual(self.chip.get(self.chip.CONFIG), self.config)
        self.assertFalse((folder / "raw/lenet/power.npy").exists())
        done = subprocess.run([guest.LAYERWATT, "record", *rail, "--duration", "1s", "--output",
                               str(folder / "power.npy")], **as_nobody)
        self.assertEqual(done.returncode, 0, done.stderr)
