from trove.lists import chunks, flat, index_of, merged, pairs, partition, runs, second_largest, transposed, unique


def test_chunks() -> None:
    assert chunks([1, 2, 3, 4, 5], 2) == [[1, 2], [3, 4], [5]]


def test_unique() -> None:
    assert unique(["b", "a", "b"]) == ["b", "a"]


def test_flat() -> None:
    assert flat([[1, 2], [], [3]]) == [1, 2, 3]


def test_pairs() -> None:
    assert pairs([1, 2, 3]) == [(1, 2), (2, 3)]


def test_runs() -> None:
    assert runs([1, 1, 2, 1]) == [(1, 2), (2, 1), (1, 1)]


def test_merged() -> None:
    assert merged([1, 4], [2, 3]) == [1, 2, 3, 4]


def test_second_largest() -> None:
    assert second_largest([5, 5, 3]) == 3
    assert second_largest([1]) is None


def test_partition() -> None:
    assert partition([3, 1, 2], 2) == ([1], [3, 2])


def test_transposed() -> None:
    assert transposed([[1, 2], [3, 4]]) == [[1, 3], [2, 4]]


def test_index_of() -> None:
    assert index_of(["a", "b"], "b") == 1
    assert index_of(["a"], "x") == -1
