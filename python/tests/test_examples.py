"""The examples run, where what they need is installed, and write what they say. LAYERWATT_DOCS names the project's
folder."""

import csv
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import unittest

FOLDER = os.path.join(os.environ["LAYERWATT_DOCS"], "examples", "python")
BOARD = "virtual:orin-nano"


def needs(*modules):
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    return unittest.skipIf(missing, f"not installed: {', '.join(missing)}")


class Examples(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def run_example(self, name, *arguments):
        done = subprocess.run(
            [sys.executable, os.path.join(FOLDER, name), "--sensor", BOARD, *arguments],
            cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("VIRTUAL", done.stdout)
        return done.stdout

    def phases_of(self, printed):
        """Tokens of each phase, by the printed table, whose context is empty where lengths are together."""
        found = dict(re.findall(r"VIRTUAL +(prefill|decode) +(\d+) ", printed))
        return {phase: int(count) for phase, count in found.items()}

    @needs("onnx", "onnxruntime")
    def test_an_onnx_decoder_with_a_cache(self):
        printed = self.run_example("onnx_decoder.py", "--answer", "9", "--prompts", "64", "256", "64", "256")
        self.assertEqual(self.phases_of(printed), {"prefill": 640, "decode": 32})
        self.assertTrue(os.path.exists(os.path.join(self.folder, "raw_data", "onnx_decoder", "tokens.json")))

    @needs("xllamacpp", "gguf")
    def test_llama_cpp(self):
        printed = self.run_example("llama_cpp.py", "--answer", "9", "--threads", "1", "--prompts", "64", "256", "64", "256")
        self.assertEqual(self.phases_of(printed), {"prefill": 640, "decode": 32})
        self.assertTrue(os.path.exists(os.path.join(self.folder, "raw_data", "llama_cpp", "tokens.json")))

    @needs("torch", "torchvision")
    def test_layers_of_vgg11(self):
        printed = self.run_example("vgg11_layers.py", "--size", "32", "--duration", "4")
        self.assertIn("===== Layer-wise Profiling (VGG11) =====\nConv2d_0: Duration=", printed)
        self.assertIn("Avg Total Power:", printed)
        with open(os.path.join(self.folder, "vgg11_layerwise_energy_full.csv"), encoding="utf-8") as file:
            rows = list(csv.reader(file))
        self.assertEqual(
            rows[0], ["Layer", "Duration (s)", "Energy (J)", "Avg Power (W)", "Power Samples (W)"]
        )
        self.assertEqual([row[0] for row in rows[1:4]], ["Conv2d_0", "ReLU_1", "MaxPool2d_2"])
        self.assertEqual(len(rows), 30)
        if "No chart" not in printed:
            chart = os.path.join(self.folder, "vgg11_layerwise_energy_plot.png")
            with open(chart, "rb") as file:
                self.assertEqual(file.read(8), b"\x89PNG\r\n\x1a\n")


if __name__ == "__main__":
    unittest.main()
