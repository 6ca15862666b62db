"""The benchmark, in one command: ``uv run --isolated --group bench python benchmarks/run.py``.

Runs the same corridor in every contender and compares times (comparing.py), the project's engines on the
flagship (flagship.py), and measures how cost grows (scaling.py). Writes README.md (the parts between the
marks) and the figures beside this file.
"""

from __future__ import annotations

import argparse

from comparing import compare
from contenders import contenders
from flagship import ensemble, flagship
from scaling import scaling
from writing import machine, write_part

PARTS = ("contenders", "flagship", "scaling")
SEED = 1


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=PARTS, action="append", help="this part alone; may be repeated")
    parser.add_argument("--quick", action="store_true", help="a smoke test: small sizes, nothing is written")
    arguments = parser.parse_args()
    quick = arguments.quick
    for part in arguments.only or PARTS:
        print(f"--- {part}", flush=True)
        measured = [machine()]
        if part == "contenders":
            here, missing = contenders(slow=1 if quick else 5)
            measured = [compare(here, 2 if quick else 40, SEED, write=not quick), *missing, *measured]
        elif part == "flagship":
            measured = [flagship(2 if quick else 40, SEED), ensemble(20 if quick else 10_000), *measured]
        else:
            measured = [scaling(quick), *measured]
        text = "\n\n".join(measured)
        print(text, flush=True)
        if not quick:
            write_part(part, text)


if __name__ == "__main__":
    main()
