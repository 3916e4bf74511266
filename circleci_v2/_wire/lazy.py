"""Names of a package that are imported when they are first used (PEP 562)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

__all__ = ["lazy_names"]


def lazy_names(package: str, namespace: dict[str, Any], modules: Mapping[str, str]) -> Callable[[str], Any]:
    """A ``__getattr__`` for a package that imports each of its names from a module of its own.

    Args:
        package: The package, ``__name__``.
        namespace: Its ``globals()``; a name is put there once it is imported, so that it is looked for only once.
        modules: Name -> module that defines it, absolute or (with a leading dot) below the package.
    """

    def __getattr__(name: str) -> Any:  # noqa: N807 - it becomes the package's own
        module = modules.get(name)
        if module is None:
            msg = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(msg)
        value = namespace[name] = getattr(import_module(module, package), name)
        return value

    return __getattr__
