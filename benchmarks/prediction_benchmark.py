#!/usr/bin/env python3
"""Accuracy of `layerwatt train` on public measurements, beside other methods on the same rows.

Usage: prediction_benchmark.py --layerwatt BUILD/layerwatt --data FOLDER [--only NAME] [--plot-dir FOLDER]

FOLDER holds what docs/prediction.md lists under "Data" (tables of measured layers, not part of this
repository). Each set is written as layers.csv, `layerwatt train --json` leaves out a network (or a
fifth of the rows, where rows are layers of no network) at a time, and its scores are printed as a
Markdown table. Needs Python alone.
"""

import argparse
import csv
import gzip
import json
import pathlib
import random
import subprocess
import tempfile
import time

HEADER = ("layer_name,kind,precision,batch_size,input_channels,input_height,input_width,"
          "output_channels,output_height,output_width,kernel_height,kernel_width,stride_height,"
          "stride_width,padding_height,padding_width,groups,residual,run_time_millisecond,"
          "power_microwatt,power_status\n")


def line(number, kind, precision, shape, milliseconds, microwatts=None):
    """One row of layers.csv; `shape` holds the numbers from the batch to `residual`."""
    power = "," if microwatts is None else f"{microwatts!r},resolved"
    return (f"layer{number},{kind},{precision}," + ",".join(str(v) for v in shape)
            + f",{milliseconds!r},{power}\n")


def tx1(data, engine, layer_types=("convolutional",), networks=None):
    """Jetson TX1: network -> lines."""
    kinds = {"convolutional": "convolution", "pooling": "pooling"}
    tables = {}
    with gzip.open(data / "tx1_caffe_tensorrt/layers.csv.gz", "rt") as file:
        for number, row in enumerate(csv.DictReader(file)):
            if row["engine"] != engine or row["layer_type"] not in layer_types:
                continue
            padding = 2 * int(row["padding"])
            shape = [row[k] for k in ("batch_size", "input_channels", "input_height", "input_width",
                                      "output_channels", "output_height", "output_width", "kernel",
                                      "kernel", "stride", "stride")]
            shape += [padding, padding, row["groups"], 0]
            precision = "float16" if "fp16" in engine else "float32"
            tables.setdefault(row["network"], []).append(
                line(number, kinds[row["layer_type"]], precision, shape, float(row["runtime_ms"])))
    return tables


def v100(data, column, count, seed):
    """V100, single convolutions of batch 1 that are not depthwise, `count` of them at random."""
    rows = []
    with gzip.open(data / "v100_tensorrt_conv/conv.csv.gz", "rt") as file:
        for row in csv.DictReader(file):
            if row[column] and row["batch_size"] == "1" and row["conv_type"] != "Depthwise":
                rows.append(row)
    lines = []
    for number, row in enumerate(random.Random(seed).sample(rows, count)):
        kernel, stride, height = int(row["kernel"]), int(row["stride"]), int(row["input_height"])
        padding = 2 * (kernel // 2)
        out = (height + padding - kernel) // stride + 1
        shape = [1, row["input_channels"], height, height, row["output_channels"], out, out, kernel,
                 kernel, stride, stride, padding, padding, 1, row["elementwise_fused"]]
        lines.append(line(number, "convolution", "float16", shape, float(row[column])))
    return {"v100": lines}


def rapl(data, machine):
    """CPU with RAPL: random convolutions, in random order."""
    lines = []
    with open(data / f"cpu_rapl_layers/{machine}_conv.csv") as file:
        rows = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]
    random.Random(1).shuffle(rows)
    for number, row in enumerate(rows):
        if row["for_time"] <= 0 or row["for_energy"] <= 0:
            continue
        kernel, stride, side = int(row["k_size"]), int(row["stride"]), int(row["side_len"])
        out = (side - kernel) // stride + 1
        shape = [int(row["batch_size"]), int(row["in_chan"]), side, side, int(row["out_chan"]), out,
                 out, kernel, kernel, stride, stride, 0, 0, 1, 0]
        watts = row["for_energy"] / row["for_time"]
        lines.append(line(number, "convolution", "float32", shape, row["for_time"] / 1e3, watts * 1e6))
    return {machine: lines}


