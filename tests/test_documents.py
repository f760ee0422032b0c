"""The documents are true: settings are explained, examples are valid against the schema."""

import re
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from resolvers import schema
from schema import trusted

ROOT = Path(__file__).parent.parent
BUILT = build_schema(str(schema))
NO_SETTINGS = {"DEVELOPMENT_SECRET", "IN_PRODUCTION"}


def test_every_setting_is_explained_to_operators() -> None:
    names = set(re.findall(r"^([A-Z_]+) = ", (ROOT / "settings.py").read_text(), re.MULTILINE)) - NO_SETTINGS
    told = (ROOT / "docs" / "operations.md").read_text()
    assert {name for name in names if f"`{name}`" not in told} == set()


@pytest.mark.parametrize(
    "path", sorted((ROOT / "explorer" / "operations").glob("*.graphql")), ids=lambda path: path.stem
)
def test_the_desks_ready_operations_fit_the_schema(path: Path) -> None:
    text = path.read_text()
    assert text.startswith("#")  # says what it is for
    assert validate(BUILT, parse(text)) == []


def test_the_readme_is_short_and_links_to_documents_that_exist() -> None:
    readme = (ROOT / "README.md").read_text()
    assert len(readme.splitlines()) < 100
    links = re.findall(r"\]\(([\w./]+)\)", readme)
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("text", trusted.own(), ids=lambda text: text.split("(")[0].split("{")[0])
def test_what_the_patients_page_sends_fits_the_schema(text: str) -> None:
    assert validate(BUILT, parse(text)) == []


def test_the_examples_for_clients_fit_the_schema() -> None:
    text = (ROOT / "docs" / "clients.md").read_text()
    documents = re.findall(r"ask '\{\"query\": \"(.*?)\"\}'", text, re.DOTALL)
    assert len(documents) >= 8
    for document in documents:
        assert validate(BUILT, parse(document.replace('\\"', '"'))) == [], document
