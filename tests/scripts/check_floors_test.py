"""Tests of scripts/check_floors.py on small trees, right and wrong ones."""

import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
import check_floors  # noqa: E402


class CheckFloors(unittest.TestCase):
    def faults(self, files):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in files.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            found, _ = check_floors.check_tree(root)
            return [fault.replace(folder + "/", "") for fault in found]

    def test_a_floor_includes_itself_and_lower_ones(self):
        self.assertEqual(self.faults({
            "src/core/json.cpp": '#include "core/json.h"\n#include "layerwatt/core/result.h"\n',
            "src/dataset/csv.cpp": '#include <vector>\n#include "core/json.h"\n',
            "src/experiment/run.cpp": '#include "layerwatt/engines/engine.h"\n'
                                      '#include "layerwatt/attribution/solve.h"\n',
            "src/report/table.cpp": '#include "layerwatt/experiment/runner.h"\n',
            "src/cli/main.cpp": '#include "report/table.h"\n#include "layerwatt/monitor/serve.h"\n',
            "include/layerwatt/sensors/sensor.h": '#include "layerwatt/core/time.h"\n',
        }), [])

    def test_no_floor_includes_a_higher_one(self):
        faults = self.faults({"src/core/a.cpp": '\n#include "layerwatt/sensors/sensor.h"\n'})
        self.assertEqual(len(faults), 1)
        self.assertTrue(faults[0].startswith("src/core/a.cpp:2: core includes"), faults)

    def test_adapters_do_not_include_one_another(self):
        for included in ("engines", "models", "dataset", "experiment", "attribution"):
            faults = self.faults({"src/sensors/a.cpp": f'#include "layerwatt/{included}/x.h"\n'})
            self.assertEqual(len(faults), 1, included)

    def test_mathematics_knows_core_alone(self):
        for floor in ("attribution", "prediction"):
            for included in ("sensors", "dataset", "experiment"):
                faults = self.faults({f"src/{floor}/a.cpp": f'#include "{included}/x.h"\n'})
                self.assertEqual(len(faults), 1, (floor, included))

    def test_outputs_do_not_include_one_another(self):
        self.assertEqual(len(self.faults({"src/report/a.cpp": '#include "layerwatt/monitor/x.h"\n'})), 1)

    def test_angle_brackets_are_no_way_around(self):
        self.assertEqual(len(self.faults({"src/core/a.cpp": "# include <layerwatt/cli/x.h>\n"})), 1)

    def test_public_headers_include_no_private_ones(self):
        faults = self.faults({"include/layerwatt/core/a.h": '#include "core/json.h"\n'})
        self.assertEqual(len(faults), 1)
        self.assertIn("private", faults[0])

    def test_a_path_that_names_no_floor_is_a_fault(self):
        self.assertEqual(len(self.faults({"src/core/a.cpp": '#include "json.h"\n'})), 1)
        self.assertEqual(len(self.faults({"src/utils/a.cpp": "int x;\n"})), 1)

    def test_comments_are_no_includes(self):
        self.assertEqual(self.faults({"src/core/a.cpp": '// #include "cli/run.h"\n'}), [])

    def test_an_empty_tree_is_an_error(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(check_floors.main(["check_floors.py", folder]), 1)


if __name__ == "__main__":
    unittest.main()
