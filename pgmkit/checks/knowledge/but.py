"""Exam of the A-but-B rule: which words are B, and what the rule says of the two labels."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.knowledge.given import doubles, seen_by
from pgmkit.checks.mishaps import told
from pgmkit.knowledge import but_rule, clause_b
from pgmkit.knowledge.recipes_sentiment import but_truths, encode_but
from pgmkit.rng import rand

but_exam = Exam(
    but_rule,
    minutes=20,
    difficulty=2,
    closes=(clause_b, but_truths, encode_but),
    hints=(
        "Two questions, one after the other. Is there an A-but-B, and where does B begin? Then, for each label in turn: how true are the two implications?",
        "Look for the word itself in the list, not for three letters in a text, and leave the two ends of the sentence out. "
        "For the label +, 1(y = +) is 1: y => s has the truth s, and s => y the truth 1. Do the same for -.",
        "`in` and `index` find a word in a list, and index takes a place to start from. Without A-but-B return two ones. "
        "Otherwise s = p_pos(the words after that place), and each entry is the mean of one truth that is 1 and one that is not: s or 1 - s.",
    ),
)


class NotWords(Exception):
    """p_pos was given something that is not a list of words."""


class NoBut(Exception):
    """The word "but" was looked for where it is not."""


class Classifier:
    """P(positive) of a clause, from the words it knows; it notes what it was asked.

    Args:
        generator: source of the polarity of the words.
    """

    def __init__(self, generator: Generator):
        self.known = rand(26, generator=generator, like=torch.zeros((), dtype=torch.float64))
        self.asked: list[str] = []

    def __call__(self, words: Any) -> Tensor:
        """A probability that depends on every word and on their order."""
        if isinstance(words, str) or not all(isinstance(word, str) for word in words):
            raise NotWords(f"p_pos wants a list of words; got {words!r}")
        self.asked.append(" ".join(words))
        score = doubles(*(self.known[ord(word[0]) - 97] - 0.4 for word in words)) if words else doubles(0.3)
        return (score * torch.arange(1, len(score) + 1)).sum().sigmoid()


def first_word_only(words: str) -> type[Exception] | None:
    """Which mishap a message tells: a search for a word that is not there."""
    return NoBut if "in list" in words or "substring not found" in words else None


@but_exam.probe
def probe_but(answer: Answer, generator: Generator) -> Observations:
    p_pos = Classifier(generator)

    def rule(text: str) -> Any:
        return seen_by(told(lambda: answer(text.split(), p_pos), first_word_only))

    def asked(text: str) -> Any:
        p_pos.asked.clear()
        tokens = text.split()
        answer(tokens, p_pos)
        if tokens != text.split():
            return "tokens, an argument, was changed in place"
        return " / ".join(dict.fromkeys(p_pos.asked)) or "p_pos was never asked"

    def sure(text: str) -> Any:
        return tuple(seen_by(answer(text.split(), lambda words, s=s: doubles(s)[0])) for s in (0.8, 0, 1))

    yield "sigma(B)_+ = 0.8, 0 and 1", lambda: sure("slow but charming"), 1.5
    yield "a sentence with one but", lambda: rule("the plot is thin but i loved every minute"), 1
    yield "the words that p_pos is asked about; tokens stay", lambda: asked("the plot is thin but i loved every minute"), 1
    yield "several: the first but decides", lambda: rule("slow but charming but long and never dull"), 0.75
    yield (
        "butter and debut are other words",
        lambda: (rule("butter in the debut is good"), rule("a debut with butter but little else")),
        0.75,
    )
    yield "no but: the rule is satisfied by both labels", lambda: rule("a film without a second half"), 0.75
    yield "but as the first or the last word joins nothing", lambda: (rule("but it moves us"), rule("it moves us but")), 0.75
    yield "but at the beginning, and A but B after it", lambda: rule("but it is slow but honest"), 0.5


Truths = Callable[[Tensor], Any]
Place = Callable[[list[str]], int | None]


def first(tokens: list[str]) -> int | None:
    """Where the first "but" with words on both sides stands."""
    return tokens.index("but", 1) if "but" in tokens[1:-1] else None


def last(tokens: list[str]) -> int | None:
    """Where the last "but" with words on both sides stands."""
    return max((i for i, word in enumerate(tokens[:-1]) if i and word == "but"), default=None)


def both(s: Tensor) -> Tensor:
    """The rule's truth for the labels - and +."""
    return torch.stack([(2 - s) / 2, (1 + s) / 2])


def ones(tokens: list[str], p_pos: Answer) -> Tensor:
    """Without a grounding the rule is satisfied."""
    return doubles(1, 1)


def answering(
    *,
    place: Place = first,
    clause: Callable[[list[str], int], Any] = lambda tokens, i: tokens[i + 1 :],
    truth: Truths = both,
    otherwise: Callable[[list[str], Answer], Any] = ones,
) -> Answer:
    """The rule, with one of its parts replaced."""

    def answer(tokens: list[str], p_pos: Answer) -> Any:
        i = place(tokens)
        return otherwise(tokens, p_pos) if i is None else truth(p_pos(clause(tokens, i)))

    return answer
