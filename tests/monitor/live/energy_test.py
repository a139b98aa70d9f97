#!/usr/bin/env python3
"""A real Prometheus scrapes a virtual board: is rate(joules) what the board draws?

Usage: energy_test.py --layerwatt PROGRAM [--minutes 10]

Four jobs scrape every 1, 5, 15 and 60 s, and one of 5 s over a line that loses every seventh scrape. In the middle the exporter is
restarted. For each job rate(layerwatt_board_energy_joules_total) over the whole time is compared with the truth of the virtual
board, half a percent at most; the published increase(gauge) * 60 stands beside it. Time that the exporter itself says it did not
measure (the restart, a machine that kept it from running) is in no joule, so the truth is that of the rest; both errors are
printed. Prints a table, and "N passed, M failed".
"""

import argparse
import sys
import tempfile
import time

import harness

INTERVALS = (1, 5, 15, 60)
MOST_ERROR = 0.005


def config(port, lossy_port):
    jobs = [(f"every{s}", s, port) for s in INTERVALS] + [("lossy", 5, lossy_port)]
    return "scrape_configs:\n" + "".join(
        f"  - job_name: {name}\n    scrape_interval: {seconds}s\n    scrape_timeout: {min(seconds, 10)}s\n"
        f"    static_configs: [{{targets: ['127.0.0.1:{to}']}}]\n" for name, seconds, to in jobs)


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--layerwatt", required=True)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--truth", type=float, required=True, help="mean watts of the virtual board's load")
    parser.add_argument("--state", action="store_true", help="the exporter keeps its counters over the restart")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    seconds = arguments.minutes * 60
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        words = ["--sensor", "virtual:orin-nano"]
        if arguments.state:
            words += ["--state", f"{folder}/state.json"]
        serve = harness.Serve(arguments.layerwatt, *words)
        line = harness.FailingLine(serve.port, 7)
        prometheus = harness.Prometheus(f"{folder}/prometheus", config(serve.port, line.port))
        # The first scrape of the slowest job comes up to a minute late.
        while len(prometheus.query("layerwatt_board_energy_joules_total")) <= len(INTERVALS):
            time.sleep(1)
        begin = time.time()
        try:
            time.sleep(seconds / 2)
            serve.stop()
            serve.start()
            restarted = time.time()
            time.sleep(seconds / 2)
            now = time.time()
            missed = prometheus.query(f'increase(layerwatt_unmeasured_seconds_total{{job="every1",rail="VDD_IN"}}[{int(now - begin) - 1}s])', now)[0][1]
            measured = arguments.truth * (1 - missed / (now - begin))
            print(f"{now - begin:.0f} s, {missed:.1f} s of them not measured, restarted at {restarted - begin:.0f} s, {line.lost} scrapes lost; "
                  f"truth {arguments.truth:.4f} W")
            print(f"{'job':8} {'rate(joules)':>14} {'error':>8} {'of measured':>11} {'avg(gauge)':>11} {'increase(gauge)*60':>19}")
            for job in [f"every{s}" for s in INTERVALS] + ["lossy"]:
                window = f"{int(now - begin) - 1}s"
                of_job = f'{{job="{job}"}}'
                # From a sample to a sample: where the scrape at an edge of the window was lost, rate() takes the counter to have
                # stood still for a part of the gap (a percent of ten minutes, at 5 s), which says nothing of the counter.
                joules = f"layerwatt_board_energy_joules_total{of_job}"
                times = prometheus.sample_times(joules, int(now - begin) - 1, now)
                rate = prometheus.query(f"rate({joules}[{int(times[-1] - times[0]) + 1}s])", times[-1] + 0.2)
                gauge = prometheus.query(f"avg_over_time(jetson_power_total_watts{of_job}[{window}])", now)
                published = prometheus.query(f"increase(jetson_power_total_watts{of_job}[60s]) * 60", now)
                watts = rate[0][1] if rate else float("nan")
                error = watts / arguments.truth - 1
                of_measured = watts / measured - 1
                good = abs(of_measured) <= MOST_ERROR
                failed += not good
                print(f"{job:8} {watts:12.4f} W {error:+8.2%} {of_measured:+11.2%} {gauge[0][1]:9.3f} W "
                      f"{published[0][1] if published else float('nan'):17.2f} J{'' if good else '  FAILED'}")
        finally:
            prometheus.stop()
            serve.stop()
            line.close()
    print(f"{len(INTERVALS) + 1 - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
