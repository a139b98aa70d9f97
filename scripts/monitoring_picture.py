#!/usr/bin/env python3
"""Draws docs/images/monitoring.svg from a real Prometheus that scrapes a virtual board.

Usage: monitoring_picture.py --layerwatt PROGRAM [--minutes 5] [--output FILE]

The board draws bursts of a quarter of a second every two seconds, and is scraped every two: upper half, what each scrape of the
gauge found and what rate() of the energy counter says; lower half, energy as a published dashboard computes it from the gauge, and
as the counter has it. Needs Prometheus (scripts/install_dependencies.sh monitoring).
"""

import argparse
import pathlib
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "monitor" / "live"))

import harness  # noqa: E402

WIDTH, HEIGHT, LEFT, RIGHT, TOP, GAP = 860, 520, 62, 16, 46, 56
COLORS = {"right": "#1f77b4", "wrong": "#d62728", "true": "#555555"}
RATE = "rate(layerwatt_board_energy_joules_total[30s])"
GAUGE = "jetson_power_total_watts"
ENERGY = "increase(layerwatt_board_energy_joules_total[1m])"
PUBLISHED = "increase(jetson_power_total_watts[60s]) * 60"


def record(layerwatt, minutes):
    """The four series and the span of time."""
    with tempfile.TemporaryDirectory() as folder:
        serve = harness.Serve(layerwatt, "--sensor", "virtual:orin-nano")
        prometheus = harness.Prometheus(
            f"{folder}/prometheus",
            f"scrape_configs:\n  - job_name: layerwatt\n    scrape_interval: 2s\n"
            f"    static_configs: [{{targets: ['127.0.0.1:{serve.port}']}}]\n")
        try:
            time.sleep(60 + 60 * minutes)
            end = time.time()
            begin = end - 60 * minutes
            return begin, end, {expr: prometheus.query_range(expr, begin, end, 2)[0][1]
                                for expr in (GAUGE, RATE, ENERGY, PUBLISHED)}
        finally:
            prometheus.stop()
            serve.stop()


class Panel:
    """One half of the picture, with its axes."""

    def __init__(self, top, height, begin, end, most, unit, title):
        self.top, self.height, self.begin, self.end, self.most = top, height, begin, end, most
        self.parts = [f'<text x="{LEFT}" y="{top - 12}" font-weight="bold">{title}</text>']
        for step in range(5):
            value = most * step / 4
            y = self.y(value)
            self.parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
            self.parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.4g} {unit}</text>')
        for minute in range(int((end - begin) / 60) + 1):
            x = self.x(begin + 60 * minute)
            self.parts.append(f'<text x="{x:.1f}" y="{top + height + 16}" text-anchor="middle">{minute} min</text>')

    def x(self, t):
        return LEFT + (WIDTH - LEFT - RIGHT) * (t - self.begin) / (self.end - self.begin)

    def y(self, value):
        return self.top + self.height * (1 - min(max(value / self.most, 0), 1))

    def line(self, points, color, width=1.5, dashes=""):
        where = " ".join(f"{self.x(t):.1f},{self.y(v):.1f}" for t, v in points)
        self.parts.append(f'<polyline points="{where}" fill="none" stroke="{color}" stroke-width="{width}"'
                          f'{f" stroke-dasharray={chr(34)}{dashes}{chr(34)}" if dashes else ""}/>')

    def legend(self, entries):
        x = WIDTH - RIGHT
        for text, color in reversed(entries):
            self.parts.append(f'<text x="{x}" y="{self.top - 12}" text-anchor="end" fill="{color}">{text}</text>')
            x -= 7 * len(text) + 18


def draw(begin, end, series, truth):
    height = (HEIGHT - TOP - 2 * GAP) // 2 - 4
    power = Panel(TOP + 14, height, begin, end, 12, "W", "Power")
    power.line(series[GAUGE], COLORS["wrong"], 1)
    power.line(series[RATE], COLORS["right"], 2)
    power.line([(begin, truth), (end, truth)], COLORS["true"], 1, "4 3")
    power.legend([("gauge at each scrape", COLORS["wrong"]), ("rate(joules)", COLORS["right"]), ("truth", COLORS["true"])])
    most = max(v for _, v in series[PUBLISHED])
    top = 400 if most <= 400 else 10 ** len(str(int(most)))
    energy = Panel(TOP + GAP + height + 30, height, begin, end, top, "J", "Energy of a minute")
    energy.line(series[PUBLISHED], COLORS["wrong"], 1)
    energy.line(series[ENERGY], COLORS["right"], 2)
    energy.line([(begin, 60 * truth), (end, 60 * truth)], COLORS["true"], 1, "4 3")
    energy.legend([("increase(gauge) * 60", COLORS["wrong"]), ("increase(joules)", COLORS["right"]), ("truth", COLORS["true"])])
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">\n'
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>\n'
            f'<text x="{WIDTH / 2}" y="20" text-anchor="middle" font-size="14">A virtual Orin Nano: 8 W for 0.25 s every 2 s, '
            f'scraped every 2 s</text>\n' + "\n".join(power.parts + energy.parts) + "\n</svg>\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--layerwatt", required=True)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--truth", type=float, default=4.6, help="mean watts of the virtual board")
    parser.add_argument("--output", default=str(ROOT / "docs" / "images" / "monitoring.svg"))
    arguments = parser.parse_args()
    begin, end, series = record(arguments.layerwatt, arguments.minutes)
    pathlib.Path(arguments.output).write_text(draw(begin, end, series, arguments.truth), encoding="utf-8")
    for expr, points in series.items():
        values = [v for _, v in points]
        print(f"{expr}: {min(values):.4g} to {max(values):.4g}, mean {sum(values) / len(values):.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
