"""The documentation is correct: settings are explained, and examples are valid against the schema."""

import re
from pathlib import Path

import pytest
from graphql import parse, validate

import settings
from schema.execution import trusted_documents
from tests.support.contract import BUILT

ROOT = Path(__file__).parent.parent
CODE = {
    "models",
    "schema",
    "resolvers",
    "tasks",
    "web",
    "server.py",
    "settings.py",
    "tests",
    "benchmarks",
    "conformance",
}


def test_every_setting_is_explained_to_operators() -> None:
    names = set(re.findall(r"^([A-Z_]+): ", (ROOT / "settings.py").read_text(), re.MULTILINE))
    assert len(names) > 50
    told = (ROOT / "docs" / "operations.md").read_text()
    assert {name for name in names if f"`{name}`" not in told} == set()


def test_what_operators_look_for_in_logs_and_metrics_exists() -> None:
    told = (ROOT / "docs" / "operations.md").read_text().partition("## Health and metrics")[2].partition("\n## ")[0]
    names = {name.removeprefix("e_rejestracja_") for name in re.findall(r"`([a-z]+(?:_[a-z]+)+)[`{]", told)}
    assert len(names) > 20
    code = "".join(file.read_text() for name in {"infra", *CODE} - {"tests"} for file in (ROOT / name).rglob("*.py"))
    known = set(re.findall(r'"(?:e_rejestracja_)?([a-z_]+)"', code))
    assert {name for name in names if name not in known and name.removesuffix("_total") not in known} == set()


@pytest.mark.parametrize(
    "path", sorted((ROOT / "explorer" / "operations").glob("*.graphql")), ids=lambda path: path.stem
)
def test_the_desks_ready_operations_fit_the_schema(path: Path) -> None:
    text = path.read_text()
    assert text.startswith("#")  # a comment says what it is for
    assert validate(BUILT, parse(text)) == []


def test_the_readme_is_short_and_links_to_documents_that_exist() -> None:
    readme = (ROOT / "README.md").read_text()
    assert len(readme.splitlines()) < 100
    links = re.findall(r"\]\(([\w./]+)\)", readme)
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("text", trusted_documents.own(), ids=lambda text: text.split("(")[0].split("{")[0])
def test_what_our_own_pages_send_fits_the_schema(text: str) -> None:
    assert validate(BUILT, parse(text)) == []


def test_the_examples_for_clients_fit_the_schema() -> None:
    text = (ROOT / "docs" / "clients.md").read_text()
    documents = re.findall(r"ask '\{\"query\": \"(.*?)\"\}'", text, re.DOTALL)
    assert len(documents) >= 8
    for document in documents:
        assert validate(BUILT, parse(document.replace('\\"', '"'))) == [], document


def test_the_operations_for_partners_fit_the_schema() -> None:
    told = (ROOT / "docs" / "partners.md").read_text()
    documents = re.findall(r"```graphql\n(.*?)```", told, re.DOTALL) + re.findall(r'"query": "(.*?)"', told)
    for example in ("partner.py", "partner.mjs"):
        text = (ROOT / "docs" / "examples" / example).read_text()
        documents += re.findall(r"(subscription \(.*?\n *\})\s*[`\"]", text, re.DOTALL)
        documents += re.findall(r'"(\{ \w+ \})"', text)
    assert len(documents) == 6
    for document in documents:
        assert validate(BUILT, parse(document)) == [], document


def test_partners_read_the_limits_that_hold() -> None:
    told = (ROOT / "docs" / "partners.md").read_text()
    for setting in (
        f"({settings.EVENT_RETENTION_DAYS} days)",
        f"{settings.PARTNER_STREAMS}, in all",
        f"{settings.QUERY_COST:,}: ",
        f"{settings.PARTNER_COST_PER_MINUTE:,} per minute",
        f"remain valid for {settings.PARTNER_KEY_OVERLAP_HOURS} hours",
        f"({settings.SOCKETS_PER_ADDRESS} per server)",
        f"unread for {settings.SOCKET_PATIENCE_SECONDS:.0f} seconds",
        f"is {settings.SOCKET_HOURS:.0f} hours old",
        f"{settings.RATE_PER_PARTNER.removesuffix('/minute')} per minute",
    ):
        assert setting in told


def test_every_test_that_security_names_exists_and_no_item_is_listed_twice() -> None:
    text = (ROOT / "SECURITY.md").read_text()
    named = re.findall(r"(tests/[\w/]+\.py)::(test_\w+)", text)
    assert len(named) > 60
    assert [pair for pair in named if f"def {pair[1]}(" not in (ROOT / pair[0]).read_text()] == []
    rows = [line.split("|")[1] for line in text.splitlines() if re.match(r"\| \d", line)]
    items = [item.strip() for row in rows for item in row.split(",")]
    assert sorted({item for item in items if items.count(item) > 1}) == []
    assert all(re.fullmatch(r"(1|2|3|4|6|7|8|11|12|13|14|15|16)\.\d\.\d{1,2}( \(.+\))?", item) for item in items)


@pytest.mark.parametrize("name", ["architecture.md", "operations.md", "glossary.md", "clients.md", "partners.md"])
def test_every_file_that_a_document_names_exists(name: str) -> None:
    rooms = "web|resolvers|schema|tasks|models|infra|portal|explorer|tests|conformance|benchmarks|docs|requirements"
    named = re.findall(rf"`((?:{rooms})/[\w./]*|\w+\.(?:py|toml|yaml))`", (ROOT / "docs" / name).read_text())
    assert [path for path in named if not (ROOT / path).exists()] == []
    assert name != "architecture.md" or len(named) > 20


def test_every_requirement_is_locked_by_hashes() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        pinned = re.split(r"\n(?=[a-zA-Z])", path.read_text())
        assert [entry.splitlines()[0] for entry in pinned if "==" in entry and "--hash=sha256:" not in entry] == []


def test_the_image_and_the_tests_have_all_that_the_service_has() -> None:
    """Run `make lock` after changing requirements."""
    names = ("base", "tracing", "development", "test")
    service, image, first_run, tests = [_pins((ROOT / f"requirements/{name}.txt").read_text()) for name in names]
    assert service - image == service - first_run == (image | first_run) - tests == set()
    project = (ROOT / "pyproject.toml").read_text().partition("[project.optional-dependencies]")[0]
    wanted = re.findall(r'^    "([\w-]+)', project, re.MULTILINE)
    assert set(wanted) - {re.split(r"[\[=]", pin)[0] for pin in service} == set()


def _pins(text: str) -> set[str]:
    return set(re.findall(r"^[\w.-]+(?:\[[\w,]+\])?==\S+", text, re.MULTILINE))


def test_every_waiver_has_its_reason_in_line() -> None:
    waiver = re.compile(r"# (?:ruff: )?(?:noqa: [A-Z0-9, ]+|nosec [B0-9]+|type: ignore\[[\w, -]+\])")
    bare = []
    for path in (path for path in ROOT.rglob("*.py") if path.relative_to(ROOT).parts[0] in CODE):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            found = waiver.search(line)
            if found and not re.search(r"\w{2}", waiver.sub("", line[found.start() :])):
                bare.append(f"{path.relative_to(ROOT)}:{number}")
    assert bare == []
