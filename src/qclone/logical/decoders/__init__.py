"""Decoders by name, as sinter sees them: one file each, which registers itself."""

from __future__ import annotations

import importlib
import pkgutil

from qclone.logical.decoders._registry import DECODERS, JOINT, load_decoder, register

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["DECODERS", "JOINT", "load_decoder", "register"]
