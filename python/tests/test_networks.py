"""What the command does for Python: networks measured by its engines, and predicted."""

import json
import os
import random
import subprocess
import tempfile
import unittest

import layerwatt as lw

BOARD = "virtual:orin-nano"
COMMAND = os.environ.get("LAYERWATT_COMMAND")


@unittest.skipIf(COMMAND is None, "LAYERWATT_COMMAND names no command")
class Networks(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def test_a_network_is_measured_layer_by_layer(self):
        try:
            profile = lw.profile_onnx(
                "lenet", engine="onnxruntime", duration=2, schedule="weighing", warmup=3,
                idle_lead=1, sensor=BOARD, result_dir=self.path("raw"),
            )
        except lw.CommandError as error:
            if "ONNX Runtime" not in str(error):
                raise
            self.skipTest("ONNX Runtime is not here")
        self.assertTrue(profile.virtual)
        self.assertEqual((profile.model, profile.method, profile.schedule), ("lenet", "solve", "weighing"))
        self.assertGreater(len(profile), 4)
        for layer in profile:
            self.assertGreater(layer.mean_run_time_second, 0.0)
            self.assertTrue(layer.reason or layer.energy_joule.low is not None, layer.name)
        # What the command wrote is what came back, and the same by another way.
        with open(self.path("raw/lenet/layer_profile.json"), encoding="utf-8") as file:
            self.assertEqual(json.load(file), profile.to_dict())
        again = lw.solve(self.path("raw/lenet"))[0]
        self.assertEqual([one.energy_joule for one in again], [one.energy_joule for one in profile])

    def train(self):
        """A machine that needs 8 µs a launch and 1 µs for each 2 million operations, at 1 to 6 W."""
        noise = random.Random(1)
        columns = "layer_name kind batch_size input_channels input_height input_width output_channels"
        columns += " output_height output_width kernel_height kernel_width stride_height stride_width"
        columns += " run_time_millisecond run_times power_microwatt power_status"
        for network in ("one", "two", "three"):
            rows = [columns.replace(" ", ",")]
            for i in range(24):
                inputs, outputs = 4 * (1 + i % 6), 8 * (1 + i % 4)
                side = (8, 16, 32)[noise.randrange(3)]
                computing = 2e-6 * 9 * inputs * outputs * side * side / 2e6
                second = (8e-6 + computing) * noise.gauss(1.0, 0.02)
                watt = (1.0 + 5.0 * computing / (8e-6 + computing)) * noise.gauss(1.0, 0.02)
                rows.append(
                    f"conv{i},convolution,1,{inputs},{side},{side},{outputs},{side},{side},3,3,1,1,"
                    f"{1e3 * second:.6f},100,{1e6 * watt:.0f},resolved"
                )
            os.makedirs(self.path(f"training/{network}"))
            with open(self.path(f"training/{network}/layers.csv"), "w", encoding="utf-8") as file:
                file.write("\n".join(rows) + "\n")
        command = [COMMAND, "train", "--training-data-dir", self.path("training")]
        command += ["--model-dir", self.path("model")]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    def test_a_network_is_predicted(self):
        self.train()
        told = lw.predict("lenet", self.path("model"))
        printed = subprocess.run(
            [COMMAND, "predict", "lenet", "--json", "--model-dir", self.path("model")],
            check=True, stdout=subprocess.PIPE,
        )
        self.assertEqual(told, json.loads(printed.stdout))
        self.assertIn("lenet", json.dumps(told))
        larger = lw.predict("lenet", self.path("model"), batch=4)
        self.assertNotEqual(told, larger)

    def test_errors_are_the_commands_own(self):
        with self.assertRaisesRegex(lw.LayerwattError, "there is no trained model"):
            lw.predict("lenet", self.path("nowhere"))
        with self.assertRaisesRegex(lw.LayerwattError, "lenat"):
            lw.profile_onnx("lenat", sensor=BOARD, result_dir=self.path("raw"))


if __name__ == "__main__":
    unittest.main()
