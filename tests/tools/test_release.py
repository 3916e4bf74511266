"""The checks before a release, on small packages and repositories."""

from __future__ import annotations

import io
import json
import re
import tarfile
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tools.release import distributions, extras, version
from tools.release.distributions import IN_EVERY_SDIST, IN_EVERY_WHEEL, Distributions, ReleaseError

yaml: Any = pytest.importorskip("yaml", reason="pyyaml is among the tools of the dev group")

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def made(folder: Path, wheel: Mapping[str, str], sdist: Mapping[str, str], *, moment: int = 0) -> Distributions:
    folder.mkdir()
    built = Distributions(folder / "circleci_v2-1.whl", folder / "circleci_v2-1.tar.gz")
    with zipfile.ZipFile(built.wheel, "w") as archive:
        for name, text in wheel.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    with tarfile.open(built.sdist, "w") as archive:
        for name, text in sdist.items():
            member = tarfile.TarInfo(f"circleci_v2-1/{name}")
            member.size, member.mtime = len(text), moment
            archive.addfile(member, io.BytesIO(text.encode()))
    return built


WHEEL = dict.fromkeys(IN_EVERY_WHEEL, "x")
SDIST = dict.fromkeys(IN_EVERY_SDIST, "x")


def test_equal_builds_have_no_differences(tmp_path: Path):
    one, other = made(tmp_path / "one", WHEEL, SDIST), made(tmp_path / "other", WHEEL, SDIST)
    assert distributions.differences(one, other) == []
    distributions.check_contents(one)


def test_a_difference_names_the_files_or_their_metadata(tmp_path: Path):
    one = made(tmp_path / "one", WHEEL, SDIST)
    other = made(tmp_path / "other", {**WHEEL, "circleci_v2/py.typed": "y"}, SDIST, moment=1)
    assert distributions.differences(one, other) == [
        "circleci_v2-1.whl differs in circleci_v2/py.typed",
        "circleci_v2-1.tar.gz differs in its metadata: order, times or permissions",
    ]


@pytest.mark.parametrize(
    ("wheel", "sdist", "message"),
    [
        ({}, SDIST, r"circleci_v2-1\.whl lacks circleci_v2/py\.typed, circleci_v2/testing/openapi\.json\.gz"),
        (WHEEL, {**SDIST, "tests/a.pyc": "x"}, r"the distributions contain tests/a\.pyc"),
        ({**WHEEL, "tests/test_a.py": "x"}, SDIST, r"the distributions contain tests/test_a\.py"),
    ],
)
def test_a_file_that_is_missing_or_foreign_is_named(
    tmp_path: Path, wheel: dict[str, str], sdist: dict[str, str], message: str
):
    with pytest.raises(ReleaseError, match=message):
        distributions.check_contents(made(tmp_path / "built", wheel, sdist))


def test_a_build_that_fails_shows_its_output(tmp_path: Path):
    (tmp_path / "pyproject.toml").write_text("[build-system]\nrequires = []\nbuild-backend = 'missing'\n")
    with pytest.raises(ReleaseError, match="python -m build failed"):
        distributions.build(tmp_path, tmp_path / "out")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "circleci_v2").mkdir()
    (tmp_path / "circleci_v2" / "__init__.py").write_text('__version__ = "0.2.0"\n')
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## 0.2.0 (2026-12-01)\n")
    (tmp_path / "codegen" / "diff").mkdir(parents=True)
    (tmp_path / "codegen" / "diff" / "baseline.json").write_text(json.dumps({"version": "0.2.0"}))
    return tmp_path


def test_a_version_is_consistent(repository: Path):
    assert version.main(["v0.2.0"], repository) == 0
    assert version.main([], repository) == 0


def test_every_inconsistency_of_a_version_is_named(repository: Path, capsys: pytest.CaptureFixture[str]):
    (repository / "CHANGELOG.md").write_text("# Changelog\n\n## 0.2.0 (unreleased)\n")
    (repository / "codegen" / "diff" / "baseline.json").write_text(json.dumps({"version": "0.1.0"}))
    assert version.main(["v0.3.0"], repository) == 1
    assert [line.split(":")[1].strip()[:40] for line in capsys.readouterr().err.splitlines()] == [
        "the tag is v0.3.0, and circleci_v2.__ver",
        "CHANGELOG.md has no heading '## 0.2.0 (y",
        "codegen/diff/baseline.json is that of 0.",
    ]


def test_this_version_is_consistent():
    assert list(version.problems("", ROOT)) == []


def test_the_probe_uses_every_extra():
    probe = (ROOT / "tools" / "release" / "probe.py").read_text(encoding="utf-8")
    uses = re.search(r"_USES.*?\n\}", probe, re.DOTALL)
    assert uses
    assert set(re.findall(r'^    "(\w+)": ', uses.group(), re.MULTILINE)) == set(extras.declared_extras())


def test_the_makefile_and_the_bill_of_materials_know_every_extra():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    line = re.search(r"^EXTRAS := (.+)$", makefile, re.MULTILINE)
    assert line
    assert line.group(1).split(",") == sorted(extras.declared_extras())


def test_every_job_of_ci_runs_and_runs_targets_that_exist():
    config = yaml.safe_load((ROOT / ".circleci" / "config.yml").read_text(encoding="utf-8"))
    named = {
        name if isinstance(entry, dict) else entry
        for workflow in config["workflows"].values()
        for entry in workflow["jobs"]
        for name in (entry if isinstance(entry, dict) else [entry])
    }
    assert named - {"approve-the-release"} == set(config["jobs"])
    text = (ROOT / ".circleci" / "config.yml").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for line in re.findall(r"(?:run|command): make ([^\n]+)", text):
        for target in re.findall(r"(?:^|\s)([a-z][a-z-]*)(?=\s|$)", line.split(" ARGS=")[0].split(" OLD=")[0]):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_only_an_approved_version_tag_is_published():
    config = yaml.safe_load((ROOT / ".circleci" / "config.yml").read_text(encoding="utf-8"))
    jobs = {name: settings for entry in config["workflows"]["release"]["jobs"] for name, settings in entry.items()}
    assert jobs["publish"]["requires"] == ["approve-the-release"]
    assert jobs["approve-the-release"]["type"] == "approval"
    for settings in jobs.values():
        assert settings["filters"]["branches"] == {"ignore": "/.*/"}
        pattern = settings["filters"]["tags"]["only"].strip("/")
        assert re.fullmatch(pattern, "v0.1.0")
        assert not re.fullmatch(pattern, "v0.1.0-rc.1")


def test_every_kind_of_fragment_is_described_and_every_fragment_has_a_kind():
    kinds = {kind["directory"] for kind in PROJECT["tool"]["towncrier"]["type"]}
    described = (ROOT / "changes" / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", described, re.MULTILINE)) == kinds
    for fragment in (ROOT / "changes").glob("*.md"):
        assert fragment.name == "README.md" or fragment.name.split(".")[-2] in kinds, fragment.name


def test_the_proofs_of_the_threat_model_exist():
    security = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    proofs = set(re.findall(r"`((?:tests|tools|\.circleci)/[^`]+)`", security))
    assert len(proofs) > 12
    for proof in proofs:
        assert (ROOT / proof).exists(), proof
