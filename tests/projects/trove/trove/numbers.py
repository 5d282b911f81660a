"""Whole numbers and figures."""


def clamp(value: float, low: float, high: float) -> float:
    """The value, brought into a range."""
    return max(low, min(value, high))


def divisors(number: int) -> list[int]:
    """All numbers that divide a positive number, the smallest first."""
    return [n for n in range(1, number + 1) if number % n == 0]


def is_prime(number: int) -> bool:
    """Whether a number is prime."""
    return number > 1 and all(number % n for n in range(2, int(number**0.5) + 1))


def digits_sum(number: int) -> int:
    """The sum of a number's digits, whatever its sign."""
    return sum(int(c) for c in str(abs(number)))


def greatest_common(first: int, second: int) -> int:
    """The greatest number that divides both."""
    while second:
        first, second = second, first % second
    return abs(first)


def factorial(number: int) -> int:
    """The product of all numbers up to this one; 1 for 0."""
    result = 1
    for n in range(2, number + 1):
        result *= n
    return result


def roman(number: int) -> str:
    """A number from 1 to 39 in Roman digits."""
    text = "X" * (number // 10)
    rest = number % 10
    for value, sign in ((9, "IX"), (5, "V"), (4, "IV"), (1, "I")):
        while rest >= value:
            text += sign
            rest -= value
    return text


def mean(values: list[float]) -> float:
    """The arithmetic mean; 0 for no values."""
    return sum(values) / len(values) if values else 0.0


def median(values: list[float]) -> float:
    """The middle value, or the mean of the two in the middle."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def to_base(number: int, base: int) -> str:
    """A number that is not negative in a base up to 10."""
    digits = ""
    while True:
        digits = str(number % base) + digits
        number //= base
        if not number:
            return digits
