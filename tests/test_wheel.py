"""The wheel: what users install, and nothing else."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
MAX_DOCUMENT_BYTES = 16 * 1024
TEXTS = ("description", "summary")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("hatchling", reason="builds the wheel")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return path


def test_the_document_is_a_small_part_of_the_wheel(wheel: Path):
    # The size of the whole wheel has its bound in benchmarks/size.py.
    assert zipfile.ZipFile(wheel).getinfo("circleci_v2/testing/openapi.json.gz").compress_size <= MAX_DOCUMENT_BYTES


def test_the_wheel_holds_the_package_alone_without_tests_and_caches(wheel: Path):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"circleci_v2"}
    suffixes = {Path(name).suffix for name in names if ".dist-info/" not in name}
    assert suffixes == {".py", ".typed", ".gz"}
    assert not [name for name in names if "/tests/" in name]


def test_the_document_in_the_wheel_lacks_only_texts(wheel: Path):
    packed = json.loads(gzip.decompress(zipfile.ZipFile(wheel).read("circleci_v2/testing/openapi.json.gz")))
    document = json.loads((ROOT / "openapi.json").read_bytes())
    assert_equal_but_for_texts(packed, document)


def assert_equal_but_for_texts(packed: Any, whole: Any) -> None:
    if isinstance(whole, dict):
        assert {name for name in whole if name not in packed} <= set(TEXTS)
        assert all(isinstance(whole[name], str) for name in whole if name not in packed)
        for name, value in packed.items():
            if name in {"default", "enum", "example", "examples"}:
                assert value == whole[name]
            else:
                assert_equal_but_for_texts(value, whole[name])
    elif isinstance(whole, list):
        assert len(packed) == len(whole)
        for one, other in zip(packed, whole, strict=True):
            assert_equal_but_for_texts(one, other)
    else:
        assert packed == whole


FAKE = """
import asyncio
import circleci_v2
from circleci_v2 import CircleCI
from circleci_v2.testing import FakeCircleCI
from circleci_v2.testing.specification import Specification
assert "site" in circleci_v2.__file__
print(len(list(Specification.published())))
async def main():
    fake = FakeCircleCI.seeded("gh/acme/web")
    async with CircleCI(fake.token, transport=fake.transport()) as circleci:
        assert len((await circleci.pipelines.list_for_project("gh/acme/web")).items) == 20
asyncio.run(main())
"""


def test_the_fake_of_an_installed_wheel_checks_calls_against_the_document(wheel: Path, tmp_path: Path):
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    code = f"import sys; sys.path.insert(0, {str(site)!r}){FAKE}"
    result = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    document = json.loads((ROOT / "openapi.json").read_bytes())
    methods = {"get", "put", "post", "delete", "patch"}
    operations = sum(len(methods & item.keys()) for item in document["paths"].values())
    assert result.stdout.strip() == str(operations)
