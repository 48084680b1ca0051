"""Codes by name: one file a family, which registers itself."""

from __future__ import annotations

import importlib
import pkgutil

from qclone.logical.codes._registry import CODES, load_code, register

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["CODES", "load_code", "register"]
