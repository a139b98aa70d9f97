"""PyTorch modules and generated tokens, on a virtual board."""

import json
import os
import tempfile
import time
import unittest

import layerwatt as lw

BOARD = "virtual:orin-nano"
try:
    import torch
except ImportError:
    torch = None


def truth_of(run):
    with open(os.path.join(run.folder, "virtual_truth.json")) as file:
        return {layer["name"]: layer["power_w"] for layer in json.load(file)["layers"]}


class Tokens(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.raw = os.path.join(folder.name, "raw")

    @staticmethod
    def generate(prompt):
        time.sleep(0.002 * len(prompt))
        for i in range(4):
            yield i
            time.sleep(0.02)

    def test_prefill_and_decode_are_told_apart(self):
        result = lw.llm(self.generate, ["a" * 40, "b" * 80], sensor=BOARD, result_dir=self.raw)
        self.assertTrue(result.virtual)
        self.assertEqual((result.requests, result.prompt_tokens, result.generated_tokens), (2, 120, 8))
        self.assertEqual((result.prefill.tokens, result.decode.tokens), (120, 6))
        self.assertGreater(result.decode.time_second, 2 * 0.06)
        self.assertGreater(result.prefill.tokens_per_second, result.decode.tokens_per_second)
        for phase in (result.prefill, result.decode):
            self.assertTrue(phase.reason or phase.joule_per_token.low is not None)
        self.assertIn("VIRTUAL", repr(result))

    def test_what_breaks_off_ends_its_region(self):
        def broken(prompt):
            yield 1
            raise OSError("the server went away")

        with self.assertRaisesRegex(OSError, "went away"):
            lw.llm(broken, ["a"], warmup=0, sensor=BOARD, result_dir=self.raw)
        self.assertEqual(list(lw.mark_tokens([])), [])
        self.assertEqual(list(lw.mark_tokens(iter("ab"))), ["a", "b"])

    def test_no_token_at_all_is_told(self):
        result = lw.llm(lambda prompt: [], ["a"], sensor=BOARD, result_dir=self.raw)
        self.assertEqual(result.decode.reason, "It never ran.")
        with self.assertRaises(lw.UsageError):
            lw.llm(self.generate, [], sensor=BOARD, result_dir=self.raw)


@unittest.skipIf(torch is None, "torch is not installed")
class Modules(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.raw = os.path.join(folder.name, "raw")
        torch.manual_seed(1)
        torch.set_num_threads(1)
        relu = torch.nn.ReLU(inplace=True)
        self.net = torch.nn.Sequential(
            torch.nn.Sequential(torch.nn.Conv2d(3, 16, 3), relu, torch.nn.Conv2d(16, 16, 3), relu),
            torch.nn.Flatten(),
            torch.nn.Linear(16 * 28 * 28, 10),
        ).eval()
        self.inputs = (torch.randn(1, 3, 32, 32),)

    def test_leaf_modules_by_name_and_in_order(self):
        before = [tensor.clone() for tensor in (*self.net.parameters(), *self.inputs)]
        run = lw.profile_torch(self.net, self.inputs, duration=2, sensor=BOARD, result_dir=self.raw)
        self.assertEqual([layer.name for layer in run.solve()], ["0.0", "0.1", "0.2", "0.1#2", "1", "2"])
        self.assertEqual([layer["layer_type"] for layer in run.solve()][:2], ["Conv2d", "ReLU"])
        self.assertTrue(os.path.basename(run.folder).startswith("Sequential"))
        self.assertTrue([note for note in run.notes if "a pass of the network" in note])
        for old, new in zip(before, (*self.net.parameters(), *self.inputs)):
            self.assertTrue(torch.equal(old, new))
        self.assertFalse([module for module in self.net.modules() if module._forward_pre_hooks])

    def test_a_network_in_training_is_refused(self):
        with self.assertRaisesRegex(lw.UsageError, "eval"):
            lw.profile_torch(self.net.train(), self.inputs, sensor=BOARD, result_dir=self.raw)
        with self.assertRaises(lw.UsageError):
            lw.profile_torch(lambda x: x, self.inputs, sensor=BOARD, result_dir=self.raw)


if __name__ == "__main__":
    unittest.main()
