"""Locks on files that die with their process, on every platform."""

from __future__ import annotations

from typing import IO, Any

import portalocker


def hold(file: IO[Any], *, shared: bool = False, wait: bool = True) -> bool:
    """Lock an open file until it is closed or the process dies, however it dies.

    Parameters
    ----------
    shared : together with others who share it; otherwise alone.
    wait : until it is free.

    Returns
    -------
    whether it is held now: False only without `wait`, if someone else holds it.
    """
    flags = portalocker.LOCK_SH if shared else portalocker.LOCK_EX
    try:
        portalocker.lock(file, flags if wait else flags | portalocker.LOCK_NB)
    except portalocker.AlreadyLocked:
        return False
    return True
