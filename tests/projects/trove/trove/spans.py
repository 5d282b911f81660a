"""Half-open spans, `(start, end)`."""


def overlap(first: tuple[int, int], second: tuple[int, int]) -> int:
    """How much two half-open spans have in common."""
    return max(0, min(first[1], second[1]) - max(first[0], second[0]))


def joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans that touch or overlap as one, in order."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def contains(span: tuple[int, int], at: int) -> bool:
    """Whether a place lies in a half-open span."""
    return span[0] <= at < span[1]


def length(spans: list[tuple[int, int]]) -> int:
    """The length of all spans that do not overlap."""
    return sum(end - start for start, end in spans)


def gaps(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """What lies between sorted spans."""
    return [(a[1], b[0]) for a, b in zip(spans, spans[1:]) if a[1] < b[0]]


def shifted(span: tuple[int, int], by: int) -> tuple[int, int]:
    """A span moved along."""
    return span[0] + by, span[1] + by


def halves(span: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
    """A span cut in its middle; the first half is the shorter one."""
    middle = (span[0] + span[1]) // 2
    return (span[0], middle), (middle, span[1])


def cover(spans: list[tuple[int, int]]) -> tuple[int, int]:
    """The shortest span around all of them."""
    return min(s[0] for s in spans), max(s[1] for s in spans)


def is_sorted(spans: list[tuple[int, int]]) -> bool:
    """Whether spans come in order and none overlaps the next."""
    return all(a[1] <= b[0] for a, b in zip(spans, spans[1:]))


def points(span: tuple[int, int], step: int) -> list[int]:
    """The places in a half-open span, a step apart."""
    return list(range(span[0], span[1], step))
