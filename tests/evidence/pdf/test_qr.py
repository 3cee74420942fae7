"""QR codes: a symbol the encoder could have made, with a mask that is no worse than any other."""

from __future__ import annotations

import pytest
from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel

from dpa.evidence.pdf.qr import dark_runs, matrix, penalty


@pytest.mark.parametrize("content", ["x", "12345", "HTTPS://DESK.EXAMPLE", "https://desk.example/verify/LL-BN-2026-0007#3f2a9c1e44aa77bb", "a" * 300])
def test_the_symbol_is_one_of_the_eight_and_the_best_of_them(content: str) -> None:
    code = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(content)
    code.make()
    size, best = code.getModuleCount(), penalty(matrix(content))
    candidates = []
    for mask in range(8):
        code.makeImpl(False, mask)
        candidates.append(tuple("".join("01"[bool(module)] for module in row) for row in code.modules))
    assert matrix(content) in candidates
    assert best == min(map(penalty, candidates))
    assert len(matrix(content)) == size
    assert all(len(row) == size for row in matrix(content))


def test_the_runs_draw_the_symbol() -> None:
    symbol = matrix("https://desk.example/1")
    drawn = [["0"] * len(symbol) for _ in symbol]
    for column, row, length in dark_runs("https://desk.example/1"):
        drawn[row][column : column + length] = "1" * length
    assert tuple(map("".join, drawn)) == symbol


@pytest.mark.parametrize(
    ("rows", "score"),
    [
        (("01", "10"), 0),
        (("11", "11"), 3 + 100),
        (("10101", "01010", "10101", "01010", "11111"), 3 + 20),
    ],
)
def test_penalties_by_hand(rows: tuple[str, ...], score: int) -> None:
    """Runs of five and more, squares, and the share of dark modules in steps of five per cent from one half."""
    assert penalty(rows) == score
