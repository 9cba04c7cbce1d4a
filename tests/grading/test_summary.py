from pgmkit.checks.judge import NOT_ATTEMPTED
from pgmkit.grading.run.summary import BLANK, Summary
from pgmkit.grading.units import Graded


def test_what_nobody_began_does_not_hide_the_mistakes():
    assert BLANK == NOT_ATTEMPTED
    summary = Summary("ps2", {"check-a": 2.0, "check-b": 3.0})
    for i, mistakes in enumerate([{"a": BLANK, "b": BLANK}, {"a": BLANK}, {"b": "The sign is wrong"}]):
        summary.add(Graded("ps2", f"s{i}", "{}", {"check-a": 0.0, "check-b": 3.0}, mistakes), fresh=True)
    assert summary.commonest() == ["commonest mistakes", "     1  b: The sign is wrong", "not attempted: a 2, b 1"]


def test_a_class_without_mistakes_is_told_none():
    assert Summary("ps2", {"check-a": 2.0}).commonest() == []
