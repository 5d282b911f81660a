"""Texts and names."""


def initials(name: str) -> str:
    """The first letter of each word, in capitals."""
    return "".join(word[0].upper() for word in name.split())


def is_palindrome(text: str) -> bool:
    """Whether a text reads the same from both ends, letters and digits alone, in any case."""
    kept = [c.lower() for c in text if c.isalnum()]
    return kept == kept[::-1]


def shortened(text: str, most: int) -> str:
    """The text within `most` characters; the last of them is an ellipsis where something is missing."""
    return text if len(text) <= most else text[: most - 1] + "…"


def counted(text: str) -> dict[str, int]:
    """How often each word stands in a text, in lower case."""
    found: dict[str, int] = {}
    for word in text.lower().split():
        found[word] = found.get(word, 0) + 1
    return found


def snake(name: str) -> str:
    """A name in CamelCase as snake_case."""
    return "".join("_" + c.lower() if c.isupper() and at else c.lower() for at, c in enumerate(name))


def camel(name: str) -> str:
    """A name in snake_case as CamelCase."""
    return "".join(part.capitalize() for part in name.split("_"))


def rotated(text: str, by: int) -> str:
    """A text whose first `by` letters have gone to its end."""
    at = by % len(text) if text else 0
    return text[at:] + text[:at]


def vowels(text: str) -> int:
    """How many vowels a text has, in any case."""
    return sum(c in "aeiou" for c in text.lower())


def indented(text: str, by: int) -> str:
    """Each line that is not empty, indented by blanks."""
    return "\n".join(" " * by + line if line else line for line in text.split("\n"))


def common_start(first: str, second: str) -> str:
    """The longest text that both begin with."""
    at = 0
    while at < min(len(first), len(second)) and first[at] == second[at]:
        at += 1
    return first[:at]
