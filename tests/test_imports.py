"""Imports: cheap, complete, and in one direction."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import circleci_v2

PACKAGE = Path(circleci_v2.__file__).parent


def loaded_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys; print('\\n'.join(sys.modules))"
    result = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    return set(result.stdout.split())


def test_importing_the_package_loads_no_model_and_no_http_library():
    loaded = loaded_after("import circleci_v2")
    assert not [name for name in loaded if name.startswith("circleci_v2._generated")]
    assert "httpx" not in loaded


# The modules of the package that the import which every program makes loads, and those that one call adds. Each costs
# 0.2 to 2 ms: before a module is added to a list, consider to load it with `circleci_v2._lazy` when it is used.
LOADED_BY_THE_CLIENT = {
    "": ["_lazy", "_validation", "client", "config", "errors", "pagination", "policies"],
    "_generated": ["api", "namespaces"],
    "_http": ["auth", "decompression", "headers", "lifecycle", "logging", "prepared_request", "sender", "session"],
    "_http.rate_limit": [
        *("budget", "fixed_window", "from_headers", "from_throughput", "limiter", "limits", "measurement"),
    ],
    "_http.transports": ["factory"],
    "_wire": [
        *("bodies", "compiled_decoding", "decoding", "encoding", "json", "layouts", "namespace", "payload", "request"),
        "types",
    ],
    "streams": ["_producer"],
}
LOADED_BY_A_CALL = {
    "": ["models"],
    "_generated": ["models", "operations"],
    "_generated.api": ["user"],
    "_generated.models": ["user"],
    "_wire": ["model"],
}
ONE_CALL = """
import asyncio, httpx
from circleci_v2 import CircleCI
user = {"id": "5034460f-c7c4-4c43-9457-de07e2029e7b", "name": "Someone", "login": "someone"}
async def main():
    async with CircleCI("token", transport=httpx.MockTransport(lambda request: httpx.Response(200, json=user))) as circleci:
        assert (await circleci.user.me()).login == "someone"
