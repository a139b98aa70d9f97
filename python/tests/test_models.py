"""PyTorch modules and generated tokens, on a virtual board."""

import json
import os
import tempfile
import time
import unittest
import xml.etree.ElementTree

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

    def test_lengths_of_context_stand_apart_in_a_table(self):
        prompts = ["a" * 100, "b" * 200] * 3
        result = lw.llm(self.generate, prompts, by_context=True, sensor=BOARD, result_dir=self.raw)
        rows = [(one.phase, one.context_tokens, one.tokens) for one in result.phases]
        self.assertEqual(
            rows, [("prefill", 100, 300), ("prefill", 200, 600), ("decode", 100, 9), ("decode", 200, 9)]
        )
        self.assertEqual(result.prefill.tokens, 900)
        self.assertAlmostEqual(result.prefill.time_second, sum(one.time_second for one in result.phases[:2]))
        if all(one.joule_per_token for one in result.phases[:2]):
            together = sum(one.joule_per_token.value * one.tokens for one in result.phases[:2]) / 900
            self.assertAlmostEqual(result.prefill.joule_per_token.value, together)
        table = lw.token_table(result)
        told = [row.tokens for row in table.rows]
        self.assertEqual([(one.phase, one.context_tokens, one.tokens) for one in told], rows)
        self.assertEqual([one.status for one in told], [one.status for one in result.phases])
        self.assertTrue(table.virtual)
        self.assertIn("VIRTUAL", str(table))
        self.assertEqual(len(table.to_csv().splitlines()), 5)
        self.assertIn("<td>decode</td><td>200</td>", table._repr_html_())
        # A folder says the same later.
        self.assertEqual(lw.token_table(result.folder).to_csv(), table.to_csv())
        self.assertEqual(len(lw.token_table(result, result.folder).rows), 8)
        plot = os.path.join(self.raw, "plot.svg")
        known = [one for one in result.phases if one.joule_per_token]
        if known:
            table.plot(plot)
            with open(plot, encoding="utf-8") as file:
                text = file.read()
            self.assertIn("VIRTUAL", text)
            circles = xml.etree.ElementTree.fromstring(text).iter("{http://www.w3.org/2000/svg}circle")
            self.assertEqual(len(list(circles)), len(known))
            with self.assertRaises(lw.StorageError):
                table.plot(os.path.join(self.raw, "nowhere", "plot.svg"))

    def test_modes_and_unknown_energies_in_a_table(self):
        def row(mode, context, energy, reason=""):
            tokens = lw.Tokens("decode", 10, 2.0, energy, "resolved", reason, context)
            return lw.TokenRow("run", mode, False, tokens)

        table = lw.TokenTable(
            [
                row("2 (25W)", 512, lw.Estimate(0.25, 0.2, 0.3)),
                row("0 (15W)", 1024, None, "Too short."),
                row("0 (15W)", 128, lw.Estimate(0.125, None, None)),
            ]
        )
        lines = str(table).splitlines()
        self.assertEqual([line.split()[0] for line in lines[1:4]], ["0", "0", "2"])
        self.assertIn("none", lines[1])
        self.assertIn("not known", lines[2])
        self.assertIn("200 … 300", lines[3])
        self.assertIn("decode at 1024: Too short.", lines[4])
        self.assertIn("run,0 (15W),false,decode,1024,10,2.0,5.0,,,,,resolved", table.to_csv())
        plot = os.path.join(self.raw + ".svg")
        table.plot(plot)
        with open(plot, encoding="utf-8") as file:
            text = file.read()
        self.assertEqual(text.count("<circle"), 2)
        self.assertEqual(text.count("<polyline"), 2)
        self.assertNotIn("VIRTUAL", text)
        with self.assertRaisesRegex(lw.UsageError, "nothing to plot"):
            lw.TokenTable(table.rows[1:2]).plot(plot)
        with self.assertRaises(lw.UsageError):
            lw.token_table()

    def test_bad_input_of_a_table(self):
        with self.assertRaises(lw.LayerwattError):
            lw.token_table(self.raw)
        run = lw.llm(self.generate, ["a" * 40], sensor=BOARD, result_dir=self.raw)
        path = os.path.join(run.folder, "tokens.json")
        for text in ("", "{}", '{"phases": [{}]}', '{"phases": 3}'):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            with self.assertRaisesRegex(lw.DatasetError, "tokens.json", msg=text):
                lw.token_table(run.folder)
        os.remove(path)
        with self.assertRaisesRegex(lw.MissingError, "tokens.json"):
            lw.token_table(run.folder)
        with self.assertRaisesRegex(lw.UsageError, "33 lengths"):
            lw.llm(self.generate, ["a" * i for i in range(33)], by_context=True, sensor=BOARD)


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

    def test_rows_by_type_and_place(self):
        run = lw.profile_torch(
            self.net, self.inputs, duration=2, names="type", sensor=BOARD, result_dir=self.raw
        )
        names = ["Conv2d_0", "ReLU_1", "Conv2d_2", "ReLU_3", "Flatten_4", "Linear_5"]
        self.assertEqual([layer.name for layer in run.solve()], names)
        with self.assertRaisesRegex(lw.UsageError, "names"):
            lw.profile_torch(self.net, self.inputs, names="short", sensor=BOARD, result_dir=self.raw)

    def test_a_network_in_training_is_refused(self):
        with self.assertRaisesRegex(lw.UsageError, "eval"):
            lw.profile_torch(self.net.train(), self.inputs, sensor=BOARD, result_dir=self.raw)
        with self.assertRaises(lw.UsageError):
            lw.profile_torch(lambda x: x, self.inputs, sensor=BOARD, result_dir=self.raw)


if __name__ == "__main__":
    unittest.main()
