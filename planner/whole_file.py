"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from planner.errors import InputError


@contextmanager
def whole_file(path: Path) -> Iterator[Any]:
    """A file that appears under its name only when it is whole: a run that stops half-way leaves the old one as it was."""
    if not path.parent.is_dir():
        raise InputError(f"There is no folder {path.parent}. Create it first, or choose another place.")
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", encoding="utf-8", newline="", delete=False) as draft:
        try:
            yield draft
        except BaseException:
            Path(draft.name).unlink()
            raise
    os.chmod(draft.name, 0o666 & ~_umask())
    os.replace(draft.name, path)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
