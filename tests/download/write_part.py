"""A process that writes half a file into a directory and then waits; made to be killed."""

from __future__ import annotations

import sys
from pathlib import Path

from circleci_v2._download.atomic_file import AtomicFile
from circleci_v2._download.safe_directory import open_directory

if __name__ == "__main__":
    directory, *parts = sys.argv[1:]
    file = AtomicFile(open_directory(Path(directory)), parts, replace=False).open()
    file.write(b"half")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()
    file.commit()
