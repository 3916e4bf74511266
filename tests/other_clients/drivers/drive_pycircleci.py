"""pycircleci; the URL of its API has no version."""

from calls import KNOWN, call, finish
from pycircleci.api import Api
from pycircleci_calls import calls_of, check_content


def use(name, function):
    check_content(name, function())


client = Api(KNOWN["token"], url=f"{KNOWN['origin']}/api")
for name, function in calls_of(client):
    call(name, use, name, function)
finish()
