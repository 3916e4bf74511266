"""Imports at first use: modules, and the names of a package."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, cast

__all__ = ["LazyModule", "lazy_names", "lazy_pattern"]


class LazyModule:
    """A module that is imported when one of its names is used; each name is looked up once, and then an attribute.

    Args:
        name: The absolute name of the module.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        value = self.__dict__[name] = getattr(import_module(self._name), name)
        return value


class _LazyPattern:
    def __init__(self, pattern: str, flags: int) -> None:
        self._pattern = pattern
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        value = self.__dict__[name] = getattr(re.compile(self._pattern, self._flags), name)
        return value


def lazy_pattern(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Return a regular expression that is compiled when it is first used, which takes 0.1 to 0.5 ms.

    Args:
        pattern: The expression.
        flags: The flags of `re.compile`.
    """
    return cast("re.Pattern[str]", _LazyPattern(pattern, flags))


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
