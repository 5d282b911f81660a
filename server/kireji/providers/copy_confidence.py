"""How likely a copied line is right: a logistic regression over what the places that it was found in have in common.

The weights are data, fitted by `tests/bench/calibrate_copy_engine.py` to lines that releases of other projects really
added. Finds nothing and emits nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from kireji.providers.copy_match import Match
from kireji.providers.copy_tokens import is_word, tokenize

WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        "bias": -4.29,
        "share": 0.50,
        "agreement": 0.44,
        "one_token": -0.90,
        "renamed": 0.09,
        "from_line_start": 1.18,
        "lines_above": 0.31,
        "places": 0.46,
        "elsewhere": -1.32,
        "distance": -0.56,
        "words": -1.03,
        "words_of_new_line": 1.02,
        "no_words": -0.78,
        "rarest_word": 0.38,
        "wordy": 0.87,
        "new_line": -2.66,
        "same_indent": 0.67,
        "same_blank_above": 0.43,
        "completes_word": 0.20,
        "same_next_line": 0.42,
        "repeats_next_line": -1.22,
        "repeats_previous_line": -3.26,
    }
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known of the cursor's line whatever is suggested: its tokens, its neighbours', and the buffer's words."""

    line: str
    started: bool
    previous_line: tuple[str, ...]
    next_line: tuple[str, ...]
    word_counts: Mapping[str, int]


def features(text: str, found: Sequence[Match], all_weight: float, around: Surroundings) -> dict[str, float]:
    """Describes one suggestion, given the places that say it and the weight of all places, by numbers near one."""
    best = max(found, key=lambda match: match.alignment.weight)
    alignment = best.alignment
    weight = sum(match.alignment.weight for match in found)
    copied = [token for token in tokenize(text).text if is_word(token)]
    counts = [around.word_counts.get(word, 0) for word in (copied[1:] if best.completes_word else copied)]
    whole = tuple(tokenize(around.line + text).text)
    return {
        "bias": 1.0,
        "share": math.log((weight + 0.2) / (all_weight - weight + 1.0)),
        "agreement": math.log1p(alignment.exact),
        "one_token": float(alignment.exact <= 1),
        "renamed": float(alignment.renamed),
        "from_line_start": float(alignment.whole_line),
        "lines_above": 0.0 if around.started else float(min(alignment.lines, 4)),
        "places": math.log1p(len(found)),
        "elsewhere": float(best.distance is None),
        "distance": math.log1p(best.distance or 0) / 10,
        "words": math.log1p(best.words),
        "words_of_new_line": 0.0 if around.started else math.log1p(best.words),
        "no_words": float(best.words == 0),
        "rarest_word": math.log1p(min(counts)) if counts else 4.0,
        "wordy": sum(map(is_word, whole)) / max(1, len(whole)),
        "new_line": float(not around.started),
        "same_indent": float(best.same_indent),
        "same_blank_above": float(best.same_blank),
        "completes_word": float(best.completes_word),
        "same_next_line": float(bool(best.next_line) and best.next_line == around.next_line),
        "repeats_next_line": float(whole == around.next_line),
        "repeats_previous_line": float(whole == around.previous_line),
    }


def confidence(described: Mapping[str, float], weights: Mapping[str, float] = WEIGHTS) -> float:
    """The probability in 0..1 that the suggestion is what the person is about to write, to the end of the line."""
    return 1.0 / (1.0 + math.exp(-sum(weights.get(name, 0.0) * value for name, value in described.items())))
