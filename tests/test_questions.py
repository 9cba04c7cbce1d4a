import ipywidgets
import pytest

from pgmkit import questions
from pgmkit.questions import Choice, Question

QUESTION = Question(
    "Is $1 < 2$?",
    (
        Choice("no", "Count again.", "order upside down"),
        Choice("yes <b>", "One is less."),
        Choice("both", "Not at once.", "no choice made"),
    ),
)


def test_letters_and_replies():
    assert QUESTION.letters() == ["a", "b", "c"]
    assert QUESTION.reply("b") == "Right. One is less."
    assert QUESTION.reply("a") == "Not quite. Misconception: “order upside down”. Count again."
    assert QUESTION.reply("c") == "Not quite. Misconception: “no choice made”. Not at once."


def test_the_page_does_not_give_the_answer_away():
    page = QUESTION._repr_html_()
    assert "Is $1 &lt; 2$?" in page
    assert [f"<b>{letter}</b>" in page for letter in "abcd"] == [True, True, True, False]
    assert "yes &lt;b&gt;" in page
    for choice in QUESTION.choices:
        assert choice.reply not in page
        assert not choice.misconception or choice.misconception not in page


def test_ask_replies_to_the_pressed_button(monkeypatch):
    shown = []
    monkeypatch.setattr(questions, "display", shown.append)
    QUESTION.ask()
    page, box = shown
    assert page.data == QUESTION._repr_html_()
    buttons, output = box.children
    assert isinstance(buttons, ipywidgets.ToggleButtons)
    assert (buttons.value, output.value) == (None, "")
    buttons.value = "b"
    assert output.value == "Right. One is less."
    buttons.value = "a"
    assert output.value == "Not quite. Misconception: “order upside down”. Count again."
    buttons.value = None
    assert output.value == "Not quite. Misconception: “order upside down”. Count again."


def right(i):
    return Choice(f"right {i}", "Yes.")


def wrong(i):
    return Choice(f"wrong {i}", "No.", f"idea {i}")


@pytest.mark.parametrize("choices", [(wrong(1), wrong(2), wrong(3)), (right(1), right(2), wrong(1)), (right(1), wrong(1)), ()])
def test_a_question_has_three_choices_and_one_right_one(choices):
    with pytest.raises(ValueError, match=f"exactly one of them right; got {len(choices)}"):
        Question("What?", choices)
