"""layerwatt beside the kernel's own ina3221 driver, whose files are read here as a person would with cat."""

import pathlib
import signal
import tempfile
import time
import unittest

import chips
import guest


class Ina3221Test(unittest.TestCase):

    def setUp(self):
        for module in ("i2c-dev", "ina3221"):
            guest.modprobe(module)
        self.bus = chips.Bus()
        self.scratch = pathlib.Path(tempfile.mkdtemp())

    def a_chip(self, address=0x40):
        chip = chips.Ina3221(self.bus, address)
        # 5.0 V and 1 A over the driver's 10 mΩ; 12 V and −1 step; nothing.
        for channel, load in enumerate(((625, 250), (1500, -1), (0, 0)), 1):
            chip.load(channel, *load)
        self.addCleanup(chip.remove)
        return chip.add()

    def rail(self, chip, channel):
        return f"{chip.place}:{channel}"

    def record(self, *words, name="power.npy"):
        output = self.scratch / name
        guest.run("record", "--output", output, *words)
        return guest.read_recording(output)

    def recorder(self, *words, name="power.npy"):
        return guest.Recorder(self.scratch / name, *words)

    # What is listed.

    def test_rails_are_named_placed_and_read_as_the_driver_shows_them(self):
        chip = self.a_chip()
        rails, unusable = guest.sensors()
        self.assertEqual(unusable, {})
        for channel in (1, 2, 3):
            rail = rails[self.rail(chip, channel)]
            self.assertEqual(rail["sensor"], "ina3221-hwmon")
            self.assertEqual(rail["location"], f"{chip.place} channel {channel}")
            volts = int(chip.attribute(f"in{channel}_input")) / 1000
            amperes = int(chip.attribute(f"curr{channel}_input")) / 1000
            ohms = int(chip.attribute(f"shunt{channel}_resistor")) * 1e-6
            self.assertAlmostEqual(rail["now"]["volt"], volts)
            self.assertAlmostEqual(rail["now"]["ampere"], amperes)
            self.assertAlmostEqual(rail["now"]["watt"], volts * amperes)
            self.assertAlmostEqual(rail["shunt_ohm"], ohms)
            self.assertAlmostEqual(rail["step_watt"], volts * chip.SHUNT_STEP / ohms)
        self.assertAlmostEqual(rails[self.rail(chip, 1)]["now"]["watt"], 5.0)
        self.assertAlmostEqual(rails[self.rail(chip, 2)]["now"]["ampere"], -0.004)

    def test_two_chips_are_told_apart_by_their_addresses(self):
        first, second = self.a_chip(0x41), self.a_chip(0x40)
        second.load(1, 625, 500)
        rails, _ = guest.sensors()
        self.assertEqual(len(rails), 6)
        self.assertAlmostEqual(rails[self.rail(first, 1)]["now"]["ampere"], 1.0)
        self.assertAlmostEqual(rails[self.rail(second, 1)]["now"]["ampere"], 2.0)

    def test_a_shunt_that_is_written_changes_currents_and_step(self):
        chip = self.a_chip()
        chip.write("shunt1_resistor", 2000)
        rail = guest.sensors()[0][self.rail(chip, 1)]
        self.assertEqual(chip.attribute("curr1_input"), "5000")
        self.assertAlmostEqual(rail["now"]["ampere"], 5.0)
        self.assertAlmostEqual(rail["shunt_ohm"], 0.002)
        self.assertAlmostEqual(rail["step_watt"], 0.1)

    def test_a_shunt_of_a_microohm_gives_no_reading(self):
        chip = self.a_chip()
        chip.write("shunt1_resistor", 1)
        self.assertEqual(chip.attribute("curr1_input"), "10000000")
        rails, unusable = guest.sensors()
        self.assertNotIn(self.rail(chip, 1), rails)
        self.assertIn("no reading of a rail", unusable[self.rail(chip, 1)]["reason"])

    def test_a_channel_that_is_off_is_told_and_does_not_stop_the_others(self):
        chip = self.a_chip()
        chip.write("in2_enable", 0)
        with self.assertRaises(OSError):
            chip.attribute("in2_input")
        rails, unusable = guest.sensors()
        self.assertEqual(sorted(rails), [self.rail(chip, 1), self.rail(chip, 3)])
        self.assertIn("in2_enable is 0", unusable[self.rail(chip, 2)]["reason"])
        self.assertIn("2 channels enabled", rails[self.rail(chip, 1)]["settings"])
        names, readings = self.record("--rail", self.rail(chip, 1), "--rail", self.rail(chip, 3), "--period", "20ms",
                                      "--duration", "1s")
        self.assertEqual(len(names), 2)
        self.assertEqual({r.status for r in readings}, {guest.READ})

    def test_with_every_channel_off_there_is_no_rail(self):
        chip = self.a_chip()
        for channel in (1, 2, 3):
            chip.write(f"in{channel}_enable", 0)
        rails, unusable = guest.sensors()
        self.assertEqual((rails, len(unusable)), ({}, 3))
        # The driver powers the chip down, and up again.
        self.assertEqual(chip.get(chip.CONFIG) & 7, 0)
        chip.write("in1_enable", 1)
        self.assertEqual(list(guest.sensors()[0]), [self.rail(chip, 1)])

    # Settings.

    def test_conversion_time_is_within_what_is_stated(self):
        """Every conversion time, with 1 to 3 channels, averaged or not: what the chip's register holds is among what
        layerwatt makes of the driver's two numbers."""
        chip = self.a_chip()
        wrong = []
        for channels in (3, 2, 1):
            for channel in (2, 3):
                chip.write(f"in{channel}_enable", int(channel <= channels))
            for time_us in chip.CONVERSION_TIMES:
                for samples in (1, 512):
                    chip.write("samples", samples)
                    chip.write("update_interval", round(time_us * 2 * channels * samples / 1000))
                    shunt_us, bus_us = chip.conversion_times
                    rail = guest.sensors("--rail", self.rail(chip, 1))[0][self.rail(chip, 1)]
                    stated = rail["conversion_window_second"]
                    shown = f"{channels} channels, samples {samples}, interval {chip.attribute('update_interval')}"
                    self.assertEqual(shunt_us, bus_us)
                    self.assertEqual(rail["average_count"], samples)
                    if stated is None:
                        wrong.append(f"{shown}: {shunt_us} µs, not known: {rail['settings']}")
                    elif round(stated * 1e6) != shunt_us and not self.range_holds(rail["settings"], shunt_us):
                        wrong.append(f"{shown}: {shunt_us} µs, stated {stated}: {rail['settings']}")
        self.assertEqual(wrong, [])

    def range_holds(self, settings, time_us):
        """Whether "conversions of 140 to 204 µs show alike" has it."""
        words = settings.split("conversions of ")
        if len(words) == 1:
            return False
        first, _, last = words[1].split()[:3]
        return int(first) <= time_us <= int(last)

    def test_what_a_stock_board_sets_gives_its_time_constant(self):
        """JetPack's boot script: 512 samples, then 430 ms."""
        chip = self.a_chip()
        chip.write("samples", 512)
        chip.write("update_interval", 430)
        self.assertEqual((chip.samples, chip.conversion_times), (512, (140, 140)))
        rail = guest.sensors()[0][self.rail(chip, 1)]
        self.assertAlmostEqual(rail["time_constant_second"], 0.430, places=3)
        self.assertEqual(rail["averaging"], "exponential")

    # Recordings.

    def test_every_register_is_recorded_as_the_driver_shows_it(self):
        """Zero, one step, and the ends of the range, both signs."""
        chip = self.a_chip()
        output = self.scratch / "power.npy"
        truth = []
        # The bus register reaches 32 V, the chip is for 26; a shunt of ±163.8 mV.
        loads = [(0, 0), (1, 1), (1, -1), (625, 250), (625, -250), (3250, 4095), (3250, -4096), (2375, 4), (2375, -5)]
        with self.recorder("--rail", self.rail(chip, 1), "--period", "5ms") as recorder:
            guest.wait_for(recorder.readings, "a first reading")
            for bus_steps, shunt_steps in loads:
                chip.load(1, bus_steps, shunt_steps)
                begin = time.monotonic_ns()
                truth.append((begin, int(chip.attribute("in1_input")) * 1000, int(chip.attribute("curr1_input")) * 1000))
                guest.wait_for(lambda: sum(r.before > begin for r in recorder.readings()[-5:]) > 2, "readings of this load")
                truth[-1] += (time.monotonic_ns(),)
            code, said, readings = recorder.finish()
        self.assertEqual(code, 0, said)
        for begin, microvolts, microamperes, end in truth:
            # The first one's voltage may have been read before.
            inside = [(r.voltage, r.current) for r in readings if begin < r.before and r.after < end][1:]
            self.assertEqual(set(inside), {(microvolts, microamperes)})
        self.assertEqual({r.status for r in readings}, {guest.READ})
        self.assertTrue(output.exists())

    def test_behind_the_filter_the_voltage_is_kept_for_a_while_and_read_anew(self):
        """A current a tick; the voltage when it is older than a twentieth of the time constant, 21 ms."""
        chip = self.a_chip()
        chip.write("samples", 512)
        chip.write("update_interval", 430)
        with self.recorder("--rail", self.rail(chip, 1), "--period", "2ms") as recorder:
            recorder.wait_for_more()
            chip.load(1, 750, 250)
            guest.wait_for(lambda: any(r.voltage == 6_000_000 for r in recorder.readings()[-3:]), "the new voltage")
            code, said, readings = recorder.finish()
        self.assertEqual(code, 0, said)
        voltages = [r.voltage for r in readings]
        self.assertEqual(voltages, sorted(voltages))
        self.assertEqual(set(voltages), {5_000_000, 6_000_000})

    def test_a_channel_switched_off_and_on_meanwhile_is_marked(self):
        chip = self.a_chip()
        with self.recorder("--rail", self.rail(chip, 1), "--rail", self.rail(chip, 2), "--period", "5ms") as recorder:
            recorder.wait_for_more()
            chip.write("in1_enable", 0)
            guest.wait_for(lambda: any(r.status == guest.DISABLED for r in recorder.readings()), "the mark")
            recorder.wait_for_more()
            chip.write("in1_enable", 1)
            back = time.monotonic_ns()
            guest.wait_for(lambda: any(r.rail == 0 and r.status == guest.READ and r.before > back
                                       for r in recorder.readings()), "the channel again")
            code, said, readings = recorder.finish()
        self.assertEqual(code, 0, said)
        self.assertEqual({r.status for r in readings if r.rail == 1}, {guest.READ})
        self.assertEqual([r.status for r in readings if r.rail == 0 and r.status != guest.READ], [guest.DISABLED])
        self.assertIn("switched off", said)

    def test_unbound_while_recording_the_rest_is_kept(self):
        chip = self.a_chip()
        with self.recorder("--rail", self.rail(chip, 1), "--period", "5ms") as recorder:
            recorder.wait_for_more(10)
            chip.unbind()
            code, said, readings = recorder.finish(stop=False)
        self.assertIn("every sensor vanished", said)
        self.assertEqual(code, 1, said)
        self.assertEqual(readings[-1].status, guest.GONE)
        self.assertGreaterEqual(sum(r.status == guest.READ for r in readings), 10)
        self.assertEqual({r.current for r in readings[:-1]}, {1_000_000})
        # Without a driver there is no rail; with one again it is as before.
        self.assertNotIn(self.rail(chip, 1), guest.sensors()[0])
        said = guest.run("record", "--output", self.scratch / "none.npy", "--rail", self.rail(chip, 1), "--duration", "1s",
                         code=None)
        self.assertIn("no power sensor that can be read", said)
        self.assertFalse((self.scratch / "none.npy").exists())
        chip.bind()
        names, readings = self.record("--rail", self.rail(chip, 1), "--period", "20ms", "--duration", "1s",
                                      name="again.npy")
        self.assertEqual({r.status for r in readings}, {guest.READ})

    def test_one_chip_of_two_unbound_the_other_goes_on(self):
        first, second = self.a_chip(0x40), self.a_chip(0x41)
        with self.recorder("--rail", self.rail(first, 1), "--rail", self.rail(second, 1), "--period", "5ms") as recorder:
            recorder.wait_for_more()
            first.unbind()
            gone = time.monotonic_ns()
            guest.wait_for(lambda: sum(r.before > gone and r.rail == 1 for r in recorder.readings()) > 5, "the other chip")
            code, said, readings = recorder.finish()
        self.assertEqual(code, 0, said)
        self.assertIn("vanished", said)
        self.assertEqual([r.status for r in readings if r.rail == 0][-1], guest.GONE)
        self.assertEqual({r.status for r in readings if r.rail == 1}, {guest.READ})

    def test_removed_with_its_module_while_recording(self):
        """The driver's module goes while its files are open."""
        chip = self.a_chip()
        with self.recorder("--rail", self.rail(chip, 1), "--period", "5ms") as recorder:
            recorder.wait_for_more()
            guest.modprobe("-r", "ina3221")
            code, said, readings = recorder.finish(stop=False)
        self.assertEqual(code, 1, said)
        self.assertEqual(readings[-1].status, guest.GONE)
        guest.modprobe("ina3221")
        self.assertIn(self.rail(chip, 1), guest.sensors()[0])

    @unittest.skipIf(guest.VERSION >= (5, 14), "since Linux 5.14 the driver reads without waiting for a conversion")
    def test_no_conversion_ready_is_a_busy_device(self):
        """The older driver, and JetPack 5's, waits for the flag of a finished conversion, and gives up."""
        chip = self.a_chip()
        with self.recorder("--rail", self.rail(chip, 1), "--period", "5ms") as recorder:
            recorder.wait_for_more()
            chip.set(chip.MASK_ENABLE, chip.get(chip.MASK_ENABLE) & ~1)
            guest.wait_for(lambda: any(r.status == guest.BUSY for r in recorder.readings()), "a busy device")
            chip.set(chip.MASK_ENABLE, chip.get(chip.MASK_ENABLE) | 1)
            ready = time.monotonic_ns()
            guest.wait_for(lambda: any(r.status == guest.READ and r.before > ready for r in recorder.readings()), "a reading")
            code, said, _ = recorder.finish()
        self.assertEqual(code, 0, said)
        self.assertIn("busy", said)

    def test_a_recorder_that_is_stopped_leaves_the_chip_as_it_was(self):
        chip = self.a_chip()
        before = [chip.get(register) for register in range(0x10)]
        with self.recorder("--rail", self.rail(chip, 1), "--period", "5ms") as recorder:
            recorder.wait_for_more()
            recorder.process.send_signal(signal.SIGINT)
            recorder.finish(stop=False)
        guest.sensors()
        # No board of the table, so no total: it finds fault, and changes nothing.
        self.assertIn(self.rail(chip, 2), guest.run("doctor", "--no-self-test", code=1))
        self.assertEqual([chip.get(register) for register in range(0x10)], before)
