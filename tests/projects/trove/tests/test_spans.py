from trove.spans import contains, cover, gaps, halves, is_sorted, joined, length, overlap, points, shifted


def test_overlap() -> None:
    assert overlap((0, 5), (3, 9)) == 2
    assert overlap((0, 2), (5, 6)) == 0


def test_joined() -> None:
    assert joined([(4, 6), (0, 2), (2, 3)]) == [(0, 3), (4, 6)]


def test_contains() -> None:
    assert contains((1, 3), 1)
    assert not contains((1, 3), 3)


def test_length() -> None:
    assert length([(0, 2), (5, 6)]) == 3


def test_gaps() -> None:
    assert gaps([(0, 1), (1, 2), (4, 5)]) == [(2, 4)]


def test_shifted() -> None:
    assert shifted((1, 2), 3) == (4, 5)


def test_halves() -> None:
    assert halves((2, 7)) == ((2, 4), (4, 7))


def test_cover() -> None:
    assert cover([(3, 9), (1, 4)]) == (1, 9)


def test_is_sorted() -> None:
    assert is_sorted([(0, 2), (2, 3)])
    assert not is_sorted([(0, 3), (2, 4)])


def test_points() -> None:
    assert points((0, 6), 2) == [0, 2, 4]
