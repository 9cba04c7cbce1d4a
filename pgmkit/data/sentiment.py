"""Toy reviews from a grammar: in "A but B" the label is that of B, which a small network has to be told.

A clause has 3 to 6 words, of which one or two carry its polarity; the rest is noise. The words are common English words, but the
sentences are no English: only the polarity of words, "not" and "but" mean anything.
"""

import json
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor

from pgmkit.data.packaged import table
from pgmkit.data.tokens import FIRST, PADDING, Sentences, number_words
from pgmkit.errors import describe, want_count, want_generator
from pgmkit.rng import randn

NEGATED, DISTRACTED, JOINED = 0.1, 0.25, 0.3


@cache
def word_lists() -> dict[int, list[str]]:
    """60 positive (key 1), 60 negative (-1) and 120 neutral (0) words, each list from the most to the least frequent."""
    return {int(polarity): words.split(" ") for polarity, words in table("sentiment_words.tsv")}


@cache
def grammar_numbers() -> dict[str, int]:
    """The number of every word of the grammar, for `encode`."""
    return number_words([*word_lists().values(), ["and", "but", "not"]])


def draw_word(polarity: int, random: Random) -> str:
    """A word of polarity 1, -1 or 0; the word of rank k has a probability proportional to k^-0.7 (Zipf)."""
    if polarity not in word_lists():
        raise ValueError(f"polarity must be 1, -1 or 0; got {describe(polarity)}.")
    words = word_lists()[polarity]
    return random.choices(words, [k**-0.7 for k in range(1, len(words) + 1)])[0]


def draw_clause(polarity: int, random: Random) -> list[str]:
    """3 to 6 words (7 at most with "not") in any order: one or two say the polarity, a tenth of them as "not" and the opposite.

    In a quarter of the clauses a word of either polarity distracts; the rest is neutral.
    """
    parts = []
    for _ in range(random.randint(1, 2)):
        negated = random.random() < NEGATED
        parts.append(["not", draw_word(-polarity, random)] if negated else [draw_word(polarity, random)])
    if random.random() < DISTRACTED:
        parts.append([draw_word(random.choice((-1, 1)), random)])
    missing = random.randint(3, 6) - sum(map(len, parts))
    parts += [[draw_word(0, random)] for _ in range(missing)]
    random.shuffle(parts)
    return [word for part in parts for word in part]


def want_shares(**shares: float) -> None:
    """Raise unless every named number is a share, from 0 to 1."""
    for name, share in shares.items():
        if not isinstance(share, int | float) or not 0 <= share <= 1:
            raise ValueError(f"{name} is a share, so it must lie in [0, 1]; got {describe(share)}.")


def draw_sentence(random: Random, *, but: float, opposite: float) -> tuple[list[str], int]:
    """A sentence and its polarity, 1 or -1, which is that of its last clause B.

    "A but B" with probability `but`; A is then of the opposite polarity with probability `opposite`. Other sentences are one clause,
    or two of the same polarity joined by "and".
    """
    want_shares(but=but, opposite=opposite)
    polarity = random.choice((-1, 1))
    b = draw_clause(polarity, random)
    if random.random() < but:
        a = draw_clause(-polarity if random.random() < opposite else polarity, random)
        return [*a, "but", *b], polarity
    return ([*draw_clause(polarity, random), "and", *b] if random.random() < JOINED else b), polarity


def draw_sentences(
    n: int, *, but: float = 0.12, opposite: float = 0.75, noise: float = 0.03, generator: Generator | None = None
) -> Sentences:
    """n sentences of the grammar.

    Args:
        n: how many.
        but: share of "A but B".
        opposite: share of these in which A says the opposite of B.
        noise: share of labels that are turned round.
        generator: source of randomness.
    """
    want_count(n=n)
    want_generator(generator)
    want_shares(noise=noise)
    random = Random(int(torch.randint(2**62, (), generator=generator)))
    drawn = [draw_sentence(random, but=but, opposite=opposite) for _ in range(n)]
    labels = [(polarity > 0) != (random.random() < noise) for _, polarity in drawn]
    return Sentences([tokens for tokens, _ in drawn], torch.tensor(labels, dtype=torch.int64))


class ButTask(NamedTuple):
    """Labelled sentences to train and to test on, and "A but B" sentences without labels."""

    train: Sentences
    test: Sentences
    unlabelled: list[list[str]]


def but_task(*, train: int = 500, test: int = 4000, unlabelled: int = 2000, generator: Generator | None = None) -> ButTask:
    """A whole task: sizes of the three parts and a source of randomness."""
    want_count(train=train, test=test, unlabelled=unlabelled)
    labelled = (draw_sentences(n, generator=generator) for n in (train, test))
    return ButTask(*labelled, draw_sentences(unlabelled, but=1.0, generator=generator).tokens)


def word_vectors(dim: int = 24, *, generator: Generator | None = None) -> Tensor:
    """Stand-ins for word2vec: N(0, 0.5^2) plus 1.2 times the word's polarity along one direction.

    Returns:
        One row for each number of `grammar_numbers`, shape (245, dim); the row of the padding is zero.
    """
    want_count(dim=dim)
    numbers = grammar_numbers()
    noise = 0.5 * randn(len(numbers) + FIRST, dim, generator=generator, like=torch.zeros(0))
    direction = randn(dim, generator=generator, like=noise)
    polarity = noise.new_zeros(len(noise))
    for sign, words in word_lists().items():
        polarity[[numbers[word] for word in words]] = sign
    vectors = noise + 1.2 * polarity[:, None] * direction / direction.norm()
    vectors[PADDING] = 0
    return vectors


def recorded_seeds() -> dict[str, Any]:
    """What twenty seeds of the recipe reached: {"command", "columns", "seeds", "runs": {"labels 6": [[p_all, p_but, q_all, q_but], ...]}}.

    The runs are "labels C" (labels alone), "rule C" and "unlabelled C" (the rule, and 2,000 sentences without labels) for C = 6 and 24.
    """
    return json.loads((files("pgmkit.data") / "but_seeds.json").read_text(encoding="utf-8"))
