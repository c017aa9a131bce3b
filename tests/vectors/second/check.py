"""Compute every example of tests/vectors/*.json a second time.

`python3 tests/vectors/second/check.py` needs nothing but Python. For each NAME.json there is a
module NAME.py here with a function `check(vectors)`, which returns how many examples it computed.
"""

import importlib
import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True


def main():
    here = Path(__file__).resolve().parent
    sys.path.insert(0, str(here))
    for file in sorted(here.parent.glob("*.json")):
        checked = importlib.import_module(file.stem).check(json.loads(file.read_text()))
        assert checked, f"{file.name} has no examples"
        print(f"{file.name}: {checked} examples computed again")


if __name__ == "__main__":
    main()
