"""A model that plans a change over several files, does its parts and looks at the results; and a project to change."""

from __future__ import annotations

import json
import re
from typing import Any

from support.messages_api import Asked, Pace, Play

FILES = {
    "shop/prices.py": "def net(price: int) -> int:\n    return price\n",
    "shop/bill.py": (
        "from shop.prices import net\n\n\ndef total(prices: list[int]) -> int:\n    return sum(net(p) for p in prices)\n"
    ),
    "shop/__init__.py": "",
}
WISH = "Let prices carry a tax rate."
SUBTASKS = [
    {
        "title": "A gross price",
        "files": ["shop/prices.py"],
        "creates": [],
        "instructions": "Add gross(price: int, rate: int) -> int.",
        "done_when": "gross exists",
    },
    {
        "title": "Bills with tax",
        "files": ["shop/bill.py"],
        "creates": [],
        "instructions": "total takes rate: int and sums gross prices.",
        "done_when": "total takes a rate",
    },
    {
        "title": "A test",
        "files": [],
        "creates": ["tests/test_bill.py"],
        "instructions": "Test total.",
        "done_when": "the test passes",
    },
]
GROSS = "def gross(price: int, rate: int) -> int:\n    return price * (100 + rate) // 100\n"
GOOD = {
    "A gross price": (
        f"<file>shop/prices.py</file>\n<old>\n    return price\n</old>\n<new>\n    return price\n\n\n{GROSS}</new>"
    ),
    "Bills with tax": (
        "<file>shop/bill.py</file>\n<old>\nfrom shop.prices import net\n</old>\n<new>\nfrom shop.prices import gross\n</new>\n"
        "<old>\ndef total(prices: list[int]) -> int:\n    return sum(net(p) for p in prices)\n</old>\n"
        "<new>\ndef total(prices: list[int], rate: int) -> int:\n    return sum(gross(p, rate) for p in prices)\n</new>"
    ),
    "A test": (
        "<create>tests/test_bill.py</create>\n<text>\nfrom shop.bill import total\n\n\n"
        "def test_total() -> None:\n    assert total([100, 50], 10) == 165\n</text>"
    ),
}
ACCEPTED: dict[str, Any] = {
    "results": [{"decision": "accept", "why": ""}] * 3,
    "message": "Prices carry a tax rate\n\nBills add it up.",
}
PLANNED = {"summary": "Prices carry a tax rate.", "decline": "", "subtasks": SUBTASKS}


class PlanModel:
    """Plays planner, workers and reviewer. `works` maps a subtask's title to its answers in order, the last again and again."""

    def __init__(self, plan: Any = PLANNED, works: dict[str, list[str]] | None = None, reviews: Any = ACCEPTED) -> None:
        self.plan = plan
        self.works = {title: [text] for title, text in GOOD.items()} | (works or {})
        self.reviews = reviews
        self.pace = Pace()
        self.told: list[tuple[str, Asked]] = []

    def __call__(self, asked: Asked) -> Play | str:
        if "<paths_" in asked.question:
            self.told.append(("plan", asked))
            return Play(json.dumps(self.plan))
        if "<result_" in asked.question:
            self.told.append(("review", asked))
            return Play(json.dumps(self.reviews))
        (title,) = re.findall(r"<subtask_\w+>\nsubtask: (.*)", asked.question)
        self.told.append((title, asked))
        answers = self.works[title]
        text = answers.pop(0) if len(answers) > 1 else answers[0]
        nonce = asked.tag.removeprefix("code_")
        marked = re.sub(r"<(/?)(file|old|new|create|text)>", rf"<\1\2_{nonce}>", text)
        return Play(f"<{asked.tag}>{marked}</{asked.tag}>", pace=self.pace)

    def asked(self, who: str) -> list[Asked]:
        """The questions to one of them."""
        return [asked for name, asked in self.told if name == who]
