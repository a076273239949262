"""Reading a CSV file of people's making: any usual encoding, separator and line end, with the line of every row."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.contracts.faults import Fault, FileFaults

_SEPARATORS: Final = (",", ";", "\t")
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_OFFICE: Final = "cp1252"


@dataclass(frozen=True)
class Row:
    """A row under the header's names, stripped; ``line`` is the line of the file that it starts on, from 1."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Sheet:
    """A file's rows, what is wrong with single ones, and remarks on how it was read."""

    path: Path
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]
    remarks: tuple[str, ...]

    def fault(self, line: int, field: str, message: str) -> Fault:
        """A fault of this file."""
        return Fault(str(self.path), line, field, message)


def read(path: Path, required: Sequence[str]) -> Sheet:
    """The sheet in ``path``; its header must have the ``required`` columns. Blank lines are left out.

    Rows with a wrong number of columns are faults of the sheet. Raises FileFaults for a file that cannot be read at
    all.
    """
    text, remarks = _decoded(path)
    separator = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[Row] = []
    faults: list[Fault] = []
    header: tuple[str, ...] = ()
    line = 1
    try:
        for cells in reader:
            started, line = line, reader.line_num + 1
            stripped = tuple(cell.strip() for cell in cells)
            if not any(stripped):
                continue
            if not header:
                header = _header(path, started, stripped, required)
            elif len(stripped) != len(header):
                message = f"has {len(stripped)} columns, the header has {len(header)}"
                faults.append(Fault(str(path), started, "", message))
            else:
                rows.append(Row(started, dict(zip(header, stripped, strict=True))))
    except csv.Error as error:
        raise FileFaults([Fault(str(path), line, "", f"is not CSV from this line on: {error}")]) from None
    if not header:
        raise FileFaults([Fault(str(path), 1, "", "is empty")])
    return Sheet(path, header, tuple(rows), tuple(faults), remarks)


def _header(path: Path, line: int, names: tuple[str, ...], required: Sequence[str]) -> tuple[str, ...]:
    missing = [name for name in required if name not in names]
    faults = [Fault(str(path), line, name, "this column is missing from the header") for name in missing]
    twice = sorted({name for name in names if names.count(name) > 1})
    faults += [Fault(str(path), line, name or "(no name)", "stands in the header more than once") for name in twice]
    if faults:
        raise FileFaults(faults)
    return names


def _decoded(path: Path) -> tuple[str, tuple[str, ...]]:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise FileFaults([Fault(str(path), 0, "", f"cannot be read: {error.strerror}")]) from None
    encoding = next((encoding for mark, encoding in _MARKS if raw.startswith(mark)), "utf-8")
    remarks: tuple[str, ...] = ()
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8":
            raise FileFaults([Fault(str(path), 0, "", f"is not {encoding.upper()} (byte {error.start})")]) from None
        text, remarks = _office(path, raw, error)
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise FileFaults([Fault(str(path), line, "", "is no text file: it holds NUL; save it as CSV in UTF-8")])
    return text, remarks


def _office(path: Path, raw: bytes, error: UnicodeDecodeError) -> tuple[str, tuple[str, ...]]:
    """What older spreadsheets write; said aloud, since names could be read wrongly."""
    line = raw[: error.start].count(b"\n") + 1
    try:
        text = raw.decode(_OFFICE)
    except UnicodeDecodeError:
        message = "is neither UTF-8 nor Windows-1252; save it as CSV in UTF-8"
        raise FileFaults([Fault(str(path), line, "", message)]) from None
    return text, (f"{path} is not UTF-8 (line {line}); it was read as Windows-1252: check names with accents",)


def _separator(text: str) -> str:
    header = next((line for line in text.splitlines() if line.strip()), "")
    return max(_SEPARATORS, key=header.count)
