"""layerwatt beside the kernel's own drivers of INA238, INA219, INA226 and INA230: power registers of their own."""

import pathlib
import tempfile
import unittest

import chips
import guest


class PowerRegisterTest(unittest.TestCase):

    def setUp(self):
        guest.modprobe("i2c-dev")
        self.bus = chips.Bus()
        self.scratch = pathlib.Path(tempfile.mkdtemp())

    def add(self, chip):
        guest.modprobe(chip.driver)
        self.addCleanup(chip.remove)
        return chip.add()

    def record_one(self, rail):
        """Powers in µW and states that a short recording holds."""
        output = self.scratch / "power.npy"
        guest.run("record", "--force", "--output", output, "--rail", rail, "--period", "10ms", "--duration", "500ms")
        _, readings = guest.read_recording(output)
        return {r.power for r in readings}, {r.status for r in readings}

    def test_ina238_is_one_rail_whose_power_is_the_chip_s(self):
        chip = self.add(chips.Ina238(self.bus, 0x44))
        # 19.5 V, 2 A, 39 W at the driver's 10 mΩ.
        chip.load(6240, 1000, 97500)
        rails, unusable = guest.sensors()
        self.assertEqual(unusable, {})
        self.assertEqual(list(rails), [chip.place])
        rail = rails[chip.place]
        self.assertEqual((rail["sensor"], rail["kind"]), ("ina238", "power"))
        microwatts = int(chip.attribute("power1_input"))
        self.assertGreater(microwatts, 0)
        self.assertAlmostEqual(rail["now"]["watt"], microwatts * 1e-6)
        self.assertEqual(self.record_one(chip.place), ({microwatts}, {guest.READ}))
        # What the driver sets is what the rail is said to be: means of 16, 1052 µs each, of shunt, bus and temperature.
        adc = chip.get(chip.ADC_CONFIG)
        self.assertEqual((adc >> 12, adc >> 9 & 7, adc >> 6 & 7, adc >> 3 & 7, adc & 7), (0xF, 5, 5, 5, 2))
        self.assertEqual((rail["averaging"], rail["average_count"]), ("block", 16))
        self.assertAlmostEqual(rail["conversion_window_second"], 1.052e-3)

    def test_ina238_s_whole_range(self):
        chip = self.add(chips.Ina238(self.bus, 0x44))
        for power in (0, 1, 0xFF, 0x100, 0xFFFF, 0x10000, 0xFFFFFF):
            chip.load(6240, 0, power)
            microwatts = int(chip.attribute("power1_input"))
            powers, states = self.record_one(chip.place)
            self.assertEqual((powers, states), ({microwatts}, {guest.READ}), f"register {power:#x}")

    def test_ina238_s_current_has_a_sign_and_its_power_none(self):
        """The power register has no sign (SLYS026A 7.6.1.9): whoever reads power alone cannot tell the direction."""
        chip = self.add(chips.Ina238(self.bus, 0x44))
        chip.load(6240, -1000, 97500)
        self.assertLess(int(chip.attribute("curr1_input")), 0)
        self.assertGreater(int(chip.attribute("power1_input")), 0)

    def check_ina2xx(self, kind, bus_register, current_steps_in_power):
        """12 V and 0.5 A; a step of the power register is `current_steps_in_power` of the current's at 1 V."""
        chip = self.add(chips.Ina2xx(self.bus, 0x45, kind))
        chip.load(bus_register, 500, round(12 * 500 / current_steps_in_power))
        rails, unusable = guest.sensors()
        self.assertEqual(unusable, {})
        name = f"{kind}:power1"
        self.assertEqual(list(rails), [name])
        rail = rails[name]
        microwatts = int(chip.attribute("power1_input"))
        self.assertGreater(microwatts, 0)
        self.assertEqual((rail["sensor"], rail["kind"]), ("hwmon-power", "power"))
        self.assertAlmostEqual(rail["now"]["watt"], microwatts * 1e-6)
        self.assertEqual(self.record_one(name), ({microwatts}, {guest.READ}))
        self.assertEqual(chip.attribute("in1_input"), "12000")
        # Read beside it, the product of voltage and current is the same to within the steps of both.
        product = int(chip.attribute("in1_input")) * int(chip.attribute("curr1_input"))
        self.assertAlmostEqual(product / microwatts, 1, delta=0.01)
        # The shunt is the driver's, and so is the step of power.
        microohms = int(chip.attribute("shunt_resistor"))
        self.assertAlmostEqual(rail["shunt_ohm"], microohms * 1e-6)
        chip.load(bus_register, 500, 1)
        self.assertAlmostEqual(rail["step_watt"], int(chip.attribute("power1_input")) * 1e-6)
        return chip, name

    def test_ina219(self):
        # Steps of 4 mV from bit 3.
        chip, name = self.check_ina2xx("ina219", 3000 << 3, 20)
        # What the driver sets: 12 bits (code 3) of bus and shunt in turn, without averaging.
        config = chip.get(chip.CONFIG)
        self.assertEqual((config >> 7 & 0xF, config >> 3 & 0xF, config & 7), (3, 3, 7))
        rail = guest.sensors()[0][name]
        self.assertEqual(rail["averaging"], "none")
        self.assertAlmostEqual(rail["conversion_window_second"], 532e-6)
        self.assertAlmostEqual(rail["period_second"], 2 * 532e-6)

    def check_averages(self, kind):
        # Steps of 1.25 mV.
        chip, name = self.check_ina2xx(kind, 9600, 25)
        for code, averages in enumerate((1, 4, 16, 64, 128, 256, 512, 1024)):
            chip.write("update_interval", round(2.2 * averages))
            config = chip.get(chip.CONFIG)
            # Conversions of 1.1 ms (code 4), of shunt and bus in turn.
            self.assertEqual((config >> 9 & 7, config >> 6 & 7, config >> 3 & 7, config & 7), (code, 4, 4, 7))
            rail = guest.sensors()[0][name]
            self.assertEqual((rail["average_count"], rail["averaging"]), (averages, "block" if averages > 1 else "none"))
            self.assertAlmostEqual(rail["conversion_window_second"], 1.1e-3)
            self.assertAlmostEqual(rail["period_second"], 2.2e-3)

    def test_ina226(self):
        self.check_averages("ina226")

    def test_ina230(self):
        self.check_averages("ina230")

    def test_two_of_one_kind_are_told_apart(self):
        for address, steps in ((0x44, 100), (0x45, 200)):
            self.add(chips.Ina2xx(self.bus, address, "ina226")).load(9600, steps, steps)
        rails, _ = guest.sensors()
        self.assertEqual(len(rails), 2)
        powers = {rail["location"]: self.record_one(name)[0] for name, rail in rails.items()}
        # 6.25 mW a step at the driver's 10 mΩ.
        self.assertEqual(powers, {f"ina226/{self.bus.number}-0044 power1": {625_000},
                                  f"ina226/{self.bus.number}-0045 power1": {1_250_000}})

    def test_taken_away_while_recording_the_rest_is_kept(self):
        chip = self.add(chips.Ina2xx(self.bus, 0x45, "ina226"))
        chip.load(9600, 500, 240)
        with guest.Recorder(self.scratch / "power.npy", "--rail", "ina226:power1", "--period", "5ms") as recorder:
            recorder.wait_for_more()
            chip.remove()
            code, said, readings = recorder.finish(stop=False)
        self.assertEqual(code, 1, said)
        self.assertIn("every sensor vanished", said)
        self.assertEqual(readings[-1].status, guest.GONE)


class IioTest(unittest.TestCase):
    """Linux's own IIO driver of these chips, which layerwatt does not read: JetPack 4's alone, ina3221x, which no Debian
    kernel has."""

    def test_a_chip_that_iio_holds_is_no_rail_and_hinders_nothing(self):
        guest.modprobe("i2c-dev")
        # Both have names of their chips in common; the one that is there first gets them.
        guest.modprobe("-r", "ina2xx")
        guest.modprobe("ina2xx-adc")
        self.addCleanup(lambda: guest.modprobe("-r", "ina2xx-adc"))
        bus = chips.Bus()
        chip = chips.Ina2xx(bus, 0x45, "ina226")
        self.addCleanup(chip.remove)
        chip.add()
        device = next(pathlib.Path(f"/sys/bus/i2c/devices/{chip.place}").glob("iio:device*"))
        self.assertEqual((device / "name").read_text().strip(), "ina226")
        guest.modprobe("ina3221")
        other = chips.Ina3221(bus, 0x40)
        self.addCleanup(other.remove)
        other.add()
        rails, unusable = guest.sensors()
        self.assertEqual(sorted(rails), [f"{other.place}:{n}" for n in (1, 2, 3)])
        self.assertEqual(unusable, {})
