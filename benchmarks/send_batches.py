"""Send sealed batches to a ledger one by one, as the machine of a site would; what is not acknowledged is sent again.

It is killed on purpose by ``prove_ledger.py``. Its only memory is a file of acknowledgements, one line each, written
to the disk before the next batch is sent.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from qipan.bootstrap.services import build
from qipan.settings import Settings


def main() -> None:
    """Send what has no acknowledgement yet, the oldest first."""
    home, outbox, told = (Path(word) for word in sys.argv[1:4])
    known = {json.loads(line)["file"] for line in lines(told)}
    services = build(Settings(home=home))
    with told.open("a", encoding="utf-8") as file:
        for path in sorted(outbox.iterdir()):
            if path.name in known:
                continue
            opened = services.metering.open(path.read_bytes())
            with services.books.begin() as unit:
                answer = services.metering.receive(unit, opened, datetime.now(UTC))
            file.write(json.dumps({"file": path.name, **asdict(answer)}) + "\n")
            file.flush()
            os.fsync(file.fileno())
            with services.books.read() as unit:
                services.metering.project(unit)
    services.books.close()


def lines(told: Path) -> list[str]:
    """Return the whole lines of the file; one that a kill cut short was never acknowledged to anyone."""
    text = told.read_text(encoding="utf-8") if told.exists() else ""
    whole, _, rest = text.rpartition("\n")
    if rest:
        told.write_text(whole + "\n" if whole else "", encoding="utf-8")
    return whole.splitlines()


if __name__ == "__main__":
    main()
