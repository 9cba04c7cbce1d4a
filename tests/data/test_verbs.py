from collections import Counter
from hashlib import sha256
from importlib.resources import files

import pytest
import torch

from pgmkit.data import download
from pgmkit.data.verbs import DOUBLE, ED, EDITS, IED, REGULAR, D, all_verbs, edit_between, invented_verbs, past, regular, verb_features
from pgmkit.data.verbs import verbs as packaged_verbs
from pgmkit.rng import fresh


@pytest.mark.parametrize("edit", range(len(EDITS)), ids=[edit.name for edit in EDITS])
def test_each_edit_makes_its_example(edit):
    verb, wanted = EDITS[edit].example.split(", ")
    assert past(verb, edit) == wanted and edit_between(verb, wanted) == edit


@pytest.mark.parametrize(("verb", "wanted"), [("go", "went"), ("add", "adds"), ("be", "was"), ("run", "ran")])
def test_no_edit_explains_every_past(verb, wanted):
    assert edit_between(verb, wanted) is None


def test_an_edit_that_finds_nothing_to_change_explains_nothing():
    assert past("add", 4 + 1) == "add"  # "i to a" leaves "add" as it is ...
    assert edit_between("add", "add") == 4  # ... so "no change" is the edit of add, add


def test_the_packaged_verbs():
    regulars, irregulars = packaged_verbs()
    assert (len(regulars), len(irregulars)) == (655, 192)
    everything = [*regulars, *irregulars]
    assert len({v.verb for v in everything}) == len(everything)
    assert all(past(v.verb, v.edit) == v.past for v in everything)
    assert {v.edit for v in regulars} == set(REGULAR) and {v.edit for v in irregulars} == set(range(4, len(EDITS)))
    assert min(Counter(v.edit for v in irregulars).values()) >= 3
    known = {v.verb: v.past for v in everything}
    slide = ["added", "accepted", "ignored", "ended", "blocked", "loved"]
    assert [known[verb] for verb in ("add", "accept", "ignore", "end", "block", "love")] == slide
    assert [known[verb] for verb in ("sing", "keep", "cut", "permit", "visit")] == ["sang", "kept", "cut", "permitted", "visited"]


def test_the_source_of_the_verbs_is_named():
    text = (files("pgmkit.data") / "verbs_licence.txt").read_text(encoding="utf-8")
    assert "CC BY-SA 3.0" in text and "UniMorph" in text and "Wiktionary" in text


RULED = {
    "love": {D},
    "agree": {D},
    "add": {ED},
    "need": {ED},
    "play": {ED},
    "fix": {ED},
    "show": {ED},
    "carry": {IED},
    "stop": {DOUBLE},
    "quit": {DOUBLE},
    "yap": {DOUBLE},
    "permit": {ED, DOUBLE},
    "visit": {ED, DOUBLE},
}


@pytest.mark.parametrize(("verb", "edits"), RULED.items(), ids=RULED)
def test_the_regular_rule(verb, edits):
    assert set(regular(verb).nonzero().flatten().tolist()) == edits


def test_the_rule_allows_every_regular_past_and_leaves_the_stress_open():
    """Where it decides it is right; where the doubling depends on the stress it does not say, and -ed alone is wrong for a third."""
    regulars, irregulars = packaged_verbs()
    assert all(regular(v.verb)[v.edit] == 1 for v in regulars)
    open_verbs = [v for v in regulars if regular(v.verb).sum() == 2]
    assert len(open_verbs) == 63 and sum(v.edit == DOUBLE for v in open_verbs) == 23
    assert not any(regular(v.verb)[v.edit] for v in irregulars)


def test_invented_verbs_are_regular_and_new(g):
    made = invented_verbs(300, generator=g)
    assert len({v.verb for v in made}) == 300 and made == invented_verbs(300, generator=fresh(0))
    real = {word for group in packaged_verbs() for v in group for word in v[:2]}
    assert not real & {v.verb for v in made}
    assert all(regular(v.verb).argmax() == v.edit and regular(v.verb).sum() == 1 and past(v.verb, v.edit) == v.past for v in made)
    assert {v.edit for v in made} == set(REGULAR)


def test_features():
    x = verb_features("stop")
    assert x.shape == (111 + 512,) and x.sum() == 6 and x.dtype == torch.float64
    letters = x[:108].reshape(4, 27).argmax(1)
    assert "".join(" abcdefghijklmnopqrstuvwxyz"[i] for i in letters) == "stop"
    assert verb_features("go")[:108].reshape(4, 27).argmax(1).tolist()[:2] == [0, 0]
    assert [int(verb_features(verb)[108:111].argmax()) for verb in ("stop", "visit", "remember", "like")] == [0, 1, 2, 0]
    assert torch.equal(verb_features("unstop")[:108], x[:108]) and not torch.equal(verb_features("unstop")[111:], x[111:])


def test_the_full_list_is_read_from_the_file_of_unimorph(tmp_path, monkeypatch):
    text = b"add\tadded\tV;PST\nadd\tadds\tV;PRS;NOM(3,SG)\nA-bomb\tA-bombed\tV;PST\nbear\tbore\tV;PST\nbear\tbare\tV;PST\n"
    (tmp_path / "verbs").mkdir()
    (tmp_path / "verbs" / "eng.args").write_bytes(text)
    monkeypatch.setenv(download.FOLDER, str(tmp_path))
    known = {"verbs/eng.args": download.Source("https://example.org", sha256(text).hexdigest(), "")}
    monkeypatch.setattr(download, "sources", lambda: known)
    assert all_verbs() == [("add", "added"), ("bear", "bare"), ("bear", "bore")]
