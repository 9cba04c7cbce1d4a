"""Known mistakes of the A-but-B rule."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from pgmkit.checks.exam import Answer
from pgmkit.checks.knowledge.but import answering, both, but_exam, last
from pgmkit.checks.knowledge.given import doubles


def known(title: str, advice: str, **part: Callable[..., Any]) -> None:
    """Enter a mistake: the rule with one of its parts replaced."""
    but_exam.mistake(title, advice)(answering(**part))


def whole(title: str, advice: str, answer: Answer) -> None:
    """Enter a mistake that is written in another way altogether."""
    but_exam.mistake(title, advice)(answer)


def letters(tokens: list[str]) -> int | None:
    """Where the first word with the letters "but" in it stands, ends left out."""
    return next((i for i, word in enumerate(tokens) if 0 < i < len(tokens) - 1 and "but" in word), None)


def of_text(tokens: list[str], p_pos: Answer) -> Tensor:
    text = " ".join(tokens)
    return both(p_pos(text.split("but", 1)[1].split())) if "but" in text else doubles(1, 1)


def merged(tokens: list[str], i: int) -> list[str]:
    """Everything after the first but, further buts left out."""
    return [word for word in tokens[i + 1 :] if word != "but"]


def until_next(tokens: list[str], i: int) -> list[str]:
    """From this but to the next."""
    rest = tokens[i + 1 :]
    return rest[: rest.index("but")] if "but" in rest[1:] else rest


def eaten(tokens: list[str], i: int) -> list[str]:
    """Clause B, after A and the but have been taken out of the list."""
    del tokens[: i + 1]
    return tokens


def anywhere(tokens: list[str]) -> int | None:
    """The first but, also at an end."""
    return tokens.index("but") if "but" in tokens else None


def not_at_the_start(tokens: list[str]) -> int | None:
    """The first but, if it is not the last word; one at the start counts."""
    return next((i for i, word in enumerate(tokens[:-1]) if word == "but"), None)


def not_at_the_end(tokens: list[str]) -> int | None:
    """The first but behind another word; one at the end counts."""
    return next((i for i, word in enumerate(tokens) if i and word == "but"), None)


def gives_up(tokens: list[str]) -> int | None:
    """The first but, if it has words on both sides; no other is looked for."""
    i = anywhere(tokens)
    return i if i and i < len(tokens) - 1 else None


whole(
    "The letters b, u, t are looked for in the text",
    "Debut and butter hold them too. Look for the word in the list: tokens.index.",
    of_text,
)
known(
    "Words that contain but are taken for it",
    "Debut and butter are other words. Compare whole words: word == 'but'.",
    place=letters,
)
known("Clause A in place of clause B", "In A but B, B decides: the words after but.", clause=lambda t, i: t[:i])
known("The whole sentence is asked about", "B is what follows but. Leave A and but out.", clause=lambda t, i: t)
known("B begins with but", "B begins with the word after but: one place further.", clause=lambda t, i: t[i:])
known("B begins one word too late", "B begins with the word right after but.", clause=lambda t, i: t[i + 2 :] or t[i + 1 :])
known("The last but decides", "With several, the first one that has words on both sides begins B.", place=last)
known("B ends at the next but", "B is all that follows the first but, further buts included.", clause=until_next)
known("Further buts are dropped from B", "B is what follows the first but, word for word.", clause=merged)
known(
    "p_pos is given a text, not a list of words",
    "p_pos takes a list of words. Hand it a part of the list, tokens[i + 1 :], without join. Without the colon it is one word.",
    clause=lambda t, i: " ".join(t[i + 1 :]),
)
known(
    "but at an end counts",
    "As the first or last word it joins nothing: A or B would be empty. It needs words on both sides.",
    place=anywhere,
)
known(
    "but at the beginning counts",
    "Nothing stands before it, so there is no A. Leave the first word out of the search.",
    place=not_at_the_start,
)
known("but at the end counts", "Nothing follows it, so there is no B. Leave the last word out of the search.", place=not_at_the_end)
known(
    "After a but at the beginning no other is looked for",
    "tokens.index('but') finds the first one only. Let the search begin at place 1.",
    place=gives_up,
)
whole(
    "A sentence without but stops the function",
    "list.index raises an error where the word is missing. Ask first whether it is there.",
    lambda tokens, p_pos: both(p_pos(tokens[tokens.index("but", 1) + 1 :])) if tokens[-1] != "but" else doubles(1, 1),
)
whole(
    "The first but is taken for granted",
    "There may be none, or only one at an end. Ask whether the words between the ends hold it, and return two ones if they do not.",
    lambda tokens, p_pos: both(p_pos(tokens[tokens.index("but") + 1 :])),
)
known(
    "Without but the rule counts as broken",
    "A rule that says nothing is satisfied: 1 for both labels.",
    otherwise=lambda t, p: doubles(0, 0),
)
known(
    "Without but the rule is half true",
    "A rule that says nothing is satisfied: 1 for both labels. (A teacher would not notice, but r_l = 1 is the truth.)",
    otherwise=lambda t, p: doubles(0.5, 0.5),
)
known(
    "Without but the whole sentence is B",
    "Then the rule says nothing and is satisfied: 1 for both labels. It would push the model towards what it says already.",
    otherwise=lambda t, p: both(p(t)),
)
known("Without but nothing comes back", "Return two ones: a rule that says nothing is satisfied.", otherwise=lambda t, p: None)
known("The labels have changed places", "Index 0 is the label -, index 1 the label +.", truth=lambda s: both(s).flip(0))
known(
    "The same truth for both labels",
    "The rule prefers the label that agrees with B. For -, sigma(B)_+ => (y = +) has the truth 1 - s, and r = (2 - s) / 2.",
    truth=lambda s: torch.stack([(1 + s) / 2, (1 + s) / 2]),
)
known(
    "The probabilities themselves, (1 - s, s)",
    "That is what both implications give when they are joined by soft_and. The rule averages them: soft_mean_and.",
    truth=lambda s: torch.stack([1 - s, s]),
)
known(
    "sigma(B)_+ for both labels",
    "s is the truth of one implication for one label. Work out both implications for each label, and average.",
    truth=lambda s: torch.stack([s, s]),
)
known(
    "Only y => sigma(B)_+",
    "The rule is an equivalence, two implications: (y = +) => s and s => (y = +). Average the truth of both.",
    truth=lambda s: torch.stack([1 + 0 * s, s]),
)
known(
    "Only sigma(B)_+ => y",
    "The rule is an equivalence, two implications: (y = +) => s and s => (y = +). Average the truth of both.",
    truth=lambda s: torch.stack([1 - s, 1 + 0 * s]),
)
known("The two implications are added", "Average them: soft_mean_and divides by 2.", truth=lambda s: torch.stack([2 - s, 1 + s]))
known(
    "Normalised to sum to 1",
    "Truth values are no probabilities over labels: r(-) + r(+) is 3/2 here.",
    truth=lambda s: torch.stack([(2 - s) / 3, (1 + s) / 3]),
)
known(
    "r(-) is (1 - s) / 2",
    "For -, one implication has the truth 1 and the other 1 - s: their mean is (2 - s) / 2.",
    truth=lambda s: torch.stack([(1 - s) / 2, (1 + s) / 2]),
)
known("sigma(B)_+ is rounded", "Half truths count: B may be only rather positive.", truth=lambda s: both((s > 0.5).to(s)))
known(
    "sigma(B)_+ is taken for a logit",
    "p_pos gives a probability already: no sigmoid.",
    truth=lambda s: both(s.sigmoid()),
)
known(
    "The list of words is changed in place",
    "The caller still needs tokens. Take a part of it, tokens[i + 1 :], which is a new list: no pop, no remove, no del.",
    clause=eaten,
)
known("One truth value only", "The truth of both labels is wanted, shape (2,).", truth=lambda s: (1 + s) / 2)
known(
    "A tuple, not a tensor",
    "Put the two truth values into one tensor of shape (2,): torch.stack.",
    truth=lambda s: tuple(both(s)),
)