asyncio.run(main())"""


def ours(modules: set[str]) -> set[str]:
    return {name for name in modules if name.split(".")[0] == "circleci_v2"}


def listed(*lists: Mapping[str, list[str]]) -> set[str]:
    packages = {".".join(filter(None, ["circleci_v2", package])) for modules in lists for package in modules}
    parts = [["circleci_v2", package, name] for modules in lists for package in modules for name in modules[package]]
    return packages | {".".join(filter(None, names)) for names in parts}


def third_party(modules: set[str]) -> set[str]:
    return {name.split(".")[0] for name in modules} - sys.stdlib_module_names - {"circleci_v2"}


def test_the_client_loads_these_modules_and_no_library_beside_httpx_and_attrs():
    loaded = loaded_after("from circleci_v2 import CircleCI")
    assert ours(loaded) == listed(LOADED_BY_THE_CLIENT)
    assert third_party(loaded) == third_party(loaded_after("import httpx, attrs"))


def test_a_call_loads_these_modules_and_no_library_but_a_decoder_of_json():
    loaded = loaded_after(ONE_CALL)
    assert ours(loaded) == listed(LOADED_BY_THE_CLIENT, LOADED_BY_A_CALL)
    # The extra `fast` has msgspec, which is used where it is installed; nothing else is loaded because it is there.
    without_msgspec = "import sys; sys.modules['msgspec'] = None\n"
    loaded = loaded_after(without_msgspec + ONE_CALL)
    assert third_party(loaded) == third_party(loaded_after(f"{without_msgspec}import httpx, attrs"))


def test_importing_the_client_loads_no_model():
    loaded = loaded_after("from circleci_v2 import CircleCI; CircleCI('token')")
    assert not [name for name in loaded if name.startswith("circleci_v2._generated.models.")]


def test_one_model_loads_no_other_until_it_decodes():
    loaded = loaded_after("from circleci_v2.models import Pipeline")
    assert [name for name in loaded if name.startswith("circleci_v2._generated.models.")] == [
        "circleci_v2._generated.models.pipeline"
    ]


def test_the_public_names_are_complete():
    tree = ast.parse(Path(circleci_v2.__file__).read_text(encoding="utf-8"))
    declared = {a.asname or a.name for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) for a in n.names}
    assert declared - {"annotations", "TYPE_CHECKING", "lazy_names"} == set(circleci_v2.__all__) - {"__version__"}
    for name in circleci_v2.__all__:
        assert getattr(circleci_v2, name) is not None
    assert set(dir(circleci_v2)) == set(circleci_v2.__all__)


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'circleci_v2' has no attribute 'CircleCi'"):
        circleci_v2.CircleCi  # noqa: B018


# The layers, lowest first. A package or module may import its own files and the names listed for it, and nothing else.
LAYERS: Mapping[str, set[str]] = {
    "_lazy": set(),
    "errors": set(),
    "policies": {"errors"},
    "_validation": {"errors"},
    "response": {"policies"},
    "events": {"policies"},
    "streams": {"_lazy", "_validation", "errors"},
    "pagination": {"_lazy", "errors", "streams"},
    "_wire": {"_lazy", "errors", "pagination", "policies", "response"},
    "config": {"errors", "events", "policies"},
    "slugs": {"_wire", "errors"},
    "_http": {"_lazy", "_validation", "_wire", "config", "errors", "events", "policies", "response"},
    "_generated": {"_lazy", "_wire", "pagination", "slugs"},
    "models": {"_generated", "_wire"},
    "namespaces": {"_generated"},
    "operations": {"_generated", "_wire"},
    "bulk": {"_validation", "errors", "policies", "streams"},
    "_download": {"errors", "response"},
    "webhooks": {"_wire", "errors"},
    "waiting": {"_validation", "_wire", "errors", "models", "namespaces", "slugs"},
    "_unpublished": {"_wire", "errors", "response", "slugs"},
    "failures": {
        *(
            "_unpublished",
            "_validation",
            "_wire",
            "bulk",
            "errors",
            "models",
            "namespaces",
            "slugs",
            "streams",
            "waiting",
        ),
    },
    "artifacts": {"_download", "_validation", "_wire", "bulk", "errors", "models", "pagination", "response", "slugs"},
    "usage_export": {"_download", "_http", "_validation", "_wire", "bulk", "errors", "models", "streams"},
    "history": {
        "_unpublished",
        "artifacts",
        "_validation",
        "_wire",
        "bulk",
        "errors",
        "events",
        "models",
        "namespaces",
        "pagination",
        "slugs",
        "streams",
    },
    "environment": {
        *("_http", "_unpublished", "_validation", "bulk", "errors", "history", "models", "namespaces", "slugs"),
    },
    "client": {
        *(
            "_generated",
            "_http",
            "_lazy",
            "_wire",
            "artifacts",
            "bulk",
            "config",
            "environment",
            "errors",
            "events",
            "failures",
            "history",
            "policies",
        ),
        *("response", "slugs", "streams", "usage_export", "waiting"),
    },
    "fleet": {
        *("_lazy", "_validation", "_wire", "bulk", "client", "errors", "history", "models", "namespaces", "policies"),
        *("slugs", "waiting"),
    },
    "testing": {
        "_lazy",
        "_validation",
        "_wire",
        "client",
        "errors",
        "models",
        "operations",
        "slugs",
        "usage_export",
        "waiting",
        "webhooks",
    },
    "cli": {
        *(
            "_wire",
            "bulk",
            "client",
            "config",
            "environment",
            "errors",
            "fleet",
            "events",
            "failures",
            "history",
            "models",
            "operations",
        ),
        *("pagination", "policies", "slugs", "streams", "testing", "usage_export", "waiting"),
    },
    "__main__": {"cli"},
}
# The root package names every public module, lazily; `__version__` is all that the layers import from it.
ROOT = "circleci_v2"


def module_name(path: Path) -> str:
    parts = [ROOT, *path.relative_to(PACKAGE).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imports_of(module: str) -> Iterator[str]:
    """The modules of the package that a file imports anywhere, imports for type checkers included."""
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == ROOT:
            assert node.level == 0, f"{module}: relative imports hide the layer"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in MODULES else str(node.module)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)


IMPORTS = {module: set(imports_of(module)) - {module} for module in MODULES}


def layer_of(module: str) -> str:
    return module.split(".")[1] if "." in module else ROOT


def test_every_module_belongs_to_a_layer_that_this_test_knows():
    assert {layer_of(module) for module in MODULES} - {ROOT} == set(LAYERS)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_imports_only_layers_below_it(layer: str):
    for module in MODULES:
        if layer_of(module) == layer:
            imported = {layer_of(name) for name in IMPORTS[module]} - {layer, ROOT}
            assert imported <= LAYERS[layer], f"{module} imports {sorted(imported - LAYERS[layer])}"


def test_the_layers_are_listed_lowest_first():
    known: set[str] = set()
    for layer, below in LAYERS.items():
        assert below <= known, f"{layer} is listed before {sorted(below - known)}"
        known.add(layer)


def test_no_files_import_each_other_in_a_cycle():
    # Models refer to each other in their annotations, as the API's schemas do; that is no dependency of the code.
    left = {
        module: {name for name in imported if name != ROOT}
        for module, imported in IMPORTS.items()
        if not module.startswith("circleci_v2._generated.models") and module != ROOT
    }
    while True:
        free = {module for module, imported in left.items() if not imported & left.keys()}
        if not free:
            break
        left = {module: imported for module, imported in left.items() if module not in free}
    assert not left, f"cycle among {sorted(left)}"


def test_only_the_http_package_and_two_named_modules_import_httpx():
    """Another HTTP library replaces httpx there, and nowhere else: see docs/decisions/httpx2.md."""

    def roots(path: Path) -> Iterator[str]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield (node.module or "").split(".")[0]

    knowing = {module for module, path in MODULES.items() if {"httpx", "httpcore"} & set(roots(path))}
    assert {module for module in knowing if layer_of(module) != "_http"} == {
        "circleci_v2.testing.deliveries",  # sends webhooks
        "circleci_v2.testing.transport",  # is a transport
    }
    assert not [module for module, path in MODULES.items() if "httpx2" in roots(path)]
