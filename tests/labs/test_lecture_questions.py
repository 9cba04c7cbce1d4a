"""The questions of every lecture: each answer has a reply of its own, and the right one says why."""

import importlib
import pkgutil

import pytest

from pgmkit import labs
from pgmkit.questions import Question

QUESTIONS = {
    (module.name, key): question
    for module in pkgutil.iter_modules(labs.__path__)
    if module.name.endswith("_questions")
    for key, question in importlib.import_module(f"pgmkit.labs.{module.name}").QUESTIONS.items()
}
REPLIES = [(*place, letter) for place, question in QUESTIONS.items() for letter in question.letters()]


def test_every_lecture_asks_five_to_eight_questions():
    counts = {name: sum(place[0] == name for place in QUESTIONS) for name, _ in QUESTIONS}
    assert len(counts) >= 5
    assert all(5 <= count <= 8 for count in counts.values()), counts


@pytest.mark.parametrize(("name", "key", "letter"), REPLIES)
def test_every_answer_has_its_own_reply(name, key, letter):
    question = QUESTIONS[name, key]
    assert isinstance(question, Question)
    choice = question.choices[question.letters().index(letter)]
    reply = question.reply(letter)
    assert reply.startswith("Not quite. " if choice.misconception else "Right. ")
    assert choice.reply in reply
    assert len({c.reply for c in question.choices}) == len(question.choices)


@pytest.mark.parametrize(("name", "key"), QUESTIONS)
def test_a_question_has_one_right_choice_and_replies_and_misconceptions_of_its_own(name, key):
    question = QUESTIONS[name, key]
    replies = [question.reply(letter) for letter in question.letters()]
    assert sum(reply.startswith("Right. ") for reply in replies) == 1
    assert len(set(replies)) == len(replies) >= 3
    assert len({choice.misconception for choice in question.choices}) == len(question.choices)
