"""Compiled kernels: they know numbers only, no scheme and no device."""
