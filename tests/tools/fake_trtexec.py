#!/usr/bin/env python3
"""Stands for NVIDIA's trtexec where there is no GPU: for tests, and to try `--engine trtexec`.

Usage: fake_trtexec.py [trtexec's options]

It takes the options that layerwatt gives, and refuses those that the version it plays does not
have. Nothing is computed: it prints and exports what trtexec recorded elsewhere, for as long as the
passes took there. What comes of it is no measurement.

Environment:
  FAKE_TRTEXEC_VERSION  number in the banner (100300 for 10.3.0; 8502 for 8.5.2)
  FAKE_TRTEXEC_DATA     folder with a recording: *.profile.json, *.graph.json, *.timing*.json
  FAKE_TRTEXEC_FAIL     build, memory, operator, timing or profile: fail there, as trtexec does
  FAKE_TRTEXEC_FAIL_MODEL  fail so for models alone whose path ends with this
  FAKE_TRTEXEC_CUT      times, profile or layers: write half of that export
  FAKE_TRTEXEC_STREAMS  1: warn that layers overlap
  FAKE_TRTEXEC_EVENTS   file to append "<what> <nanoseconds of CLOCK_MONOTONIC>" to
"""

import glob
import json
import os
import pathlib
import sys
import time

ALWAYS = {
    "help", "onnx", "saveEngine", "loadEngine", "profilingVerbosity", "timingCacheFile", "iterations",
    "duration", "warmUp", "avgRuns", "sleepTime", "exportTimes", "exportProfile", "exportLayerInfo",
    "useDLACore", "allowGPUFallback", "int8", "loadInputs",
}
# Option: first and last version that takes it, as (major, minor).
SINCE = {
    "buildOnly": ((8, 2), (8, 6)), "skipInference": ((8, 6), (99, 0)), "fp16": ((8, 2), (10, 99)),
    "bf16": ((10, 0), (10, 99)), "workspace": ((8, 2), (8, 6)), "memPoolSize": ((8, 4), (99, 0)),
    "builderOptimizationLevel": ((8, 6), (99, 0)), "maxAuxStreams": ((8, 6), (99, 0)),
    "noDataTransfers": ((8, 2), (10, 99)), "useSpinWait": ((8, 2), (10, 99)),
    "noCudaGraph": ((11, 0), (99, 0)), "noSpinWait": ((11, 0), (99, 0)),
}


def say(level, text):
    print(f"[11/21/2024-05:17:43] [{level}] {text}", flush=True)


def event(what):
    path = os.environ.get("FAKE_TRTEXEC_EVENTS")
    if path:
        with open(path, "a", encoding="ascii") as events:
            events.write(f"{what} {time.monotonic_ns()}\n")


