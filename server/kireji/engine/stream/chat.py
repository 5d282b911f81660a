"""Recognises what a model says about code instead of code: sentences, headings, and comments on the answer itself.

By the look of single lines, where no language of ours has such lines; removes nothing.
"""

from __future__ import annotations

import re

# Whole lines only (each ends with its newline): an unfinished one may become anything.
_CHAT = (
    # A sentence, or one that announces a list.
    re.compile(r"[A-Z][a-z']* (?:[\w'`(),/-]+ ){2,}[\w'`(),/-]+[.!:]\n"),
    re.compile(r"(?:Explanation|Notes?|Output|Key changes|Changes)(?::|: [A-Za-z`'(),./ -]+)\n"),
    # Headings and emphasis of Markdown.
    re.compile(r"\*\*[A-Z][\w ]*:?\*\*[^\n]*\n"),
)
# A comment that speaks of the answer, not of the code below it.
_REMARK = re.compile(
    r"\W*(?:(?:This|That|The above|The code above|Above)\b[\w' ]* (?:completes?|finishes|implements|fills)\b"
    r"|(?:End of|The rest of) (?:the )?(?:function|method|class|code|file|implementation)\b"
    r"|(?:The )?rest of (?:the )?\w+ (?:remains|stays|is unchanged))",
    re.I,
)


def is_chat(line: str) -> bool:
    """A whole line, with its newline, at the margin, that is said about code."""
    return any(form.fullmatch(line) for form in _CHAT)


def is_remark(comment: str) -> bool:
    """Whether the text of a comment speaks of the answer."""
    return _REMARK.match(comment) is not None
