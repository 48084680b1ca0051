"""Results on disk: one JSON file and one QPY file each, named by the key of what was run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from qiskit import QuantumCircuit, qpy

from qclone.errors import InvalidInputError, StorageError
from qclone.experiments._identity import key_of
from qclone.experiments._result import Result


@dataclass(frozen=True)
class Folder:
    """A folder of results: `KEY.json` holds a result, `KEY.qpy` its placed circuit.

    Parameters
    ----------
    path : made if it does not exist.

    Raises
    ------
    StorageError : it cannot be made.
    """

    path: Path

    def __post_init__(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _failed(self.path, error) from None

    def read(self, key: str) -> Result | None:
        """Return the result of that key, or None; a file that was cut short counts as none.

        Raises
        ------
        StorageError : there is a file of that name that nobody lets us read.
        """
        found = _loaded(self.path / f"{key}.json")
        # A file whose content has another name is no answer to what was asked.
        return found if found is not None and key == key_of(found.identity) else None

    def write(self, result: Result, circuit: QuantumCircuit) -> None:
        """Keep a result and its circuit; the result appears whole or not at all."""
        packed = BytesIO()
        qpy.dump(circuit, packed)
        self._whole(f"{result.key}.qpy", packed.getvalue())
        self._whole(f"{result.key}.json", result.to_json().encode())

    def results(self) -> list[Result]:
        """Return every result, each once; raises InvalidInputError if there is none."""
        found = [_loaded(path) for path in sorted(self.path.glob("*.json"))]
        results = list({r.key: r for r in found if r is not None}.values())
        if not results:
            raise InvalidInputError(
                f"The folder {self.path} holds no results.", "Make some with: qclone experiment all --out DIR"
            )
        return results

    def unused(self) -> list[str]:
        """The names of files that hold no result: cut short, or not of this kind."""
        return [path.name for path in sorted(self.path.glob("*.json")) if _loaded(path) is None]

    def _whole(self, name: str, content: bytes) -> None:
        write_whole(self.path, name, content)


def _loaded(path: Path) -> Result | None:
    try:
        return Result.from_json(path.read_text())
    except (FileNotFoundError, IsADirectoryError, ValueError, KeyError, TypeError, RecursionError):
        return None
    except InvalidInputError:  # no such estimate can be
        return None
    except OSError as error:
        raise StorageError(
            f"The result {path} cannot be read: {error.strerror or error}.",
            "Make it readable, or choose another folder.",
        ) from None


def write_whole(folder: Path, name: str, content: bytes) -> None:
    """Write a file that appears whole or not at all; raises StorageError."""
    partial = folder / f".{name}.{os.getpid()}"
    try:
        partial.write_bytes(content)
        partial.replace(folder / name)
    except OSError as error:
        raise _failed(folder, error) from None


def _failed(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"The folder {path} cannot be written: {error.strerror or error}.", "Choose another with --out."
    )
