"""How models are asked to fill in: the template by the model's name, and no token of it from what people have written."""

from __future__ import annotations

import os
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kireji.base.types import Hole, Prompt
from kireji.providers.costs import most
from kireji.providers.fim import (
    FAMILIES,
    Fim,
    TemplateError,
    around,
    custom,
    family_of,
    harmless,
    rendered,
    special_tokens,
    takes_instructions,
)

QWEN = "<|fim_prefix|>a<|fim_suffix|>b<|fim_middle|>"
ANGLE = "<fim_prefix>a<fim_suffix>b<fim_middle>"


def check_text(name: str, expected: str | None) -> None:
    """What a model of that name is sent for `a` before and `b` after."""
    fim = family_of(name)
    assert (None if fim is None else rendered(fim, Hole("x.py", "a", "b"))) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Qwen/Qwen2.5-Coder-7B", QWEN),
        ("Qwen/Qwen2.5-Coder-32B-Instruct-AWQ", QWEN),
        ("qwen2.5-coder:1.5b-base", QWEN),
        ("qwen3-coder:30b", QWEN),
        ("Qwen/CodeQwen1.5-7B", ANGLE),
        ("bigcode/starcoder2-3b", ANGLE),
        ("bigcode/starcoderbase-1b", ANGLE),
        ("bigcode/starcoder", ANGLE),
        ("ibm-granite/granite-3b-code-base", ANGLE),
        ("stabilityai/stable-code-3b", ANGLE),
        ("deepseek-ai/deepseek-coder-6.7b-base", "<｜fim▁begin｜>a<｜fim▁hole｜>b<｜fim▁end｜>"),
        ("deepseek-ai/DeepSeek-Coder-V2-Lite-Base", "<｜fim▁begin｜>a<｜fim▁hole｜>b<｜fim▁end｜>"),
        ("codellama/CodeLlama-7b-hf", "<PRE> a <SUF>b <MID>"),
        ("codellama/CodeLlama-34b-hf", None),
        ("codellama/CodeLlama-7b-Python-hf", None),
        ("mistralai/Codestral-22B-v0.1", "[SUFFIX]b[PREFIX]a"),
        ("google/codegemma-2b", QWEN),
        ("JetBrains/Mellum-4b-base", "<fim_suffix>b<fim_prefix>a<fim_middle>"),
        ("ByteDance-Seed/Seed-Coder-8B-Base", "<[fim-suffix]>b<[fim-prefix]>a<[fim-middle]>"),
        ("meta-llama/Llama-3.3-70B-Instruct", None),
        ("Qwen/Qwen2.5-7B-Instruct", None),
        ("gpt-oss-20b", None),
    ],
)
def test_the_template_goes_by_the_name(name: str, expected: str | None) -> None:
    check_text(name, expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Qwen/Qwen2.5-Coder-7B", False),
        ("Qwen/Qwen2.5-Coder-7B-Instruct", True),
        ("qwen2.5-coder:7b", True),
        ("qwen2.5-coder:7b-base", False),
        ("codellama:7b-code", False),
        ("starcoder2:3b", False),
        ("mistralai/Codestral-22B-v0.1", True),
        ("google/codegemma-7b-it", True),
        ("deepseek-ai/deepseek-coder-6.7b-base", False),
    ],
)
def test_who_may_be_told_what_to_do(name: str, expected: bool) -> None:
    assert takes_instructions(name) is expected


OTHERS = (("models.py", "class Shop:\n    def total(self) -> int: ...\n"), ("tax.py", "RATE = 7\n"))
HOLE = Hole("shop.py", "x = ", "\ny = 2\n", OTHERS, "#")


