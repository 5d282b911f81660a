from trove.money import balance, cents, change, cheapest, discount, interest, shown, split, tip, total


def test_cents() -> None:
    assert cents("12.5") == 1250
    assert cents("3") == 300
    assert cents("0.05") == 5


def test_shown() -> None:
    assert shown(1205) == "12.05"


def test_split() -> None:
    assert split(100, 3) == [34, 33, 33]


def test_discount() -> None:
    assert discount(999, 10) == 899
    assert discount(500, 0) == 500


def test_total() -> None:
    assert total({"a": 2}, ["a", "a", "x"]) == 4


def test_change() -> None:
    assert change(8, [1, 5, 2]) == [5, 2, 1]
    assert change(4, [2]) == [2, 2]


def test_interest() -> None:
    assert interest(1000, 10, 2) == 1210


def test_cheapest() -> None:
    assert cheapest({"b": 1, "a": 1, "c": 0}) == "c"
    assert cheapest({"b": 1, "a": 1}) == "a"


def test_tip() -> None:
    assert tip(1001) == 200
    assert tip(1000) == 100


def test_balance() -> None:
    assert balance([("a", 2), ("b", 1), ("b", -1), ("a", 3)]) == {"a": 5}
