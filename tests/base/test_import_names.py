"""Which declared dependency a module may come with."""

from __future__ import annotations

import pytest

from kireji.base.import_names import may_come_with


@pytest.mark.parametrize(
    ("module", "dependency"),
    [
        ("click", "Click"),
        ("charset_normalizer", "charset-normalizer"),
        ("yaml", "PyYAML"),
        ("PIL", "Pillow"),
        ("bs4", "beautifulsoup4"),
        ("cv2", "opencv-python-headless"),
        ("dateutil", "python-dateutil"),
        ("docx", "python-docx"),
        ("google", "google-cloud-storage"),
        ("ruamel", "ruamel.yaml"),
        ("sklearn", "scikit-learn"),
        ("git", "GitPython"),
        ("attr", "attrs"),
        ("psycopg2", "psycopg2-binary"),
        ("zope", "zope.interface"),
    ],
)
def test_modules_and_what_they_come_with(module: str, dependency: str) -> None:
    assert may_come_with(module, ["unrelated", dependency]) == dependency


@pytest.mark.parametrize("module", ["requests_html", "os", "pandas", "clicks", "yam"])
def test_what_comes_with_none_of_them(module: str) -> None:
    assert may_come_with(module, ["click", "PyYAML", "requests", "rich-click"]) is None
