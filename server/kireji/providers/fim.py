"""Fill-in-the-middle: how models that were trained for it are asked, as data by family, and the text that asks them.

What people have written cannot say a model's special tokens: whatever reads like one is broken up. Knows no service.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from kireji.base.types import Hole


class TemplateError(ValueError):
    """A template that cannot be used. The message is one line."""


@dataclass(frozen=True, slots=True)
class Fim:
    """How one family is asked. `template` holds `{before}` and `{after}`; an empty one means that the two are sent apart.

    Parts of other files come first: each as `file` with its `{name}` and `{text}`, then `among` in the template's place. A
    family without `file` has them as comments. `ends` are what the model may say when it is done, the likeliest first;
    `others` further tokens that no text may say to it.
    """

    template: str
    ends: tuple[str, ...] = ()
    opening: str = ""
    file: str = ""
    among: str = ""
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Family:
    """Models whose names match are asked in this way."""

    names: str
    fim: Fim


_ANGLE_ENDS = ("<|endoftext|>", "<file_sep>", "<fim_prefix>", "<repo_name>")
_PIPE_ENDS = ("<|endoftext|>", "<|file_sep|>", "<|fim_pad|>", "<|im_end|>")
_PIPE = "<|fim_prefix|>{before}<|fim_suffix|>{after}<|fim_middle|>"
_ANGLE = "<fim_prefix>{before}<fim_suffix>{after}<fim_middle>"

_QWEN = Fim(
    _PIPE,
    _PIPE_ENDS,
    opening="<|repo_name|>project\n",
    file="<|file_sep|>{name}\n{text}\n",
    among=f"<|file_sep|>{{name}}\n{_PIPE}",
)
_STARCODER = Fim(_ANGLE, _ANGLE_ENDS)
_STARCODER_2 = Fim(
    _ANGLE,
    _ANGLE_ENDS,
    opening="<repo_name>project",
    file="<file_sep>{name}\n{text}",
    among="<file_sep><fim_prefix>{name}\n{before}<fim_suffix>{after}<fim_middle>",
)
_DEEPSEEK = Fim(
    "<｜fim▁begin｜>{before}<｜fim▁hole｜>{after}<｜fim▁end｜>",
    ("<｜end▁of▁sentence｜>", "<|EOT|>", "<｜fim▁begin｜>", "<｜fim▁end｜>"),
)
_CODE_LLAMA = Fim("<PRE> {before} <SUF>{after} <MID>", ("<EOT>", "<PRE>", "<SUF>"), others=("<s>", "</s>"))
_CODESTRAL = Fim(
    "[SUFFIX]{after}[PREFIX]{before}", ("[PREFIX]", "[SUFFIX]"), others=("<s>", "</s>", "[INST]", "[/INST]")
)
_CODEGEMMA = Fim(_PIPE, ("<|file_separator|>", "<end_of_turn>", "<eos>", "<|fim_prefix|>"))
_SEED = Fim("<[fim-suffix]>{after}<[fim-prefix]>{before}<[fim-middle]>", ("<[end▁of▁sentence]>", "<[fim-suffix]>"))
_MELLUM = Fim(
    "<fim_suffix>{after}<fim_prefix>{before}<fim_middle>",
    ("<|endoftext|>", "<filename>", "<fim_suffix>"),
    file="<filename>{name}\n{text}\n",
    among="<filename>{name}\n<fim_suffix>{after}<fim_prefix>{before}<fim_middle>",
)

# The first that matches counts. Code Llama was trained to fill in at 7 and 13 billion parameters, not for Python alone.
FAMILIES: tuple[Family, ...] = (
    Family(r"codeqwen|starcoder(?!2)|starcoderbase|stable-?code|refact-|granite.*code", _STARCODER),
    Family(r"starcoder2", _STARCODER_2),
    Family(r"qwen[\d.-]*-?coder", _QWEN),
    Family(r"granite-?(?:3\.[3-9]|4)", Fim(_PIPE, _PIPE_ENDS)),
    Family(r"deepseek-?coder", _DEEPSEEK),
    Family(r"code-?llama(?!.*(?:python|34b|70b))", _CODE_LLAMA),
    Family(r"codestral", _CODESTRAL),
    Family(r"codegemma", _CODEGEMMA),
    Family(r"seed-?coder", _SEED),
    Family(r"mellum", _MELLUM),
)

# Tokens of no template that end or restart a text in many models.
_COMMON = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|EOT|>", "<|begin_of_text|>", "<|eot_id|>")
_FIELD = re.compile(r"\{(before|after|name|text)\}")
_BRACKETED = r"<\|[^|<>\s]+\|>|<｜[^｜<>\s]+｜>|<\[[^\[\]<>\s]+\]>|</?[^<>\s]+>|\[[^\[\]\s]+\]"


def family_of(name: str) -> Fim | None:
    """How a model of that name fills in; None where its name says nothing of it."""
    return next((family.fim for family in FAMILIES if re.search(family.names, name.lower())), None)


def takes_instructions(name: str) -> bool:
    """Whether a model that fills in can also be told what to do, as far as its name says. Ollama's short names mean the model
    that was trained to be told."""
    lower = name.lower()
    if re.search(r"instruct|chat|-it\b|codestral", lower):
        return True
    return ":" in name and not re.search(r"base|:[^:]*(?:code|python)|starcoder", lower)


def sent_apart(fim: Fim) -> Fim:
    """The way of a server that has the model's template itself."""
    return Fim("", fim.ends)


