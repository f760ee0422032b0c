"""Polish translations of messages about a request: graphql-core's about variables, the protocol's about the body.

They say which value is wrong and why, and do not repeat the value.
"""

import re
from collections.abc import Sequence

VARIABLE = re.compile(
    r"Variable '\$(?P<name>\w+)' has invalid (?:default )?value(?: at (?P<path>\S+))?: (?P<flaw>.*)", re.S
)
FLAWS: Sequence[tuple[str, str]] = (
    (r"Expected a value of non-null type '([^']+)' to be provided\.", "brakuje wymaganej wartości typu `{0}`."),
    (r"Expected value of non-null type '([^']+)' not to be None\.", "nie może być null; oczekiwano typu `{0}`."),
    (r"Expected value of type '([^']+)' to be an object\b.*", "oczekiwano obiektu typu `{0}`."),
    (r"Expected value of type '[^']+' to include required field '([^']+)'.*", "brakuje wymaganego pola `{0}`."),
    (
        r"Expected value of type '[^']+' not to include unknown field '([^']+)'\. Did you mean ('[^?]+)\?.*",
        "nieznane pole `{0}`. Czy chodziło o {1}?",
    ),
    (r"Expected value of type '[^']+' not to include unknown field '([^']+)'.*", "nieznane pole `{0}`."),
    (r"Value '.*' does not exist in '([^']+)' enum\..*", "nie ma takiej wartości w typie `{0}`."),
    (r"Enum '([^']+)' cannot represent .*", "oczekiwano nazwy wartości z typu `{0}`, w cudzysłowie."),
    (r"Int cannot represent non-integer value: .*", "oczekiwano liczby całkowitej."),
    (r"Int cannot represent non 32-bit .*", "oczekiwano liczby całkowitej od -2147483648 do 2147483647."),
    (r"Float cannot represent .*", "oczekiwano liczby."),
    (r"String cannot represent .*", "oczekiwano tekstu."),
    (r"Boolean cannot represent .*", "oczekiwano true albo false."),
    (r"ID cannot represent .*", "oczekiwano identyfikatora, jako tekstu."),
    (r"Expected a value such as (\".*\")\.", "oczekiwano wartości takiej jak {0}."),
    (r"No such date or time; expected a value such as (\".*\")\.", "nie ma takiej daty lub godziny; przykład: {0}."),
)
LITERALS: Sequence[tuple[str, str]] = (
    (r"Expected value of type '([^']+)', found .*", "Oczekiwano wartości typu `{0}`."),
    (r"Field '([^']+)' of required type '([^']+)' was not provided\.", "Brakuje wymaganego pola `{0}` typu `{1}`."),
    (r"Argument '([^']+)' of type '([^']+)' is required, .*", "Brakuje wymaganego argumentu `{0}` typu `{1}`."),
)
WHOLE: Sequence[tuple[str, str]] = (
    (r"Variable values are nested too deeply\.", "Wartości zmiennych są zagnieżdżone zbyt głęboko."),
    (
        r"Too many errors processing variables, error limit reached.*",
        "Zbyt wiele błędów w zmiennych; pozostałych nie sprawdzono.",
    ),
    (r"Unknown operation named '([^']*)'\.", "Dokument nie zawiera operacji o nazwie `{0}`."),
    (r"Must provide operation name.*", "Dokument zawiera kilka operacji: trzeba podać `operationName`."),
    (r"The document contains no operation.*", "Dokument nie zawiera operacji, którą można tu wykonać."),
)
PROTOCOL: Sequence[tuple[str, str]] = (
    (r"Send GraphQL by POST, as JSON\.", "Zapytania GraphQL przyjmujemy metodą POST, jako JSON."),
    (
        r"The body must be JSON, with .*",
        "Treść musi być w formacie JSON, z nagłówkiem `Content-Type: application/json`.",
    ),
    (r"The body must be a JSON object.*", "Treść musi być obiektem JSON z polem `query`."),
    (r"Unable to parse request body as JSON", "Treść nie jest poprawnym dokumentem JSON."),
    (r"No GraphQL query found in the request", "W treści brakuje pola `query`."),
    (r"(`\w+`) must be an object\.", "{0} musi być obiektem."),
    (r"(`\w+`) must be a string\.", "{0} musi być tekstem."),
    (r"The body took too long to arrive\.", "Treść zapytania przychodziła zbyt wolno."),
    (r"A request may hold at most (\d+) bytes\.", "Zapytanie może mieć najwyżej {0} bajtów."),
    (r"`sha256Hash` is not the hash.*", "`sha256Hash` nie jest skrótem `query`."),
    (r"`extensions\.persistedQuery` must be .*", "`extensions.persistedQuery` musi mieć `version` 1 i `sha256Hash`."),
)
_OTHER = "niepoprawna wartość."


def in_language(message: str, language: str) -> str:
    return translate(message) if language == "PL" else message


def translate(message: str) -> str:
    """The message in Polish; for an unknown message, only the variable that it is about."""
    if found := VARIABLE.fullmatch(message):
        place = f"${found['name']}{found['path'] or ''}"
        return f"`{place}`: {_first(FLAWS, found['flaw']) or _OTHER}"
    return _first([*WHOLE, *PROTOCOL], message) or "Zapytania nie można wykonać: jest niepoprawne."


def translate_literal(message: str) -> str:
    """The message in Polish if it is about a value in the document; other messages, for developers, stay in English."""
    flaw = re.sub(r"Expected value of type '[^']+', found .*?; (?=[A-Z])", "", message, flags=re.S)
    polish = _first(FLAWS, flaw) or _first([*LITERALS, *WHOLE], message)
    return polish[0].upper() + polish[1:] if polish else message


def _first(rules: Sequence[tuple[str, str]], message: str) -> str | None:
    for pattern, polish in rules:
        if found := re.fullmatch(pattern, message, re.S):
            return polish.format(*(part.replace("'", "`") for part in found.groups()))
    return None
