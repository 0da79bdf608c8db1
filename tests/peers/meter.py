"""Starts one meter of others behind a pseudo-terminal and says where; ends when standard input does.

meter.py dlms|dlt645|iec|c1218 TRUTH [--echo whole|cut] [--noise P] [--seed N]; TRUTH in JSON is what the meter holds.
"""

import argparse
import importlib
import json

from line import Line


def main():
    words = argparse.ArgumentParser()
    words.add_argument("kind", choices=["dlms", "dlt645", "iec", "c1218"])
    words.add_argument("truth", type=json.loads)
    words.add_argument("--echo", choices=["none", "whole", "cut"], default="none")
    words.add_argument("--noise", type=float, default=0.0)
    words.add_argument("--seed", type=int, default=1)
    asked = words.parse_args()
    meter = importlib.import_module(f"meter_{asked.kind}").Meter(asked.truth)
    line = Line(meter, asked.echo, asked.noise, asked.seed)
    print(line.path, flush=True)
    line.run()


main()
