"""`python server.py ...` with a clock that started at MOMENT: tests do not depend on the hour they run at."""

import os
import runpy
import sys
from datetime import UTC, datetime

from models import clock


def main() -> None:
    if moment := os.environ.get("MOMENT"):
        shift = datetime.fromisoformat(moment) - datetime.now(UTC)
        clock.now = lambda: datetime.now(UTC) + shift
    sys.argv = ["server.py", *sys.argv[1:]]
    runpy.run_path("server.py", run_name="__main__")


if __name__ == "__main__":
    main()
