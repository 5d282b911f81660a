from trove.words import (
    camel,
    common_start,
    counted,
    indented,
    initials,
    is_palindrome,
    rotated,
    shortened,
    snake,
    vowels,
)


def test_initials() -> None:
    assert initials("ada king lovelace") == "AKL"
    assert initials("") == ""


def test_is_palindrome() -> None:
    assert is_palindrome("Never odd or even")
    assert not is_palindrome("even")


def test_shortened() -> None:
    assert shortened("abcdef", 4) == "abc…"
    assert shortened("abcd", 4) == "abcd"


def test_counted() -> None:
    assert counted("To be or not to be") == {"to": 2, "be": 2, "or": 1, "not": 1}


def test_snake() -> None:
    assert snake("ShelfLife") == "shelf_life"
    assert snake("x") == "x"


def test_camel() -> None:
    assert camel("shelf_life") == "ShelfLife"


def test_rotated() -> None:
    assert rotated("abcde", 2) == "cdeab"
    assert rotated("abc", 4) == "bca"


def test_vowels() -> None:
    assert vowels("Eulalia") == 5


def test_indented() -> None:
    assert indented("a\n\nb", 2) == "  a\n\n  b"


def test_common_start() -> None:
    assert common_start("interior", "interval") == "inter"
    assert common_start("abc", "xbc") == ""
