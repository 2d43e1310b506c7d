"""One process for one group and one number of threads: it pins itself, then measures, one JSON line a case."""

import argparse
import json
import warnings

from benchmarks.machine import cores, peak, pin


def main() -> None:
    """Read the arguments, and write what was measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.worker", description=__doc__)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--cases", required=True, help="names, separated by commas")
    parser.add_argument("--peers", default="")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    pin(options.threads)
    # Only now: libraries look at cores and environment when they are loaded.
    from benchmarks.cases import BY_NAME
    from benchmarks.measure import measure
    from benchmarks.training import COURSES, measure_training

    warnings.simplefilter("ignore")
    peaks = {dtype: peak(dtype) for dtype in ("float32", "float64")}
    print(json.dumps({"threads": options.threads, "cores": cores(), "peaks": peaks}), flush=True)
    peers = [name for name in options.peers.split(",") if name]
    for name in options.cases.split(","):
        if name in COURSES:
            record = measure_training(name, peers, options.threads, quick=options.quick)
        else:
            record = measure(BY_NAME[name], peers, options.threads, peaks, quick=options.quick)
        print(json.dumps(record), flush=True)


if __name__ == "__main__":
    main()
