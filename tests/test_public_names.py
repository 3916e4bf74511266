"""What users see of the public names: where they live, what completion offers, and what the docstrings document."""

from __future__ import annotations

import copy
import inspect
import pickle
import re
import typing
from typing import Any

import attrs
import pytest

import circleci_v2
from circleci_v2 import UNSET, CircleCI, models, namespaces
from circleci_v2._wire.types import wire_fields
from circleci_v2.models import Pipeline, Workflow, WorkflowStatus
from circleci_v2.operations import OPERATIONS, Operation
from tests.test_signatures import methods, public_methods

WORKFLOW = {
    "id": "5034460f-c7c4-4c43-9457-de07e2029e7b",
    "name": "build-and-test",
    "status": "running",
    "created_at": "2026-01-31T12:00:00Z",
    "stopped_at": None,
    "pipeline_id": "7f1a7f0e-6d15-4d8b-9d3b-2b9b1a7a6a55",
    "pipeline_number": 42,
    "project_slug": "gh/acme/web",
    "started_by": "03987f6a-4c27-4dc1-b6ab-c7e83bb3e713",
    "color": "green",
}
METHODS = dict(methods())
DOCUMENTED = {name: method for name, method in METHODS.items() if name != "CircleCI"}
# The argument list of these is that of another method, to which they refer.
DOCUMENTED_BY = {"circleci.iter_usage_rows": "export_usage"}


def module_of(value: Any) -> str:
    return str((value if hasattr(value, "__qualname__") else type(value)).__module__)


@pytest.mark.parametrize("name", [name for name in circleci_v2.__all__ if name not in {"OPERATIONS", "__version__"}])
def test_a_public_name_carries_a_public_module(name: str):
    assert "._" not in module_of(getattr(circleci_v2, name))


def test_models_and_enums_carry_the_module_that_users_import_them_from():
    for name in models.__all__:
        kind = getattr(models, name)
        assert kind.__module__ == "circleci_v2.models"
        assert repr(kind) in {f"<class 'circleci_v2.models.{name}'>", f"<enum '{name}'>"}


def test_namespaces_and_operations_carry_the_module_that_users_import_them_from():
    for name in namespaces.__all__:
        assert getattr(namespaces, name).__module__ == "circleci_v2.namespaces"
    assert repr(Operation) == "<class 'circleci_v2.operations.Operation'>"
    assert set(dir(namespaces)) == set(namespaces.__all__)


def test_the_annotations_of_every_model_can_be_resolved():
    for name in models.__all__:
        kind: Any = getattr(models, name)
        if attrs.has(kind):
            assert all(not isinstance(field.type, str) for field in wire_fields(kind))
    known = {name: getattr(models, name) for name in models.__all__}
    assert typing.get_type_hints(Pipeline, localns=known)["state"] is models.PipelineState


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_models_enums_and_unset_survive_copying_and_pickling(again: Any):
    workflow = Workflow.from_dict(WORKFLOW)
    assert again(workflow) == workflow
    assert again(workflow).to_dict() == WORKFLOW
    assert again(WorkflowStatus("paused")) == "paused"
    assert again(UNSET) is UNSET
    assert again(OPERATIONS["getCurrentUser"]) == OPERATIONS["getCurrentUser"]


def test_attrs_shows_the_fields_of_the_api_only():
    workflow = Workflow.from_dict(WORKFLOW)
    shown = attrs.asdict(workflow)
    assert set(shown) == {field.name for field in attrs.fields(Workflow)}
    assert not [name for name in shown if name.startswith("_")]
    renamed = attrs.evolve(workflow, name="deploy")
    assert renamed.to_dict()["name"] == "deploy"


def offered(value: object) -> set[str]:
    return {name for name in dir(value) if not name.startswith("_")}


def test_completion_offers_the_public_names_of_a_client():
    circleci = CircleCI("token")
    documented = {name.split(".")[1] for name in METHODS if name.startswith("circleci.")}
    spaces = {operation.namespace for operation in OPERATIONS.values()}
    jobs = {name.removeprefix("circleci.") for name, _ in public_methods(circleci, "circleci.")}
    assert offered(circleci) == jobs | spaces | {"base_url", "deadline", "with_raw_response"}
    assert jobs <= documented
    assert offered(circleci.with_raw_response) == spaces


def test_completion_offers_the_methods_of_a_namespace_only():
    circleci = CircleCI("token")
    for operation in OPERATIONS.values():
        names = {other.name for other in OPERATIONS.values() if other.namespace == operation.namespace}
        assert offered(getattr(circleci, operation.namespace)) == names
        assert offered(getattr(circleci.with_raw_response, operation.namespace)) == names


def test_completion_offers_the_fields_of_a_model_and_three_more_names():
    fields = {field.name for field in attrs.fields(Workflow)}
    assert offered(Workflow.from_dict(WORKFLOW)) == fields | {"additional_properties", "from_dict", "to_dict"}


def arguments_in(docstring: str) -> list[str]:
    section = re.search(r"^Args:\n((?:    .*\n|\n)*)", docstring + "\n", re.MULTILINE)
    return re.findall(r"^    \**(\w+): ", section.group(1), re.MULTILINE) if section else []


@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_docstring_documents_the_arguments_of_the_method_and_no_others(name: str):
    method = DOCUMENTED[name]
    docstring = inspect.getdoc(method) or ""
    parameters = list(inspect.signature(method).parameters)
    if name in DOCUMENTED_BY:
        other = METHODS[f"circleci.{DOCUMENTED_BY[name]}"]
        assert f"`{DOCUMENTED_BY[name]}`" in docstring
        assert set(parameters) <= set(arguments_in(inspect.getdoc(other) or ""))
    else:
        assert sorted(arguments_in(docstring)) == sorted(parameters)


def test_the_class_docstring_documents_the_arguments_of_the_client():
    assert arguments_in(inspect.getdoc(CircleCI) or "") == list(inspect.signature(CircleCI).parameters)
