"""A thin shell: a pure function from state to figure, and sliders that change the state."""

from collections.abc import Callable
from typing import Any

import ipywidgets
from IPython.display import display
from matplotlib.figure import Figure

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
    show(fallback, f"{alt} Small multiples over some states of the sliders.")
    image = ipywidgets.Image(format="png", alt=alt)

    def draw(_: Any = None) -> None:
        image.value = png(picture(**{name: control.value for name, control in controls.items()}))

    for control in controls.values():
        control.observe(draw, names="value")
    draw()
    box = ipywidgets.VBox([*controls.values(), image])
    display(box)
    return box


def slider(label: str, values: list[Any], value: Any) -> ipywidgets.SelectionSlider:
    """A slider over the given values, whose grid the tests walk over."""
    if value not in values:
        raise ValueError(f"value must be one of {values}; got {value!r}.")
    options = [(f"{v:g}" if isinstance(v, float) else str(v), v) for v in values]
    return ipywidgets.SelectionSlider(description=label, options=options, value=value, continuous_update=False)


def toggle(label: str, values: list[Any], value: Any) -> ipywidgets.ToggleButtons:
    """Buttons of which one is pressed."""
    if value not in values:
        raise ValueError(f"value must be one of {values}; got {value!r}.")
    return ipywidgets.ToggleButtons(description=label, options=values, value=value)