def train(layerwatt, tables, micro, plot=None):
    """The printed JSON, and the seconds it took; predicted against measured is drawn into `plot`."""
    with tempfile.TemporaryDirectory() as folder:
        for network, lines in tables.items():
            place = pathlib.Path(folder) / "data" / network
            place.mkdir(parents=True)
            (place / "layers.csv").write_text(HEADER + "".join(lines))
        command = [layerwatt, "train", "--training-data-dir", f"{folder}/data", "--model-dir",
                   f"{folder}/model", "--json"] + (["--micro-layers"] if micro else [])
        command += ["--validation-plot", plot] if plot else []
        begin = time.monotonic()
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return json.loads(done.stdout), time.monotonic() - begin


def scores(result, part, layers, cost, measure):
    """Method -> score, in percent."""
    found = {}
    for row in result[part]["scores"]:
        if row["layers"] == layers and row["cost"] == cost:
            found[row["method"]] = row
    cell = lambda m: f"{100 * found[m][measure]:.1f} %" if m in found else "-"
    ours = found["physical"]
    held = "-" if ours["coverage"] is None else f"{100 * ours['coverage']:.0f} %"
    width = "-" if ours["half_width"] is None else f"{100 * ours['half_width']:.0f} %"
    return [cell(m) for m in ("mean", "roofline", "published", "forest", "physical")] + [
        f"{100 * ours['within_tenth']:.0f} %", held, width, str(ours["rows"])]


def report(name, at_most, columns, seconds):
    print(f"| {name} | " + " | ".join(columns) + f" | {at_most} | {seconds:.0f} s |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--layerwatt", required=True)
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--plot-dir", type=pathlib.Path, help="pictures of predicted against measured go here")
    options = parser.parse_args()
    left = "networks_left_out"
    conv = ("convolution", "run time", "rmspe")
    sets = [
        ("TX1 TensorRT fp32", lambda d: tx1(d, "tensorrt-1.0-fp32"), False,
         [("convolutions, time", left, conv, "12 %"),
          ("convolutions, time, family left out", "families_left_out", conv, "16.5 %"),
          ("whole networks, convolution time, MAPE", left, ("whole networks", "run time", "mape"), "5 %")]),
        ("TX1 cuDNN", lambda d: tx1(d, "nvidia-cudnn"), False,
         [("convolutions, time", left, conv, "10 %"),
          ("whole networks, convolution time, MAPE", left, ("whole networks", "run time", "mape"), "5 %")]),
        ("TX1 cuDNN fp16", lambda d: tx1(d, "nvidia-fp16-cudnn"), False,
         [("convolutions, time", left, conv, "")]),
        ("TX1 OpenBLAS CPU", lambda d: tx1(d, "cpu"), False, [("convolutions, time", left, conv, "")]),
        ("TX1 TensorRT fp32 pooling", lambda d: tx1(d, "tensorrt-1.0-fp32", ("pooling",)), False,
         [("time", left, ("pooling", "run time", "rmspe"), "11 %")]),
        ("V100 TensorRT fp16, 585 rows", lambda d: v100(d, "fp16_ms", 731, 1), True,
         [("convolutions, time", left, conv, "19 %")]),
        ("Raptor Lake, RAPL", lambda d: rapl(d, "raptorlake"), True,
         [("convolutions, energy", left, ("convolution", "energy", "rmspe"), "27 %"),
          ("convolutions, power", left, ("convolution", "power", "rmspe"), "17 %")]),
        ("Broadwell, RAPL", lambda d: rapl(d, "broadwell-ep"), True,
         [("convolutions, energy", left, ("convolution", "energy", "rmspe"), "21 %"),
          ("convolutions, power", left, ("convolution", "power", "rmspe"), "6.8 %")]),
    ]
    print("| data | mean | roofline | published lasso | forest | ours | ours within 10 % | "
          "90 % held | half-width | rows | aimed at, at most | training took |")
    print("|" + " --- |" * 12)
    for name, load, micro, shown in sets:
        if options.only not in name:
            continue
        plot = None
        if options.plot_dir:
            options.plot_dir.mkdir(parents=True, exist_ok=True)
            plot = options.plot_dir / (name.replace(" ", "-").replace(",", "").lower() + ".svg")
        result, seconds = train(options.layerwatt, load(options.data), micro, plot)
        for title, part, what, at_most in shown:
            report(f"{name}, {title}", at_most, scores(result, part, *what), seconds)


if __name__ == "__main__":
    main()
