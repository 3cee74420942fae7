"""QR codes as runs of dark modules (ISO/IEC 18004), error correction M.

ReportLab's encoder builds the symbol; the choice among the eight masks is made here, on whole rows at a time, because
ReportLab scores single modules and takes longer for it than for the rest of a document.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import groupby, pairwise

_LONG = re.compile("0{5,}|1{5,}")
_FINDER = re.compile("(?=10111010000|00001011101)")


@lru_cache(maxsize=64)
def matrix(content: str) -> tuple[str, ...]:
    """Return the symbol for an ASCII text as rows of 0 and 1, without its quiet zone."""
    # Its package loads all of ReportLab's layout, which nothing else here needs.
    from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel  # type: ignore[import-untyped]

    code = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(content)
    code.version = code.calculate_version()
    candidates = []
    for mask in range(8):
        code.makeImpl(False, mask)
        candidates.append(tuple("".join("1" if module else "0" for module in row) for row in code.modules))
    return min(candidates, key=penalty)


def penalty(rows: tuple[str, ...]) -> int:
    """Score a symbol by the four rules of ISO/IEC 18004, 7.8.3; less is easier to scan."""
    size = len(rows)
    both = (*rows, *("".join(column) for column in zip(*rows, strict=True)))
    score = sum(len(run.group()) - 2 for line in both for run in _LONG.finditer(line))
    score += 40 * sum(len(_FINDER.findall(line)) for line in both)
    score += 3 * _blocks([int(row, 2) for row in rows], size)
    dark = sum(row.count("1") for row in rows) * 100 / (size * size)
    return score + 10 * int(abs(dark - 50) / 5)


def _blocks(rows: list[int], size: int) -> int:
    """Count the squares of two by two modules of one colour."""
    full = (1 << size) - 1
    count = 0
    for upper, lower in pairwise(rows):
        dark = upper & lower
        light = ~(upper | lower) & full
        count += (dark & dark >> 1).bit_count() + (light & light >> 1 & full >> 1).bit_count()
    return count


@lru_cache(maxsize=64)
def dark_runs(content: str) -> tuple[tuple[int, int, int], ...]:
    """Return the dark modules as (column, row from the top, length)."""
    runs = []
    for number, row in enumerate(matrix(content)):
        column = 0
        for value, modules in groupby(row):
            length = len(list(modules))
            if value == "1":
                runs.append((column, number, length))
            column += length
    return tuple(runs)