def test_other_files_come_with_the_models_own_separators() -> None:
    fim = family_of("Qwen2.5-Coder-7B")
    assert fim is not None
    assert rendered(fim, HOLE) == (
        "<|repo_name|>project\n"
        "<|file_sep|>models.py\nclass Shop:\n    def total(self) -> int: ...\n\n"
        "<|file_sep|>tax.py\nRATE = 7\n\n"
        "<|file_sep|>shop.py\n<|fim_prefix|>x = <|fim_suffix|>\ny = 2\n<|fim_middle|>"
    )
    fim = family_of("starcoder2-3b")
    assert fim is not None
    assert rendered(fim, HOLE) == (
        "<repo_name>project"
        "<file_sep>models.py\nclass Shop:\n    def total(self) -> int: ...\n"
        "<file_sep>tax.py\nRATE = 7\n"
        "<file_sep><fim_prefix>shop.py\nx = <fim_suffix>\ny = 2\n<fim_middle>"
    )


def test_other_files_come_as_comments_elsewhere() -> None:
    fim = family_of("codellama-7b")
    assert fim is not None
    comments = "# file: models.py\n# class Shop:\n#     def total(self) -> int: ...\n# file: tax.py\n# RATE = 7\n"
    assert rendered(fim, HOLE) == f"<PRE> {comments}x =  <SUF>\ny = 2\n <MID>"
    assert around(fim, HOLE) == (f"{comments}x = ", "\ny = 2\n")
    without = Hole("page.html", "<p>", "</p>", OTHERS, "")
    assert rendered(fim, without) == "<PRE> <p> <SUF></p> <MID>"


FIMS = [family.fim for family in FAMILIES] + [
    custom("<A> {prefix}<B>{suffix}<C>"),
    custom("FIRST {suffix} THEN {prefix}"),
]


def spoken(fim_tokens: tuple[str, ...], text: str) -> list[str]:
    """The special tokens that a tokenizer would find, the longest first at each place."""
    return re.findall("|".join(map(re.escape, fim_tokens)), text)


@given(data=st.data(), fim=st.sampled_from(FIMS))
@settings(max_examples=int(os.environ.get("SOAK_EXAMPLES", "100")), deadline=None, derandomize=True)
def test_no_text_speaks_a_models_tokens(data: st.DataObject, fim: Fim) -> None:
    tokens = special_tokens(fim)
    halves = [
        part for token in tokens for part in (token, token[: len(token) // 2], token[len(token) // 2 :], token[1:])
    ]
    texts = st.lists(st.one_of(st.sampled_from(halves), st.text(max_size=3)), max_size=8).map("".join)
    name, before, after, other, text = (data.draw(texts) for _ in range(5))
    hole = Hole(name, before, after, ((other, text),), "#")
    quiet = Hole("x", "a", "b", (("y", "c"),), "#")
    assert spoken(tokens, rendered(fim, hole)) == spoken(tokens, rendered(fim, quiet))
    before, after = around(fim, hole)
    assert spoken(tokens, before) == spoken(tokens, after) == []
    for said in hole.texts:
        assert harmless(said, tokens).replace(" ", "") == said.replace(" ", ""), "nothing is lost"


def test_ordinary_code_is_sent_as_it_is() -> None:
    code = 'items: list[int] = []\nif a < b and c > d: print(f"<{tag}>")  # <T>, Map<String, List<Integer>>, project\n'
    for fim in FIMS[: len(FAMILIES)]:
        assert harmless(code, special_tokens(fim)) == code


@pytest.mark.parametrize("template", ["", "{prefix}", "{suffix}{prefix}{prefix}", "{prefix}|{suffix}|"])
def test_a_template_that_cannot_be_used(template: str) -> None:
    with pytest.raises(TemplateError):
        custom(template)


@given(data=st.data(), fim=st.sampled_from(FIMS))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_what_is_reserved_bounds_what_is_sent(data: st.DataObject, fim: Fim) -> None:
    tokens = special_tokens(fim)
    texts = st.lists(st.one_of(st.sampled_from([*tokens, "\n"]), st.text(max_size=3)), max_size=12).map("".join)
    name, before, after, other, text = (data.draw(texts) for _ in range(5))
    hole = Hole(name, before, after, ((other, text),), "#")
    prompt = Prompt("m", (), (), "", (), 10, hole=hole)
    bound = most(prompt)
    assert bound.marked == 0
    assert len(rendered(fim, hole).encode("utf-8", "surrogatepass")) <= bound.rest
