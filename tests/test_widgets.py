import base64
import io
import re

import ipywidgets
import pytest
from PIL import Image

from pgmkit import plots, widgets


@pytest.fixture
def shown(monkeypatch):
    """What `explore` displays, in order."""
    seen = []
    monkeypatch.setattr(widgets, "display", seen.append)
    monkeypatch.setattr(widgets, "show", lambda fig, alt: seen.append((fig, alt)))
    return seen


def picture(calls):
    def draw(height, kind):
        calls.append((height, kind))
        return plots.figure(height=height)[0]

    return draw


def height_of(image):
    """Pixels of the PNG inside an HTML widget."""
    data = re.search(r'src="data:image/png;base64,([^"]+)"', image.value).group(1)
    return Image.open(io.BytesIO(base64.b64decode(data))).size[1]


def test_explore_shows_the_fallback_first_then_a_live_picture(shown):
    calls, fallback = [], plots.figure()[0]
    height, kind = widgets.slider("height", [1.0, 2.0], 1.0), widgets.toggle("kind", ["a", "b"], "a")
    box = widgets.explore(picture(calls), "A box.", fallback, height=height, kind=kind)
    assert shown[0][0] is fallback
    assert shown[0][1].startswith("A box.")
    assert shown[1] is box
    *controls, image = box.children
    assert controls == [height, kind]
    assert calls == [(1.0, "a")]
    assert height_of(image) == 80
    assert 'alt="A box."' in image.value
    height.value = 2.0
    assert height_of(image) == 160
    kind.value = "b"
    assert calls == [(1.0, "a"), (2.0, "a"), (2.0, "b")]


def test_slider_has_readable_labels_and_keeps_values():
    slider = widgets.slider("theta", [0.10, 2.0, 3], 2.0)
    assert isinstance(slider, ipywidgets.SelectionSlider)
    assert slider.options == (("0.1", 0.1), ("2", 2.0), ("3", 3))
    assert slider.value == 2.0
    assert slider.description == "theta"


def test_toggle():
    toggle = widgets.toggle("loss", ["saturating", "other"], "other")
    assert isinstance(toggle, ipywidgets.ToggleButtons)
    assert toggle.options == ("saturating", "other")
    assert toggle.value == "other"


def press(moves, place):
    moves.children[place].click()


def test_moves_spell_what_was_pressed():
    other = widgets.toggle("loss", ["a", "b"], "a")
    moves = widgets.Moves({"D": "move D", "G": "move G"}, most=3, resets=[other])
    assert [button.description for button in moves.children] == ["move D", "move G", "start over"]
    for place in (0, 1, 1, 0):
        press(moves, place)
    assert moves.value == "DGG"  # at most three
    press(moves, 2)
    assert moves.value == ""
    press(moves, 1)
    other.value = "b"
    assert moves.value == ""


def test_explore_draws_a_state_once(shown):
    calls, control = [], widgets.slider("height", [1.0, 2.0], 1.0)
    widgets.explore(picture(calls), "A box.", plots.figure()[0], height=control, kind=widgets.toggle("kind", ["a"], "a"))
    control.value = 1.0
    assert len(calls) == 1
