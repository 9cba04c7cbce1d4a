"""A thin shell: a pure function from state to figure, and sliders that change the state."""

import base64
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import ipywidgets
import traitlets
from IPython.display import display
from matplotlib.figure import Figure

from pgmkit.errors import describe, want_callable, want_instance, want_text
from pgmkit.plots import png, show

Picture = Callable[..., Figure]


def explore(picture: Picture, alt: str, fallback: Figure, **controls: Any) -> ipywidgets.Widget:
    """Show a figure that follows its controls, under a static fallback that reads without a running kernel.

    Args:
        picture: pure function from the values of the controls to a figure; under 300 ms.
        alt: what the figure shows.
        fallback: small multiples over some states, shown first and kept in the saved notebook.
        controls: by argument name, an ipywidgets control.

    Returns:
        The widget, which the call has already displayed.
    """
    want_callable(picture=picture)
    want_text(alt=alt)
    want_instance(ipywidgets.Widget, **controls)
    show(fallback, f"{alt} Small multiples over some states of the sliders.")
    image = ipywidgets.HTML()
    drawn: list[dict[str, Any]] = []

    def draw(_: Any = None) -> None:
        state = {name: control.value for name, control in controls.items()}
        if drawn != [state]:
            data = base64.b64encode(png(picture(**state))).decode()
            image.value = f'<img alt="{escape(alt)}" style="max-width:100%" src="data:image/png;base64,{data}">'
            drawn[:] = [state]

    for control in controls.values():
        control.observe(draw, names="value")
    draw()
    box = ipywidgets.VBox([*controls.values(), image])
    display(box)
    return box


def slider(label: str, values: list[Any], value: Any) -> ipywidgets.SelectionSlider:
    """A slider over the given values, whose grid the tests walk over."""
    want_instance(list, values=values)
    if value not in values:
        raise ValueError(f"value must be one of {describe(values)}; got {describe(value)}.")
    want_text(label=label)
    options = [(f"{v:g}" if isinstance(v, float) else str(v), v) for v in values]
    return ipywidgets.SelectionSlider(description=label, options=options, value=value, continuous_update=False)


def toggle(label: str, values: list[Any], value: Any) -> ipywidgets.ToggleButtons:
    """Buttons of which one is pressed."""
    want_instance(list, values=values)
    if value not in values:
        raise ValueError(f"value must be one of {describe(values)}; got {describe(value)}.")
    want_text(label=label)
    return ipywidgets.ToggleButtons(description=label, options=values, value=value)


class Moves(ipywidgets.HBox):
    """A button for each move: a press appends its letter to the text `value`; "start over" empties it.

    Args:
        labels: what each button says, by its letter.
        most: the longest text; further presses do nothing.
        resets: controls whose change empties the text too.
    """

    value = traitlets.Unicode("")

    def __init__(self, labels: dict[str, str], *, most: int = 12, resets: Sequence[ipywidgets.Widget] = ()):
        want_instance(dict, labels=labels)
        buttons = {letter: ipywidgets.Button(description=text) for letter, text in labels.items()}
        again = ipywidgets.Button(description="start over")
        super().__init__([*buttons.values(), again])
        for letter, button in buttons.items():
            button.on_click(lambda _, letter=letter: self.set_trait("value", (self.value + letter)[:most]))
        again.on_click(lambda _: self.set_trait("value", ""))
        for control in resets:
            control.observe(lambda _: self.set_trait("value", ""), names="value")