def custom(template: str) -> Fim:
    """A way that a person has described. `{prefix}` and `{suffix}` are understood as well. Raises TemplateError."""
    template = template.replace("{prefix}", "{before}").replace("{suffix}", "{after}")
    if template.count("{before}") != 1 or template.count("{after}") != 1:
        raise TemplateError("the template must hold {prefix} and {suffix}, each once")
    fim = Fim(template)
    if any(len(token) < _SHORTEST for token in special_tokens(fim)):
        raise TemplateError(f"a token of the template is shorter than {_SHORTEST} characters")
    return fim


# Shorter ones could not be told from what people write.
_SHORTEST = 3


@lru_cache(maxsize=16)
def special_tokens(fim: Fim) -> tuple[str, ...]:
    """What may stand in the text for a model only where the template puts it, longer ones first."""
    literals = "\n".join(" ".join(_FIELD.split(part)[::2]) for part in (fim.template, fim.file, fim.among))
    # A template of a person's own may be made of plain words, which stand for no less.
    tokens = (*re.findall(_BRACKETED, fim.opening), *re.findall(rf"{_BRACKETED}|\S+", literals))
    found = {*tokens, *fim.ends, *fim.others, *_COMMON}
    return tuple(sorted(found, key=lambda token: (-len(token), token)))


def harmless(text: str, tokens: tuple[str, ...]) -> str:
    """The text with every token in it broken by a blank behind its first character."""
    pattern = _any_of(tokens)
    while pattern.search(text):
        text = pattern.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)
    return text


@lru_cache(maxsize=16)
def _any_of(tokens: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, tokens)))


def around(fim: Fim, hole: Hole) -> tuple[str, str]:
    """The texts before and after, for a server that has the template itself. Parts of other files come as comments."""
    tokens = special_tokens(fim)
    return harmless(_as_comments(hole) + hole.before, tokens), harmless(hole.after, tokens)


def rendered(fim: Fim, hole: Hole) -> str:
    """The whole text for the model."""
    tokens = special_tokens(fim)
    after = hole.after
    if not fim.file or not hole.others:
        before, after = around(fim, hole)
        return _filled(fim.template, {"before": before, "after": after})
    parts = [fim.opening]
    for name, text in hole.others:
        parts.append(_filled(fim.file, {"name": harmless(name, tokens), "text": harmless(text, tokens)}))
    own = {"name": harmless(hole.name, tokens), "before": harmless(hole.before, tokens)}
    parts.append(_filled(fim.among, own | {"after": harmless(after, tokens)}))
    return "".join(parts)


def _filled(template: str, values: dict[str, str]) -> str:
    """One pass: what stands in a value is no field."""
    return _FIELD.sub(lambda field: values[field[1]], template)


def _as_comments(hole: Hole) -> str:
    if not hole.comment:
        return ""
    lines = [line for name, text in hole.others for line in (f"file: {name}", *text.rstrip("\n").split("\n"))]
    return "".join(f"{hole.comment} {line}".rstrip() + "\n" for line in lines)
