import pytest
import torch

from pgmkit.data.verbs import EDITS, REGULAR, Verb, verbs
from pgmkit.knowledge.recipes_verbs import edit_accuracy, past_tense_task, stacked, train_past_tense
from pgmkit.rng import fresh


@pytest.fixture(scope="module")
def task():
    return past_tense_task(20, generator=fresh(0))


def test_no_verb_is_in_two_parts(task):
    parts = [[v.verb for v in part] for part in task]
    assert [len(part) for part in parts] == [20, 60, 635, 132, 600, 500]
    assert len({verb for part in parts for verb in part}) == sum(map(len, parts))
    assert {v.edit for v in task.regular} <= set(REGULAR) and not {v.edit for v in task.irregular} & set(REGULAR)


def test_the_generator_decides():
    a, b, c = (past_tense_task(5, generator=fresh(seed)) for seed in (0, 0, 1))
    assert a == b and a.regular != c.regular


def test_features_edits_and_truths_of_a_list():
    x, y, r = stacked([Verb("add", "added", 1), Verb("permit", "permitted", 3)])
    assert x.shape == (2, 623) and y.tolist() == [1, 3]
    assert r.shape == (1, 2, len(EDITS)) and r[0, 0].nonzero().flatten().tolist() == [1] and r[0, 1].nonzero().flatten().tolist() == [1, 3]


def test_the_rule_alone_knows_regular_verbs_only():
    regulars, irregulars = verbs()
    assert edit_accuracy(None, regulars) == pytest.approx(1 - 23 / 655)  # those that double although they have two syllables
    assert edit_accuracy(None, irregulars) == 0


def test_the_rule_on_invented_verbs_generalises_and_spares_the_exceptions(task):
    data, both = (train_past_tense(task, seed=0, unlabelled=unlabelled) for unlabelled in (False, True))
    assert edit_accuracy(data, task.irregular) == edit_accuracy(both, task.irregular) == 1
    assert edit_accuracy(both, task.held_out_regular) > edit_accuracy(data, task.held_out_regular) + 0.2
    assert edit_accuracy(both, task.invented) > 0.8 > 0.5 > edit_accuracy(data, task.invented)


def test_the_rule_on_labelled_verbs_makes_exceptions_regular(task):
    net = train_past_tense(task, seed=0, labelled=True)
    assert edit_accuracy(net, task.irregular) < 0.1
    with torch.no_grad():
        answers = net(stacked(task.irregular)[0]).argmax(1).tolist()
    assert sum(answer in REGULAR for answer in answers) > 50  # "sitted", not noise


def test_the_seed_decides(task):
    a, b, c = (train_past_tense(task, seed=seed, steps=2) for seed in (0, 0, 1))
    assert torch.equal(a[0].weight, b[0].weight) and not torch.equal(a[0].weight, c[0].weight)
