"""What the tests of every problem set claim about an answer; the files of the sets hold the answers."""

from pgmkit.checks import EXAMS, PROBLEM_SETS
from pgmkit.checks.judge import judge

BORROWED = "The library answered, not you"


def take(name, answer, seed=0):
    """The verdict on an answer, with all answers of the exam's problem set closed."""
    exam = EXAMS[name]
    neighbours = next(exams for exams in PROBLEM_SETS.values() if exam in exams)
    return judge(exam, answer, seed, [other.reference for other in neighbours])


def lost(verdict):
    """The names of the observations that earned nothing."""
    return [row.name for row in verdict.rows if row.reason]


def has_points(ps, points):
    """The set asks for exactly these exercises, in this order, with these points, 50 in all."""
    assert {exam.name: exam.points for exam in PROBLEM_SETS[ps]} == points
    assert [exam.name for exam in PROBLEM_SETS[ps]] == list(points)
    assert sum(points.values()) == 50


def names_mistakes(name, wanted):
    """Each of these words stands in the title of a known mistake."""
    titles = [mistake.title for mistake in EXAMS[name].mistakes]
    for words in wanted:
        assert any(words in title for title in titles), words


def is_borrowed(name, answer):
    verdict = take(name, answer)
    assert verdict.score == 0
    assert verdict.diagnosis.title == BORROWED


def is_named(name, answer, title):
    """A wrong answer loses points and gets this title, at two seeds."""
    for seed in (0, 17):
        verdict = take(name, answer, seed)
        assert verdict.score < verdict.points
        assert verdict.diagnosis.title == title


def is_told(name, answer, words):
    """A crash is called a crash, and the advice holds these words."""
    verdict = take(name, answer)
    assert verdict.diagnosis.title.startswith("Your code stopped with")
    assert words in verdict.diagnosis.advice
