#!/usr/bin/env python3
"""What marking a region costs, side by side in one run: layerwatt's regions, torch.profiler.record_function and
windows of zeus. Each in turn, block by block, so that a busy machine meets all of them alike.

Usage: region_overhead.py [--blocks 60] [--regions 2000], with layerwatt installed; torch and zeus take part where
they are. Prints microseconds for one region (begin and end together): the median over the blocks, their quartiles,
and how many regions that were.

What the others do in that time differs. layerwatt writes two marks to a ring, and power comes from a recorder's
process. record_function is measured with the profiler off, and with it on. A window of zeus reads the energy
counters of its graphics cards (and processors) at both ends; where there is none it reads nothing.
"""

import argparse
import os
import platform
import statistics
import time

import layerwatt as lw
from layerwatt import _core


def contestants():
    """(name, a function that opens and closes so many regions, and may say how long that took)."""

    def nothing(count):
        for _ in range(count):
            pass

    def context(count):
        for _ in range(count):
            with region:
                pass

    def with_new_object(count):
        for _ in range(count):
            with lw.region("head"):
                pass

    def calls(count):
        begin, end = lw.begin, lw.end
        for _ in range(count):
            begin("head")
            end("head")

    yield "empty loop", nothing
    # As in a measurement: without one, marks go nowhere and cost less.
    _core.open_ring()
    region = lw.region("head")
    yield "layerwatt, with region", context
    yield "layerwatt, with lw.region('head')", with_new_object
    yield "layerwatt, begin and end", calls
    try:
        import torch
        from torch.profiler import ProfilerActivity, profile, record_function
    except ImportError:
        print("torch is not installed: left out")
    else:

        def recorded(count):
            for _ in range(count):
                with record_function("head"):
                    pass

        def recorded_and_kept(count):
            with profile(activities=[ProfilerActivity.CPU]):
                begin = time.perf_counter()
                recorded(count)
                return time.perf_counter() - begin

        version = torch.__version__
        yield f"torch {version} record_function, profiler off", recorded
        yield f"torch {version} record_function, profiler on", recorded_and_kept
    try:
        import zeus
        from zeus.monitor import ZeusMonitor
    except ImportError:
        print("zeus is not installed: left out")
        return
    try:
        monitor = ZeusMonitor()
    except Exception as error:
        print(f"zeus finds no meter ({type(error).__name__}): its windows read nothing")
        monitor = ZeusMonitor(gpu_indices=[], cpu_indices=[])
    meters = len(monitor.gpu_indices) + len(monitor.cpu_indices)

    def windows(count):
        for _ in range(count):
            monitor.begin_window("head", sync_execution=False)
            monitor.end_window("head", sync_execution=False)

    yield f"zeus {zeus.__version__} window, {meters} meters", windows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--blocks", type=int, default=60)
    parser.add_argument("--regions", type=int, default=2000, help="of a block")
    arguments = parser.parse_args()
    runs = list(contestants())
    took = {name: [] for name, _ in runs}
    for block in range(-1, arguments.blocks):
        for name, run in runs:
            begin = time.perf_counter()
            # Some need to prepare, and say how long the regions took.
            seconds = run(arguments.regions)
            seconds = time.perf_counter() - begin if seconds is None else seconds
            # The first block warms up.
            if block >= 0:
                took[name].append(1e6 * seconds / arguments.regions)
    print(f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}")
    print(f"{'µs a region':44} {'median':>8} {'25 %':>8} {'75 %':>8}   {arguments.blocks} × {arguments.regions}")
    for name, values in took.items():
        low, middle, high = statistics.quantiles(values, n=4)
        print(f"{name:44} {middle:8.2f} {low:8.2f} {high:8.2f}")


if __name__ == "__main__":
    main()
