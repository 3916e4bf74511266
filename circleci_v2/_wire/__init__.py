"""The wire format: request descriptions, JSON, decoding into models, and the import of models on first use. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

__all__ = ["LazyModule", "lazy_names"]


class LazyModule:
    """A module that is imported when one of its names is used.

    Args:
        name: The absolute name of the module.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._name), name)


def lazy_names(
    package: str, namespace: dict[str, Any], modules: Mapping[str, str], *, public: str | None = None
) -> Callable[[str], Any]:
    """A ``__getattr__`` (PEP 562) for a package that imports each of its names from a module of its own, on first use.

    Args:
        package: The package, ``__name__``.
        namespace: Its ``globals()``; an imported name is stored there, so that it is looked up only once.
        modules: Name -> module that defines it, absolute or (with a leading dot) below the package.
        public: The public module of the names. It becomes the ``__module__`` of these classes, so that reprs, tracebacks and
            pickles show the path by which users import them.
    """

    def __getattr__(name: str) -> Any:  # noqa: N807 - it becomes the package's own
        module = modules.get(name)
        if module is None:
            msg = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(msg)
        value = namespace[name] = getattr(import_module(module, package), name)
        if public is not None:
            value.__module__ = public
        return value

    return __getattr__
