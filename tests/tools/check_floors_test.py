"""Tests of tests/tools/check_floors.py on small trees, right and wrong ones."""

import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import check_floors  # noqa: E402


class CheckFloors(unittest.TestCase):
    def all_faults(self, files):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in files.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            found, _ = check_floors.check_tree(root)
            return [fault.replace(folder + "/", "") for fault in found]

    def faults(self, files):
        """Without those of public headers that nobody uses, of which small trees are full."""
        return [fault for fault in self.all_faults(files) if "nothing outside" not in fault]

    def test_a_floor_includes_itself_and_lower_ones(self):
        self.assertEqual(self.faults({
            "src/core/json.cpp": '#include "core/json.h"\n#include "layerwatt/core/result.h"\n',
            "src/dataset/csv.cpp": '#include <vector>\n#include "core/json.h"\n',
            "src/running/run.cpp": '#include "layerwatt/engines/engine.h"\n',
            "src/analysis/solve.cpp": '#include "layerwatt/attribution/solve.h"\n',
            "src/monitor/serve.cpp": '#include "layerwatt/recording/sampler.h"\n',
            "src/experiment/run.cpp": '#include "layerwatt/engines/engine.h"\n'
                                      '#include "layerwatt/attribution/solve.h"\n',
            "src/report/table.cpp": '#include "layerwatt/experiment/runner.h"\n',
            "src/cli/main.cpp": '#include "layerwatt/report/table.h"\n#include "layerwatt/monitor/serve.h"\n',
            "include/layerwatt/sensors/sensor.h": '#include "layerwatt/core/time.h"\n',
        }), [])

    def test_no_two_headers_define_one_type(self):
        faults = self.faults({
            "src/core/a.h": "namespace layerwatt {\nstruct Found {\n};\nstruct Alone;\n}\n",
            "src/sensors/b.h": "namespace layerwatt {\nclass Found : public X {\n};\nstruct Alone {\n};\n}\n",
            "src/cli/c.h": "namespace layerwatt::cli {\nstruct Found {\n};\n}\n",
        })
        self.assertEqual(len(faults), 1, faults)
        self.assertTrue(faults[0].startswith("src/sensors/b.h:2: layerwatt::Found is defined in"), faults)

    def test_a_constant_of_the_solver_says_why(self):
        faults = self.faults({
            "src/attribution/a.cpp": "/// Datasheet SBOS576, 7.3.\nconstexpr double kOne = 1.0;\n"
                                     "constexpr double kTwo = 2.0;\n\nconstexpr double kThree = 3.0;\n"
                                     "constexpr int kFour = 4;  // as said\n",
            "src/prediction/b.cpp": "constexpr double kFree = 1.0;\n",
        })
        self.assertEqual(len(faults), 1, faults)
        self.assertTrue(faults[0].startswith("src/attribution/a.cpp:5: nothing says where kThree"), faults)

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

    def test_monitor_needs_neither_engines_nor_models(self):
        for included in ("engines", "models", "running", "experiment"):
            faults = self.faults({"src/monitor/a.cpp": f'#include "layerwatt/{included}/x.h"\n'})
            self.assertEqual(len(faults), 1, included)

    def test_floors_of_the_middle_do_not_include_one_another(self):
        for included in ("recording", "running", "simulation"):
            faults = self.faults({"src/analysis/a.cpp": f'#include "layerwatt/{included}/x.h"\n'})
            self.assertEqual(len(faults), 1, included)

    def test_headers_private_to_a_floor_stay_there(self):
        faults = self.faults({"src/cli/a.cpp": '#include "report/table.h"\n'})
        self.assertEqual(len(faults), 1)
        self.assertIn("private to report", faults[0])

    def test_outputs_do_not_include_one_another(self):
        self.assertEqual(len(self.faults({"src/report/a.cpp": '#include "layerwatt/monitor/x.h"\n'})), 1)

    def test_angle_brackets_are_no_way_around(self):
        self.assertEqual(len(self.faults({"src/core/a.cpp": "# include <layerwatt/cli/x.h>\n"})), 1)

    def test_public_headers_include_no_private_ones(self):
        faults = self.faults({"include/layerwatt/core/a.h": '#include "core/json.h"\n'})
        self.assertEqual(len(faults), 1)
        self.assertIn("private", faults[0])

    def test_a_public_header_is_used_outside_its_floor(self):
        tree = {"include/layerwatt/core/a.h": "int a;\n",
                "src/core/a.cpp": '#include "layerwatt/core/a.h"\n'}
        self.assertEqual(len(self.all_faults(tree)), 1)
        tree["src/sensors/b.cpp"] = '#include "layerwatt/core/a.h"\n'
        self.assertEqual(self.all_faults(tree), [])

    def test_units_do_not_include_each_other_in_a_circle(self):
        tree = {"src/core/a.h": "int a;\n", "src/core/b.h": '#include "core/a.h"\n',
                "src/core/b.cpp": '#include "core/b.h"\n'}
        self.assertEqual(self.faults(tree), [])
        # A source is taken with its headers as one: a.cpp closes the circle that a.h does not.
        tree["src/core/text/a.cpp"] = '#include "core/b.h"\n'
        faults = self.faults(tree)
        self.assertEqual(len(faults), 1)
        self.assertIn("circle of core/a, core/b", faults[0])

    def test_headers_of_one_name_in_a_floor_are_a_fault(self):
        faults = self.faults({"src/core/a.h": "int a;\n", "src/core/text/a.h": "int b;\n"})
        self.assertEqual(len(faults), 1)
        self.assertIn("another header of this name", faults[0])

    def test_a_path_that_names_no_floor_is_a_fault(self):
        self.assertEqual(len(self.faults({"src/core/a.cpp": '#include "json.h"\n'})), 1)
        self.assertEqual(len(self.faults({"src/utils/a.cpp": "int x;\n"})), 1)

    def test_the_header_for_programs_of_others_includes_none_of_ours(self):
        tree = {"include/layerwatt/markers.h": "#include <stdint.h>\n",
                "src/recording/a.cpp": '#include "layerwatt/markers.h"\n'}
        self.assertEqual(self.faults(tree), [])
        tree["include/layerwatt/markers.h"] = '#include "layerwatt/core/units.h"\n'
        self.assertEqual(len(self.faults(tree)), 1)

    def test_comments_are_no_includes(self):
        self.assertEqual(self.faults({"src/core/a.cpp": '// #include "cli/run.h"\n'}), [])

    def test_an_empty_tree_is_an_error(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(check_floors.main(["check_floors.py", folder]), 1)


if __name__ == "__main__":
    unittest.main()
