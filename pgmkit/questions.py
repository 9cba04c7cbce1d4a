"""Questions inside a lecture: pick an answer, learn at once why it is right or which misconception it is."""

from dataclasses import dataclass
from html import escape

import ipywidgets
from IPython.display import HTML, display

from pgmkit.errors import describe, want_instance, want_text


@dataclass(frozen=True)
class Choice:
    """One answer to choose from.

    Args:
        text: what the reader sees; `$` maths is allowed.
        reply: why it is right, or why it is not.
        misconception: the name of the wrong idea; empty for the right answer.
    """

    text: str
    reply: str
    misconception: str = ""

    def __post_init__(self) -> None:
        want_text(text=self.text, reply=self.reply)
        want_instance(str, misconception=self.misconception)


@dataclass(frozen=True)
class Question:
    """A question with exactly one right choice.

    Args:
        prompt: the question; `$` maths is allowed.
        choices: at least three, in the order in which they are shown.
    """

    prompt: str
    choices: tuple[Choice, ...]

    def __post_init__(self) -> None:
        want_text(prompt=self.prompt)
        want_instance(tuple, choices=self.choices)
        want_instance(Choice, **{f"choices[{i}]": c for i, c in enumerate(self.choices)})
        right = [c for c in self.choices if not c.misconception]
        if len(right) != 1 or len(self.choices) < 3:
            raise ValueError(
                f"a question needs three choices or more, exactly one of them right; got {len(self.choices)} and {len(right)}."
            )

    def letters(self) -> list[str]:
        """a, b, c, ..."""
        return [chr(ord("a") + i) for i in range(len(self.choices))]

    def reply(self, letter: str) -> str:
        """The reply to a choice: "Right." and why, or the misconception's name and what is wrong with it."""
        if letter not in self.letters():
            raise ValueError(f"choose one of {', '.join(self.letters())}; got {describe(letter)}.")
        choice = self.choices[self.letters().index(letter)]
        return f"Not quite. Misconception: “{choice.misconception}”. {choice.reply}" if choice.misconception else f"Right. {choice.reply}"

    def _repr_html_(self) -> str:
        """The prompt and the choices, without the answers."""
        lines = "".join(f"<p><b>{letter}</b>&ensp;{escape(c.text)}</p>" for letter, c in zip(self.letters(), self.choices, strict=True))
        return f'<div class="pgmkit-question"><p><b>Question.</b> {escape(self.prompt)}</p>{lines}</div>'

    def ask(self) -> None:
        """Show the question and buttons; the reply appears under them."""
        display(HTML(self._repr_html_()))
        output = ipywidgets.HTMLMath()
        buttons = ipywidgets.ToggleButtons(options=self.letters(), value=None, description="Answer")

        def react(change: dict) -> None:
            if change["new"] is not None:
                output.value = escape(self.reply(change["new"]))

        buttons.observe(react, names="value")
        display(ipywidgets.VBox([buttons, output]))
