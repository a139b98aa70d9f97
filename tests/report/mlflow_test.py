#!/ usr / bin / env python3
"""The real MLflow reads what `layerwatt train --mlflow-dir` wrote, and adds to it.

Usage: LAYERWATT=build/ci/layerwatt venv/bin/python mlflow_test.py. `scripts/test.sh mlflow` makes the virtual environment
of requirements-mlflow.txt and runs it.
"""

import math
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest
#Newer MLflow would rather have a database.
os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "1")
from mlflow.tracking import MlflowClient  # noqa: E402

LAYERWATT = os.environ.get("LAYERWATT", "layerwatt")
COLUMNS = ("layer_name,kind,precision,batch_size,input_channels,input_height,input_width,output_channels,output_height,"
           "output_width,kernel_height,kernel_width,stride_height,stride_width,run_time_millisecond,power_microwatt\n")
METRICS = ["testing_root_mean_squared_percentage_error", "testing_root_mean_squared_error", "testing_mean_squared_error",
           "testing_r2_score", "testing_mean_absolute_error", "testing_mean_absolute_percentage_error",
           "training_root_mean_squared_percentage_error", "train_num_cnn_models", "test_num_cnn_models"]


def made_table(seed):
    lines = COLUMNS
    for i in range(20):
        channels, size = 8 << (i + seed) % 5, 7 << i % 4
        milliseconds = 0.01 + 2e-9 * channels * channels * size * size * 9
        lines += (f"layer{i},convolution,float32,1,{channels},{size},{size},{channels},{size},{size},3,3,1,1,"
                  f"{milliseconds!r},{1e6 + 1e4 * channels!r}\n")
    return lines


def dense_table(seed):
    """A published table, of 20 terms, which the pipelines fit in no time."""
    lines = "batch_size,input_size,output_size,power,runtime,layer_name\n"
    for i in range(14):
        inputs, outputs = 64 * (1 + (i * 7 + seed) % 11), 32 * (1 + (i * 5 + seed) % 13)
        lines += f"1,{inputs},{outputs},{1e6 + 900.0 * inputs!r},{0.01 + 1e-6 * inputs * outputs!r},fc{i}\n"
    return lines


class MlflowTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.store = self.folder / "ml runs"
        self.client = MlflowClient(tracking_uri=self.store.as_uri())
        for seed, name in enumerate(("alexnet", "vgg11", "lenet")):
            (self.folder / "published" / name).mkdir(parents=True)
            (self.folder / "published" / name / "dense.csv").write_text(dense_table(seed))

    def train_published(self):
        self.train(self.folder / "published", "--method", "published", "--test-models", "lenet")

    def train(self, data, *more):
        done = subprocess.run([LAYERWATT, "train", "--training-data-dir", data, "--model-dir", self.folder / "model",
                               "--mlflow-dir", self.store, *more], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def runs(self, experiment="layerwatt"):
        found = self.client.get_experiment_by_name(experiment)
        return {run.info.run_name: run for run in self.client.search_runs([found.experiment_id])
}

    def test_published_training_has_the_published_names(self):
        self.train_published()
        runs = self.runs()
        self.assertIn("dense_power_model", runs)
        self.assertIn("dense_runtime_model", runs)
        run = runs["dense_power_model"]
        self.assertEqual(run.info.status, "FINISHED")
        self.assertLessEqual(run.info.start_time, run.info.end_time)
        for metric in METRICS:
            self.assertTrue(math.isfinite(run.data.metrics[metric]), metric)
        self.assertEqual(run.data.metrics["test_num_cnn_models"], 1)
        self.assertIn("alpha", run.data.params)
        names = [file.path for file in self.client.list_artifacts(run.info.run_id)]
        self.assertIn("lenet_dense_power_prediction.csv", names)

    def test_physical_training_keeps_its_model(self):
        for name in ("a", "b"):
            (self.folder / "data" / name).mkdir(parents=True)
            (self.folder / "data" / name / "layers.csv").write_text(made_table(len(name) + ord(name)))
        self.train(self.folder / "data", "--mlflow-experiment", "my board (15 W)")
        runs = self.runs("my board (15 W)")
        run = runs["convolutional_runtime_model"]
        self.assertIn(METRICS[0], run.data.metrics)
        self.assertEqual(run.data.params["method"], "physical")
        kept = pathlib.Path(self.client.download_artifacts(run.info.run_id, "model/model.json"))
        self.assertEqual(kept.read_bytes(), (self.folder / "model/model.json").read_bytes())

    def test_mlflow_goes_on_where_layerwatt_stopped(self):
        self.train_published()
        experiment = self.client.get_experiment_by_name("layerwatt")
        run = self.client.create_run(experiment.experiment_id, run_name="theirs")
        self.client.log_metric(run.info.run_id, "loss", 0.5)
        self.client.set_terminated(run.info.run_id)
        before = len(self.runs())
        self.train_published()
        self.assertEqual(len(self.client.search_runs([experiment.experiment_id])), 2 * (before - 1) + 1)


if __name__ == "__main__":
    unittest.main()
