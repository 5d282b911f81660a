from trove.numbers import (
    clamp,
    digits_sum,
    divisors,
    factorial,
    greatest_common,
    is_prime,
    mean,
    median,
    roman,
    to_base,
)


def test_clamp() -> None:
    assert clamp(5, 0, 3) == 3
    assert clamp(-1, 0, 3) == 0
    assert clamp(2, 0, 3) == 2


def test_divisors() -> None:
    assert divisors(12) == [1, 2, 3, 4, 6, 12]


def test_is_prime() -> None:
    assert is_prime(7)
    assert not is_prime(1)
    assert not is_prime(9)


def test_digits_sum() -> None:
    assert digits_sum(-909) == 18


def test_greatest_common() -> None:
    assert greatest_common(12, 18) == 6
    assert greatest_common(-4, 6) == 2


def test_factorial() -> None:
    assert factorial(5) == 120
    assert factorial(0) == 1


def test_roman() -> None:
    assert roman(14) == "XIV"
    assert roman(39) == "XXXIX"


def test_mean() -> None:
    assert mean([1, 2, 6]) == 3
    assert mean([]) == 0
    assert mean([4]) == 4


def test_median() -> None:
    assert median([3, 1, 2]) == 2
    assert median([4, 1, 3, 2]) == 2.5


def test_to_base() -> None:
    assert to_base(6, 2) == "110"
    assert to_base(0, 2) == "0"
