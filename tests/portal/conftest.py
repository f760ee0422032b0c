"""The patient's page is tried as it must work in production: where only registered documents are answered."""

from pathlib import Path

import pytest


@pytest.fixture
def more_settings(tmp_path: Path) -> dict[str, str]:
    register = tmp_path / "documents.json"
    register.write_text("{}")
    return {"TRUSTED_DOCUMENTS": str(register)}
