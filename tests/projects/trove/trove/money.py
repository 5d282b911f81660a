"""Amounts of money, in whole cents."""


def cents(text: str) -> int:
    """An amount such as 12.5 in cents."""
    whole, _, part = text.partition(".")
    return int(whole) * 100 + int((part + "00")[:2])


def shown(amount: int) -> str:
    """Cents as an amount with two digits behind the point."""
    return f"{amount // 100}.{amount % 100:02d}"


def split(amount: int, people: int) -> list[int]:
    """An amount in shares that differ by one cent at most, the larger first."""
    share, rest = divmod(amount, people)
    return [share + 1] * rest + [share] * (people - rest)


def discount(amount: int, percent: int) -> int:
    """The amount less so many per cent, in whole cents, rounded down."""
    return amount * (100 - percent) // 100


def total(prices: dict[str, int], basket: list[str]) -> int:
    """What a basket costs; an item without a price costs nothing."""
    return sum(prices.get(item, 0) for item in basket)


def change(amount: int, coins: list[int]) -> list[int]:
    """The coins that make an amount, the largest first, as many of each as fit."""
    found: list[int] = []
    for coin in sorted(coins, reverse=True):
        while amount >= coin:
            found.append(coin)
            amount -= coin
    return found


def interest(amount: int, percent: int, years: int) -> int:
    """An amount with compound interest, rounded down each year."""
    for _ in range(years):
        amount += amount * percent // 100
    return amount


def cheapest(offers: dict[str, int]) -> str:
    """Who asks least; the first by name where several do."""
    return min(sorted(offers), key=lambda name: offers[name])


def tip(amount: int) -> int:
    """A tenth of an amount, up to the next full unit of a hundred cents."""
    return -(-amount // 1000) * 100


def balance(entries: list[tuple[str, int]]) -> dict[str, int]:
    """The sum of each account's entries, without those that come to nothing."""
    found: dict[str, int] = {}
    for account, amount in entries:
        found[account] = found.get(account, 0) + amount
    return {account: amount for account, amount in found.items() if amount}
