"""Lists of things."""


def chunks(items: list[int], size: int) -> list[list[int]]:
    """The items in pieces of one size; the last may be shorter."""
    return [items[at : at + size] for at in range(0, len(items), size)]


def unique(items: list[str]) -> list[str]:
    """Each item once, in the order in which they come first."""
    return list(dict.fromkeys(items))


def flat(rows: list[list[int]]) -> list[int]:
    """All items of all rows."""
    return [item for row in rows for item in row]


def pairs(items: list[int]) -> list[tuple[int, int]]:
    """Each item with the one behind it."""
    return list(zip(items, items[1:]))


def runs(items: list[int]) -> list[tuple[int, int]]:
    """Each value with how often it stands there in a row."""
    found: list[tuple[int, int]] = []
    for item in items:
        if found and found[-1][0] == item:
            found[-1] = (item, found[-1][1] + 1)
        else:
            found.append((item, 1))
    return found


def merged(first: list[int], second: list[int]) -> list[int]:
    """Two sorted lists as one."""
    return sorted([*first, *second])


def second_largest(items: list[int]) -> int | None:
    """The second largest of the different values; None where there is none."""
    found = sorted(set(items))
    return found[-2] if len(found) > 1 else None


def partition(items: list[int], limit: int) -> tuple[list[int], list[int]]:
    """What is below the limit, and the rest."""
    return [n for n in items if n < limit], [n for n in items if n >= limit]


def transposed(rows: list[list[int]]) -> list[list[int]]:
    """Rows as columns."""
    return [list(column) for column in zip(*rows)]


def index_of(items: list[str], wanted: str) -> int:
    """The place of the first that is wanted; -1 where there is none."""
    return items.index(wanted) if wanted in items else -1
