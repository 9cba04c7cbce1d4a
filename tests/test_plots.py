import io
import random

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex
from PIL import Image

from pgmkit import plots
from pgmkit.rng import fresh


def draw(*shape):
    return torch.randn(shape, generator=fresh(0))


@pytest.fixture
def ax():
    return plots.figure()[1][0]


def test_figure_has_its_panels_row_by_row_and_stays_out_of_pyplot():
    fig, axes = plots.figure(2, 3, width=2.0, height=1.5)
    assert len(axes) == 6
    assert fig.get_size_inches().tolist() == [6.0, 3.0]
    assert [(a.get_subplotspec().rowspan.start, a.get_subplotspec().colspan.start) for a in axes] == [
        (r, c) for r in (0, 1) for c in (0, 1, 2)
    ]
    assert plt.get_fignums() == []


def test_figure_style_is_local_and_shared_axes_pass_through():
    before = dict(plt.rcParams)
    _, axes = plots.figure(1, 2, sharey=True)
    assert not axes[0].spines["top"].get_visible()
    axes[0].set_ylim(0, 5)
    assert axes[1].get_ylim() == (0, 5)
    assert dict(plt.rcParams) == before


def test_png_is_an_image_of_the_figure_and_repeats_itself():
    fig, axes = plots.figure(1, 2, width=3.0, height=2.0)
    axes[0].plot([0, 1], [0, 1])
    image = Image.open(io.BytesIO(plots.png(fig)))
    assert image.format == "PNG"
    assert image.size == (480, 160)
    assert plots.png(fig) == plots.png(fig)


def test_show_gives_picture_and_text(monkeypatch, ax):
    shown = []
    monkeypatch.setattr(plots, "display", lambda data, **kwargs: shown.append((data, kwargs)))
    assert plots.show(ax.figure, "A line.") is None
    ((data, kwargs),) = shown
    assert data == {"image/png": plots.png(ax.figure), "text/plain": "A line."}
    assert kwargs == {"metadata": {"image/png": {"alt": "A line."}}, "raw": True}


@pytest.mark.parametrize("marker", [".", "x"])
def test_scatter(ax, marker):
    x = draw(7, 2).requires_grad_()
    assert plots.scatter(ax, x, color=plots.MODEL, marker=marker, label="model") is ax
    (dots,) = ax.collections
    np.testing.assert_allclose(dots.get_offsets(), x.detach())
    assert to_hex(dots.get_facecolor()[0]).upper() == plots.MODEL
    assert dots.get_label() == "model"


def test_scatter_of_nothing(ax):
    assert plots.scatter(ax, torch.zeros(0, 2)) is ax


def test_plane(ax):
    assert plots.plane(ax, 2.5) is ax
    assert ax.get_xlim() == ax.get_ylim() == (-2.5, 2.5)
    assert ax.get_aspect() == 1
    assert ax.get_xlabel()
    assert ax.get_ylabel()


def test_heatmap_puts_the_value_at_its_place(ax):
    """f(x) = x_1 + 10 x_2: rows go up with x_2, columns to the right with x_1."""
    weight = torch.tensor([1.0, 10.0], requires_grad=True)
    assert plots.heatmap(ax, lambda x: x @ weight, extent=2.0, low=-5, high=5, points=5) is ax
    (image,) = ax.images
    ticks = np.linspace(-2, 2, 5)
    np.testing.assert_allclose(image.get_array(), ticks[None, :] + 10 * ticks[:, None])
    assert image.origin == "lower"
    assert tuple(image.get_extent()) == (-2, 2, -2, 2)
    assert image.get_clim() == (-5, 5)
    assert len(ax.figure.axes) == 2  # a colour bar says what the colours mean


def test_arrows_keep_direction_and_the_longest_has_the_length(ax):
    x, direction = draw(5, 2), 100 * draw(5, 2).flip(0).requires_grad_()
    assert plots.arrows(ax, x, direction, length=0.4) is ax
    quiver = ax.collections[0]
    came = torch.tensor(np.stack([quiver.U, quiver.V], 1))
    assert float(came.norm(dim=1).max()) == pytest.approx(0.4)
    torch.testing.assert_close(torch.nn.functional.cosine_similarity(came, direction.detach()), torch.ones(5))
    np.testing.assert_allclose(quiver.get_offsets(), x)


def test_arrows_of_length_zero(ax):
    plots.arrows(ax, draw(3, 2), torch.zeros(3, 2))
    assert (ax.collections[0].U == 0).all()


def test_images_are_tiled_row_by_row(ax):
    x = torch.rand(5, 4, generator=fresh(0))
    assert plots.images(ax, x, columns=3, side=2) is ax
    sheet = np.asarray(ax.images[0].get_array())
    assert sheet.shape == (6, 9)
    for i in range(5):
        row, column = divmod(i, 3)
        np.testing.assert_allclose(sheet[3 * row : 3 * row + 2, 3 * column : 3 * column + 2], x[i].reshape(2, 2))
    assert (sheet[3:, 6:] == 0).all()
    assert ax.images[0].get_clim() == (0, 1)


def test_smooth_is_the_running_mean():
    values = [random.Random(i).random() for i in range(30)]
    wanted = [sum(values[i : i + 7]) / 7 for i in range(24)]
    torch.testing.assert_close(plots.smooth(values, 7), torch.tensor(wanted))
    torch.testing.assert_close(plots.smooth(values, 1), torch.tensor(values))


def test_smooth_of_a_short_history_is_its_mean():
    torch.testing.assert_close(plots.smooth([1.0, 2.0, 6.0]), torch.tensor([3.0]))


def test_every_role_has_its_own_colour():
    colours = [plots.DATA, plots.MODEL, plots.DISCRIMINATOR, plots.CONSTRAINT, plots.NEUTRAL]
    assert len(set(colours)) == 5
    assert all(to_hex(c).upper() == c for c in colours)
