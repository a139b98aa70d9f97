"""A virtual board that has all that a real one has: sensors in real time, zones, clocks, fans, a mode, a running measurement."""

import json
import pathlib
import struct
import subprocess
import threading
import time

HEADER = "{'descr': [('segment', '<i4'), ('pass', '<i4'), ('repeat', '<i4'), ('block', '<i4'), ('start_ns', '<i8'), " \
         "('end_ns', '<i8')], 'fortran_order': False, 'shape': (%d,), }"


def npy(records):
    """timeline.npy, version 1.0."""
    text = (HEADER % len(records)).encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return (b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text
            + b"".join(struct.pack("<iiiiqq", 0, number, 0, 0, begin, end) for number, begin, end in records))


class BoardTree:
    """Files below `folder`/board, and a measurement below `folder`/raw_data whose passes take 100 ms."""

    def __init__(self, layerwatt, folder):
        self.folder = pathlib.Path(folder)
        self.root = self.folder / "board"
        self.runs = self.folder / "raw_data"
        self.board = subprocess.Popen(
            [layerwatt, "virtual-board", "--sysfs-dir", self.root, "--activity", self.folder / "activity"],
            stdout=subprocess.PIPE, text=True)
        self.board.stdout.readline()
        self.write_rest()
        self.running = True
        self.thread = threading.Thread(target=self.measure, daemon=True)
        self.thread.start()

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")

    def write_rest(self):
        for index, (zone, degrees) in enumerate((("cpu-thermal", 45_250), ("gpu-thermal", 44_000))):
            self.write(f"sys/class/thermal/thermal_zone{index}/type", zone)
            self.write(f"sys/class/thermal/thermal_zone{index}/temp", str(degrees))
        for index, (device, state, most) in enumerate((("pwm-fan", 1, 3), ("cpufreq-cpu0", 0, 19))):
            for name, value in (("type", device), ("cur_state", state), ("max_state", most)):
                self.write(f"sys/class/thermal/cooling_device{index}/{name}", str(value))
        for cpu in range(2):
            for name, kilohertz in (("cur", 1_510_400), ("min", 729_600), ("max", 1_510_400)):
                self.write(f"sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_{name}_freq", str(kilohertz))
        for name in ("cur_freq", "min_freq", "max_freq"):
            self.write(f"sys/class/devfreq/17000000.gpu/{name}", "624750000")
        self.write("sys/class/hwmon/hwmon9/name", "soctherm_oc")
        self.write("sys/class/hwmon/hwmon9/oc1_event_cnt", "0")
        self.write("var/lib/nvpmodel/status", "pmode:0001")
        self.write("etc/nvpmodel.conf", "< POWER_MODEL ID=1 NAME=7W >")

    def measure(self):
        """As `layerwatt measure` writes while it runs."""
        model = self.runs / "alexnet"
        model.mkdir(parents=True)
        (model / "run.json").write_text(json.dumps(
            {"schema_version": 1, "written_by": "layerwatt", "model": "alexnet", "engine": "onnxruntime",
             "finished": False, "schedule": "whole", "rails": [],
             "clock": {at: {"monotonic_ns": 0, "local_ns": 0} for at in ("begin", "end")}}), encoding="utf-8")
        records = []
        begin = time.monotonic_ns()
        while self.running:
            while (end := begin + (len(records) + 1) * 100_000_000) < time.monotonic_ns():
                records.append((len(records), end - 100_000_000, end))
            # Whole at every moment; a real one is appended to.
            (model / "timeline.draft").write_bytes(npy(records))
            (model / "timeline.draft").rename(model / "timeline.npy")
            time.sleep(0.5)

    def stop(self):
        self.running = False
        self.thread.join()
        self.board.terminate()
        self.board.wait(timeout=30)
