import random

import pytest
import torch
from torch.testing import assert_close

from pgmkit.data.sentiment import but_task, draw_clause, draw_sentences, grammar_numbers, word_lists, word_vectors
from pgmkit.data.tokens import FIRST, PADDING, UNKNOWN, Sentences, encode, number_words
from pgmkit.rng import fresh


def polarity(tokens):
    """Sum of the polarities of a clause's words; "not" turns the next one round."""
    lists = word_lists()
    total, sign = 0, 1
    for word in tokens:
        value = 1 if word in lists[1] else -1 if word in lists[-1] else 0
        total, sign = total + sign * value, -1 if word == "not" else 1
    return total


def test_the_words():
    lists = word_lists()
    assert {key: len(words) for key, words in lists.items()} == {1: 60, -1: 60, 0: 120}
    words = [word for group in lists.values() for word in group]
    assert len({*words, "and", "but", "not"}) == 243 == len(grammar_numbers())


def test_a_clause_is_short_and_leans_to_its_polarity():
    source = random.Random(0)
    clauses = [draw_clause(1, source) for _ in range(2000)]
    assert {len(clause) for clause in clauses} == {3, 4, 5, 6}
    leanings = [polarity(clause) for clause in clauses]
    assert sum(value > 0 for value in leanings) > 1500  # a distractor can balance a single word, and outweighs it never
    assert min(leanings) >= 0
    assert 0.1 < sum("not" in clause for clause in clauses) / 2000 < 0.2  # a tenth of one or two words


def test_every_part_of_the_grammar_has_its_share(g):
    tokens, labels = draw_sentences(4000, noise=0.0, generator=g)
    but = [(sentence, int(label)) for sentence, label in zip(tokens, labels, strict=True) if "but" in sentence]
    assert 0.10 < len(but) / 4000 < 0.14
    assert 0.47 < labels.double().mean() < 0.53
    sides = [(polarity(s[: s.index("but")]), polarity(s[s.index("but") + 1 :]), y) for s, y in but]
    assert all((b >= 0) if y else (b <= 0) for _, b, y in sides)  # B never speaks against the label
    against = [a * (2 * y - 1) < 0 for a, _, y in sides if a]
    assert 0.68 < sum(against) / len(against) < 0.82
    assert all("and" not in s for s, _ in but)


def test_noise_turns_labels_round():
    exact, noisy = (draw_sentences(4000, noise=noise, generator=fresh(1)) for noise in (0.0, 0.03))
    assert exact.tokens == noisy.tokens
    assert 0.02 < (exact.labels != noisy.labels).double().mean() < 0.04


def test_the_generator_decides_and_the_global_state_stays():
    before, state = torch.get_rng_state(), random.getstate()
    a, b, c = (draw_sentences(50, generator=fresh(seed)) for seed in (0, 0, 1))
    assert a.tokens == b.tokens and torch.equal(a.labels, b.labels) and a.tokens != c.tokens
    assert torch.equal(torch.get_rng_state(), before) and random.getstate() == state


def test_a_task_has_three_parts(g):
    task = but_task(train=20, test=30, unlabelled=10, generator=g)
    assert [len(part.tokens) for part in (task.train, task.test)] == [20, 30]
    assert isinstance(task.train, Sentences) and task.train.tokens != task.test.tokens[:20]
    assert len(task.unlabelled) == 10 and all("but" in sentence for sentence in task.unlabelled)


def test_word_vectors_hold_the_polarity_in_one_direction(g):
    vectors, numbers = word_vectors(24, generator=g), grammar_numbers()
    assert vectors.shape == (243 + FIRST, 24) and vectors.dtype == torch.float64
    assert vectors[PADDING].abs().max() == 0
    means = {key: vectors[[numbers[word] for word in words]].mean(0) for key, words in word_lists().items()}
    gap = means[1] - means[-1]
    assert gap.norm().item() == pytest.approx(2.4, abs=0.5)
    assert means[0].norm() < 0.4


def test_words_become_numbers_and_back():
    tokens = [["a", "good", "film"], ["bad"], ["a", "bad", "bad", "film"]]
    numbers = number_words(tokens)
    assert numbers == {"a": 2, "bad": 3, "film": 4, "good": 5}
    assert number_words(tokens, least=2) == {"a": 2, "bad": 3, "film": 4}
    ids = encode([*tokens, ["new"], []], numbers)
    assert_close(ids, torch.tensor([[2, 5, 4, 0], [3, 0, 0, 0], [2, 3, 3, 4], [UNKNOWN, 0, 0, 0], [0, 0, 0, 0]]))
    assert encode([], numbers).shape == (0, 1)
