"""The cloud: object, keyring, ledger, fabric, servers and client."""
