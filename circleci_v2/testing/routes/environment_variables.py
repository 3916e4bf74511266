"""Environment variables of a project; their values are masked, like on CircleCI."""

from __future__ import annotations

from http import HTTPStatus

from circleci_v2.testing.clock import rfc3339
from circleci_v2.testing.messages import Answer, Call
from circleci_v2.testing.paging import page
from circleci_v2.testing.routing import Routes
from circleci_v2.testing.state.records import Record, find, masked
from circleci_v2.testing.state.world import World

__all__ = ["routes"]

routes = Routes()


def _variables(world: World, call: Call) -> dict[str, Record]:
    return world.project(call.parameters["project-slug"]).environment_variables


@routes.get("/project/{project-slug}/envvar")
def list_environment_variables(world: World, call: Call) -> Answer:
    """The variables, values masked."""
    variables = _variables(world, call)
    return page(world.tokens, call, [variables[name] for name in sorted(variables)], lambda variable: variable)


@routes.post("/project/{project-slug}/envvar")
def create_environment_variable(world: World, call: Call) -> Answer:
    """Set a variable, whether or not it is there."""
    variables, fields = _variables(world, call), call.fields()
    variable = {"name": fields["name"], "value": masked(fields["value"]), "created-at": rfc3339(world.now())}
    variables[fields["name"]] = variable
    return Answer.json(variable, HTTPStatus.CREATED)


@routes.get("/project/{project-slug}/envvar/{name}")
def get_environment_variable(world: World, call: Call) -> Answer:
    """One variable, its value masked."""
    return Answer.json(find(_variables(world, call), call.parameters["name"], "Environment variable"))


@routes.delete("/project/{project-slug}/envvar/{name}")
def delete_environment_variable(world: World, call: Call) -> Answer:
    """Delete a variable."""
    variables, name = _variables(world, call), call.parameters["name"]
    find(variables, name, "Environment variable")
    del variables[name]
    return Answer.message("Environment variable deleted.")
