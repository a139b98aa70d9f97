"""Makes what a fleet of any size would have, without solving: results of runs, and recordings of a few small files."""

import json
import math
import os
import random
from datetime import datetime, timedelta, timezone

NETWORKS = ["alexnet", "googlenet", "mobilenet_v2", "resnet18", "resnet50", "squeezenet1_1", "vgg16", "yolo_tiny"]
BOARDS = {"Jetson Orin Nano": ["7W", "15W"], "Jetson AGX Orin": ["30W", "MAXN"], "Jetson Xavier NX": ["15W"]}


def profiles(tree, options, count, layers=12, seed=1, virtual=0.2, drift=0.006):
    """`count` runs of `layers` layers below `tree`, as `solve` would write them: a fifth of virtual boards, a board that
    drifts by 0.6 % a month, and one run in 500 that is far off. Files of many recordings, as compaction leaves them."""
    import pyarrow as pa

    from layerwatt.fleet.result_table import schema
    from layerwatt.fleet.tree import LIVE, partition

    chance = random.Random(seed)
    pairs = [(board, mode) for board, modes in BOARDS.items() for mode in modes]
    columns = {pair: {field.name: [] for field in schema()} for pair in pairs}
    begin = datetime(2026, 1, 1, tzinfo=timezone.utc)
    for number in range(count):
        board, mode = pair = chance.choice(pairs)
        network = chance.choice(NETWORKS)
        is_virtual = chance.random() < virtual
        day = 330.0 * number / count
        base = 0.02 * (1 + NETWORKS.index(network)) * (1.0 + 0.35 * pairs.index(pair))
        energy = base * math.exp(chance.gauss(0.0, 0.012))
        if board == "Jetson Xavier NX":
            energy *= 1.0 + drift * day / 30.4375
        if chance.random() < 0.002:
            energy *= chance.choice([0.55, 1.9])
        half = energy * chance.uniform(0.008, 0.02)
        key = f"{number:016x}"
        run = {
            "key": key, "recording": f"rack{number % 7}/{day:05.1f}/{network}-{number}", "network": network,
            "run": f"rack{number % 7}/{day:05.1f}", "oid": f"{number:032x}.dir", "engine_info_md5": f"{hash(network) & 0xffff:032x}",
            "virtual": is_virtual, "partial": False, "recorded_at": begin + timedelta(days=day), "engine": "tensorrt",
            "engine_version": "10.3", "software": "6.1" if day < 200 else "6.2", "solver": options.solver,
            "method": "solve", "rail": "VDD_IN", "schedule": "weighing", "passes": 1400, "samples": 19000,
            "confidence": 0.95, "sum_check": 1e-4, "pass_time_second": energy / 8.0, "gap_time_second": 0.001,
            "idle_power_watt": 4.0, "idle_power_low_watt": 3.9, "idle_power_high_watt": 4.1,
            "gap_power_watt": 0.5, "gap_power_low_watt": 0.4, "gap_power_high_watt": 0.6,
            "pass_energy_joule": energy, "pass_energy_low_joule": energy - half, "pass_energy_high_joule": energy + half,
            "plain_pass_energy_joule": None, "plain_pass_energy_low_joule": None, "plain_pass_energy_high_joule": None,
        }
        for layer in range(layers):
            part = energy / layers
            row = {
                **run, "layer_index": layer, "layer_name": f"conv{layer}", "layer_type": "Convolution", "status": "resolved",
                "reason": None, "group": None, "share": 1.0 / layers, "run_count": 1400,
                "median_run_time_second": part / 8.0, "mean_run_time_second": part / 8.0, "p95_run_time_second": part / 7.0,
                "power_watt": 8.0, "power_low_watt": 7.8, "power_high_watt": 8.2, "energy_joule": part,
                "energy_low_joule": 0.97 * part, "energy_high_joule": 1.03 * part,
            }
            for name, value in row.items():
                columns[pair][name].append(value)
    tree.write(f"profiles/v={options.version()}/_options.json", json.dumps(options.deciding()).encode())
    for (board, mode), own in columns.items():
        table = pa.Table.from_arrays([pa.array(own[field.name], field.type) for field in schema()], schema=schema())
        folder = f"profiles/v={options.version()}/{partition(board, mode)}"
        tree.write_table(f"{folder}/compact-0.parquet", table)
        keys = sorted(set(own["key"]))
        tree.write(f"{folder}/{LIVE}", json.dumps({"live": ["compact-0.parquet"], "keys": keys}).encode())


def recordings(root, count, seed=1):
    """`count` folders of raw datasets, eight networks each, with small files of random bytes where a recording has large
    ones: their number is what a manifest costs."""
    chance = random.Random(seed)
    for number in range(count):
        network = NETWORKS[number % len(NETWORKS)]
        night = number // len(NETWORKS)
        folder = os.path.join(root, f"rack{night % 20}", f"night{night // 20:05}", network)
        os.makedirs(os.path.join(folder, "trt_profiling"))
        board = list(BOARDS)[night % len(BOARDS)]
        begin = 1_767_225_600_000_000_000 + number * 10**9
        run = {
            "schema_version": 1, "model": network, "engine": "tensorrt", "engine_version": "10.3", "virtual": False,
            "clock": {"begin": {"monotonic_ns": 0, "local_ns": begin, "utc_offset_second": 0.0},
                      "end": {"monotonic_ns": 60 * 10**9, "local_ns": begin + 60 * 10**9, "utc_offset_second": 0.0}},
            "environment": {"board": board, "power_mode": BOARDS[board][night % len(BOARDS[board])], "jetpack": "6.2"},
        }
        with open(os.path.join(folder, "run.json"), "w", encoding="utf-8") as file:
            json.dump(run, file)
        for name in ["power.npy", "timeline.npy", f"{network}_power_log.log", f"{network}_tensorrt.json",
                     "trt_profiling/trt_engine_info.json", "trt_profiling/trt_layer_latency.json"]:
            with open(os.path.join(folder, name), "wb") as file:
                file.write(chance.randbytes(200))
        beside = os.path.join(os.path.dirname(folder), "idling_power.json")
        if not os.path.exists(beside):
            with open(beside, "w", encoding="utf-8") as file:
                file.write('{"timestamp": "20260101-000000", "avg_idle_power": 4000000.0}\n')
