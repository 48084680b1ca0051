"""Who may ask for what: a tenant on registers of its own, a server at its site, the operator of the world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fastapi import Request

from qclone.service._tokens import Kind, Principal
from qclone.service._wire import ForbiddenError
from qclone.store import CLIENT, Party


def principal_of(request: Request) -> Principal:
    """Return whom the token of a request speaks for."""
    principal: Principal = request.state.principal
    return principal


def require_owner(request: Request, register: str) -> None:
    """Raise ForbiddenError unless the register is of the tenant who asks: no server's, no operator's."""
    principal = principal_of(request)
    if principal.kind is not Kind.TENANT:
        raise ForbiddenError("This is for the register's owner.", "Use the tenant's token.")
    if register.partition(":")[0] != principal.name:
        raise ForbiddenError("This register belongs to another tenant.", "Use your own objects.")


def owner(request: Request, register: str, secret: str) -> Party:
    """Return the register's owner at the client's site. Raises as `require_owner`."""
    require_owner(request, register)
    return Party(CLIENT, secret)


def party(request: Request, register: str, secret: str) -> Party:
    """Return who acts: a server at its own site, a tenant at the client's on registers of its own."""
    principal = principal_of(request)
    return Party(principal.name) if principal.kind is Kind.SITE else owner(request, register, secret)


def visible(request: Request, register: str, where: Mapping[str, Sequence[int]]) -> dict[str, Sequence[int]]:
    """Return what who asks may know of a register's whereabouts: its owner all, a server its own site."""
    principal = principal_of(request)
    if principal.kind is Kind.SITE:
        return {site: wires for site, wires in where.items() if site == principal.name}
    require_owner(request, register)
    return dict(where)


def require_operator(request: Request) -> None:
    """Raise ForbiddenError unless it is the operator who asks."""
    if principal_of(request).kind is not Kind.OPERATOR:
        raise ForbiddenError("Only the operator may do this.", "Use the operator's token.")


def tenant_of(request: Request) -> str:
    """Return the tenant who asks. Raises ForbiddenError for anybody else."""
    principal = principal_of(request)
    if principal.kind is not Kind.TENANT:
        raise ForbiddenError("Only tenants have objects.", "Use a tenant's token.")
    return principal.name
