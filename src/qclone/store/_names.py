"""What the fabric calls the register of an object: the same whether the cloud is embedded or a service."""

from __future__ import annotations

DEFAULT_TENANT = "default"
"""Whose objects those of an embedded cloud are, when the same cloud becomes a service."""


def register_name(tenant: str, object_id: str) -> str:
    """Return the name of a register in the fabric.

    >>> register_name("default", "3f"), register_name("alice", "3f")
    ('3f', 'alice:3f')
    """
    return object_id if tenant == DEFAULT_TENANT else f"{tenant}:{object_id}"


def tenant_and_object(register: str) -> tuple[str, str]:
    """Return whose register it is and of which object; the inverse of `register_name`.

    >>> tenant_and_object("3f"), tenant_and_object("alice:3f"), tenant_and_object("default:3f")
    (('default', '3f'), ('alice', '3f'), ('default', '3f'))
    """
    tenant, _, object_id = register.rpartition(":")
    return tenant or DEFAULT_TENANT, object_id