def version():
    number = int(os.environ.get("FAKE_TRTEXEC_VERSION", "100300"))
    scale = 10000 if number >= 100000 else 1000
    return number, (number // scale, number % scale // 100)


def parse(words):
    options = {}
    _, played = version()
    for word in words:
        name, _, value = word.partition("=")
        name = name.removeprefix("--")
        first, last = SINCE.get(name, ((0, 0), (99, 0) if name in ALWAYS else (-1, 0)))
        if not first <= played <= last:
            say("E", f"Unknown option: --{name} {value}")
            sys.exit(1)
        options[name] = value
    return options


def recorded(ending):
    folder = os.environ.get("FAKE_TRTEXEC_DATA")
    if not folder:
        folder = pathlib.Path(__file__).resolve().parents[1] / "data/trtexec/alexnet"
    found = sorted(glob.glob(f"{glob.escape(str(folder))}/*{ending}"))
    if not found:
        sys.exit(f"fake_trtexec.py: no file *{ending} in {folder}")
    return pathlib.Path(found[0]).read_text(encoding="utf-8")


def export(path, text, what):
    if os.environ.get("FAKE_TRTEXEC_CUT") == what:
        text = text[: len(text) // 2]
    pathlib.Path(path).write_text(text, encoding="utf-8")


def fail(where, message, model=""):
    if os.environ.get("FAKE_TRTEXEC_FAIL") == where and model.endswith(os.environ.get("FAKE_TRTEXEC_FAIL_MODEL", "")):
        say("E", message)
        print("&&&& FAILED TensorRT.trtexec", flush=True)
        sys.exit(1)


def build(options):
    event("build")
    say("I", f"Start parsing network model: {options['onnx']}")
    fail("operator", "[TRT] ModelImporter.cpp:771: While parsing node number 3 [NonMaxSuppression2 -> "
         "\"boxes\"]: No importer registered for op: NonMaxSuppression2")
    fail("memory", "[TRT] 1: [defaultAllocator.cpp::allocate::20] Error Code 1: Cuda Runtime (out of memory)")
    fail("build", "Engine could not be created from network", options["onnx"])
    if not pathlib.Path(options["onnx"]).is_file():
        sys.exit("fake_trtexec.py: no such model")
    pathlib.Path(options["saveEngine"]).write_text(f"fake engine {version()[0]}\n", encoding="ascii")
    if "timingCacheFile" in options:
        pathlib.Path(options["timingCacheFile"]).write_text("fake timings\n", encoding="ascii")


def load(options):
    text = pathlib.Path(options["loadEngine"]).read_text(encoding="ascii", errors="replace")
    built = text.removeprefix("fake engine ").strip()
    if built != str(version()[0]):
        say("E", "[TRT] 6: The engine plan file is not compatible with this version of TensorRT, "
            f"expecting library version {version()[0]} got {built}, please rebuild.")
        say("E", "Engine deserialization failed")
        sys.exit(1)


def load_inputs(spec):
    """NAME:FILE, parted at commas and at the last colon; a file that is not there is an error."""
    for part in spec.split(","):
        name, colon, path = part.rpartition(":")
        if not name or not colon or not pathlib.Path(path).is_file() or not pathlib.Path(path).stat().st_size:
            say("E", f"Cannot open file {path}!")
            sys.exit(1)
        event(f"input:{name}:{pathlib.Path(path).stat().st_size}")


def run_passes(options):
    recording = json.loads(recorded(".timing*.json"))
    count = int(options.get("iterations", "10"))
    least = 1000.0 * int(options.get("duration", "3"))
    lines, at = [], 0.0
    while len(lines) < count or at < least:
        compute = recording[len(lines) % len(recording)]["computeMs"]
        end = at + compute
        lines.append(
            f'"startEnqMs" : {at:.6g}, "endEnqMs" : {at:.6g}, "startH2dMs" : {at:.6g}, '
            f'"endH2dMs" : {at:.6g}, "startComputeMs" : {at:.6g}, "endComputeMs" : {end:.6g}, '
            f'"startD2hMs" : {end:.6g}, "endD2hMs" : {end:.6g}, "h2dMs" : 0, '
            f'"computeMs" : {compute:.6g}, "d2hMs" : 0, "latencyMs" : {compute:.6g}')
        at = end
    say("I", "Starting inference")
    event("ready")
    time.sleep(float(options.get("sleepTime", "0")) * 1e-3)
    begin = time.monotonic()
    event("passes_begin")
    fail("timing", "Error occurred during inference: Cuda failure: an illegal memory access")
    time.sleep(max(0.0, begin + at * 1e-3 - time.monotonic()))
    event("passes_end")
    say("I", f"Warmup completed 0 queries over {options.get('warmUp', '200')} ms")
    say("I", "=== Performance summary ===")
    return "[\n  { " + " }\n, { ".join(lines) + " }\n]\n"


def main():
    number, played = version()
    print(f"&&&& RUNNING TensorRT.trtexec [TensorRT v{number}] # trtexec", flush=True)
    options = parse(sys.argv[1:])
    if "help" in options:
        print("=== Model Options ===")
        return
    if "onnx" in options:
        build(options)
    if "loadEngine" in options:
        load(options)
    if "exportProfile" in options:
        event("profile")
        fail("profile", "Error occurred during inference")
        if os.environ.get("FAKE_TRTEXEC_STREAMS") == "1":
            say("W", "The engine uses 2 auxiliary streams, so the \"Total\" latency may not be accurate.")
        export(options["exportProfile"], recorded(".profile.json"), "profile")
        export(options["exportLayerInfo"], recorded(".graph.json"), "layers")
    if "loadInputs" in options:
        load_inputs(options["loadInputs"])
    if "exportTimes" in options:
        export(options["exportTimes"], run_passes(options), "times")
    print(f"&&&& PASSED TensorRT.trtexec [TensorRT v{number}] # {played}", flush=True)


main()
