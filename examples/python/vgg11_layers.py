"""What each layer of torchvision's VGG11 costs, in the form of the published layer-wise profilers.

Each leaf module is run by itself, again and again, with the input that it gets inside the network. Written are
rows called `Conv2d_0`, `ReLU_1` and so on, with time, energy (idle power included, as published), mean power and
the readings, to `vgg11_layerwise_energy_full.csv`; a bar chart to `vgg11_layerwise_energy_plot.png`; and the
summary is printed. Energies are the solver's: the mean of the readings inside a layer says little of it where the
sensor averages over half a second.

    pip install layerwatt torch torchvision
    python vgg11_layers.py                        # on a board; elsewhere --sensor virtual:orin-nano

Power of a virtual board is synthesised, and called virtual. The chart needs the command `layerwatt`.
"""

import argparse
import csv
import os
import subprocess

import torch
import torchvision

import layerwatt as lw


def rows_of(run):
    """(layer, seconds, joules or None, readings in watts) of each layer, over the whole run."""
    recording, profile = run.open(), run.solve()
    rail = recording.power[recording.total[0]]
    watts, timeline = rail.watts, recording.timeline
    for index, layer in enumerate(profile):
        executions = timeline[timeline["segment"] == index]
        seconds = float((executions["end_ns"] - executions["start_ns"]).sum()) * 1e-9
        joules = None
        if layer.power_watt is not None and profile.idle_power_watt is not None:
            joules = (layer.power_watt.value + profile.idle_power_watt.value) * seconds
        first = rail.before_ns.searchsorted(executions["start_ns"])
        last = rail.before_ns.searchsorted(executions["end_ns"])
        readings = [watt for begin, end in zip(first, last) for watt in watts[begin:end]]
        yield layer, seconds, joules, readings


def plot(run, path):
    command = os.environ.get("LAYERWATT_COMMAND", "layerwatt")
    try:
        subprocess.run([command, "report", run.folder, "--png", path], check=True, stdout=subprocess.DEVNULL)
    except FileNotFoundError:
        print(f"No chart: the command '{command}' is not here.")


def main():
    parser = argparse.ArgumentParser(description="Energy of each layer of VGG11.")
    parser.add_argument("--sensor", default="auto")
    parser.add_argument("--result-dir", default="raw_data")
    parser.add_argument("--output", default=".", help="folder of the table and the chart")
    parser.add_argument("--duration", type=float, help="seconds; two balanced sets of blocks if absent")
    parser.add_argument("--size", type=int, default=224, help="height and width of the picture")
    arguments = parser.parse_args()
    torch.manual_seed(1)
    # What layers cost depends on shapes, not on what was learnt.
    net = torchvision.models.vgg11(weights=None).eval()
    picture = torch.randn(1, 3, arguments.size, arguments.size)
    if torch.cuda.is_available():
        net, picture = net.cuda(), picture.cuda()
    run = lw.profile_torch(
        net,
        (picture,),
        names="type",
        duration=arguments.duration,
        sensor=arguments.sensor,
        result_dir=arguments.result_dir,
        name="vgg11",
    )
    os.makedirs(arguments.output, exist_ok=True)
    table = os.path.join(arguments.output, "vgg11_layerwise_energy_full.csv")
    time, energy, unknown = 0.0, 0.0, 0
    if run.virtual:
        print("The power is VIRTUAL: synthesised by a simulated board.")
    print("===== Layer-wise Profiling (VGG11) =====")
    with open(table, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["Layer", "Duration (s)", "Energy (J)", "Avg Power (W)", "Power Samples (W)"])
        for layer, seconds, joules, readings in rows_of(run):
            mean = None if joules is None else joules / seconds
            samples = ", ".join(f"{watt:.2f}" for watt in readings)
            writer.writerow([layer.name, f"{seconds:.6f}", joules, mean, samples])
            time += seconds
            if joules is None:
                unknown += 1
                print(f"{layer.name}: Duration={seconds:.2f}s | not known: {layer.reason}")
                continue
            energy += joules
            print(f"{layer.name}: Duration={seconds:.2f}s | Energy={joules:.2f}J | Avg Power={mean:.2f}W")
    print("===== Total Summary =====")
    print(f"Total Duration: {time:.1f} s")
    print(f"Total Energy:   {energy:.1f} J" + (f", without {unknown} layers" if unknown else ""))
    print(f"Avg Total Power: {energy / time:.2f} W")
    print(f"Table: {table}")
    plot(run, os.path.join(arguments.output, "vgg11_layerwise_energy_plot.png"))


if __name__ == "__main__":
    main()
