"""A wrong argument to any public function gets a ValueError that says what was wanted and what came.

`CASES` names every public function, class and method of the models with at least one wrong call; a new one without a case fails.
"""

import importlib
import inspect
import math
import pkgutil
from pathlib import Path

import ipywidgets
import pytest
import torch
from data.arguments import CASES as DATA
from flows.arguments import CASES as FLOWS
from knowledge.arguments import CASES as KNOWLEDGE
from models.arguments import CASES as MODELS
from torch import nn
from torch.optim import SGD

import pgmkit
from pgmkit import metrics, nets, plots, questions, rng, train, widgets
from pgmkit.data import batches, digits, digits_features, grey, toy2d
from pgmkit.gan import games, losses, model, recipes, recipes_digits, theory, transport, wasserstein

TOOLS = ("pgmkit.checks", "pgmkit.course", "pgmkit.grading", "pgmkit.labs", "pgmkit.errors")
RECORDS = {"pgmkit.gan.recipes.Table"}  # made by one function of the library, never by its user
INNER = {  # called in a hot path by layers that have looked at their input
    "pgmkit.flows.coupling.ReluNet.forward",
    "pgmkit.flows.coupling.ScaleShift.forward",
    "pgmkit.flows.coupling.ConvScaleShift.forward",
    "pgmkit.flows.glow.ConvNet.forward",
    "pgmkit.flows.planar.Planar.solve",
}

X, V, WHOLE, EMPTY = torch.zeros(4, 2), torch.zeros(4), torch.zeros(4, 2, dtype=torch.int64), torch.zeros(0)
HALF, NEGATIVE, SHORT = torch.full((2,), 0.5), torch.tensor([1.5, -0.5]), torch.tensor([0.2, 0.2])
COST = torch.ones(2, 2)
INT = "(4, 2) and dtype int64"
NAN = math.nan


def net():
    return nn.Sequential(nn.Linear(2, 1), nn.Flatten(0))


def implicit():
    return model.Implicit(nn.Linear(2, 2), 2)


def sgd():
    return SGD([torch.zeros(1, requires_grad=True)], 1.0)


def axes():
    return plots.figure()[1][0]


def step(**kwargs):
    good = {"model": implicit(), "discriminator": net(), "opt_G": sgd(), "opt_D": sgd(), "x": X, "z_d": X, "z_g": X}
    return games.gan_step(**good | {"d_loss": losses.discriminator_loss, "g_loss": losses.generator_loss} | kwargs)


def phase(**kwargs):
    good = {"critic": net(), "model": implicit(), "optimizer": sgd(), "batches": iter([X]), "latents": iter([X])}
    return games.critic_phase(**good | {"loss": wasserstein.critic_loss, "clip": id, "turns": 1} | kwargs)


def game(make, **kwargs):
    names = list(inspect.signature(make).parameters)
    good = dict(zip(names[:4], (implicit(), net(), sgd(), sgd()), strict=True))
    return make(**good | kwargs)


def player(**kwargs):
    return train.Player(**{"name": "a", "loss": lambda x: x.sum(), "optimizer": sgd()} | kwargs)


def entered(context):
    with context:
        pass


def played(players, stream=None, rounds=1):
    return train.play(players, iter([X] * 9) if stream is None else stream, rounds)


MIX = toy2d.GaussianMixture(torch.zeros(2, 2), 1.0)
CHOICE = questions.Choice("yes", "It is.")
OTHERS = (questions.Choice("no", "It is.", "not"), questions.Choice("never", "It is.", "not ever"))
QUESTION = questions.Question("Is it?", (CHOICE, *OTHERS))
FIGURE = plots.figure()[0]
POINTS = "floating-point tensor of shape (n, 2)"

CASES = (
    {
        rng.randn: [
            (lambda: rng.randn(2, -1, generator=None, like=V), "shape must be whole numbers", "(2, -1)"),
            (lambda: rng.randn(2.0, generator=None, like=V), "shape must be whole numbers", "(2.0,)"),
            (lambda: rng.randn(2, generator=7, like=V), "generator must be a CPU torch.Generator or None", "got 7"),
            (lambda: rng.randn(2, generator=None, like=WHOLE), "like must be a floating-point tensor", INT),
        ],
        rng.rand: [
            (lambda: rng.rand("3", generator=None, like=V), "shape must be whole numbers", "'3'"),
            (lambda: rng.rand(3, generator=None, like=1.0), "like must be a floating-point tensor", "got 1.0"),
        ],
        rng.choice: [
            (lambda: rng.choice(0, HALF, generator=None), "n must be a whole number of at least 1", "got 0"),
            (lambda: rng.choice(2, NEGATIVE, generator=None), "probabilities must be finite, none negative", "-0.5 to 1.5"),
            (lambda: rng.choice(2, torch.zeros(3), generator=None), "not all 0", "from 0 to 0"),
            (lambda: rng.choice(2, HALF * NAN, generator=None), "probabilities must be finite", "nan"),
            (lambda: rng.choice(2, EMPTY, generator=None), "at least one value", "(0,)"),
            (lambda: rng.choice(2, X, generator=None), "shape (k,)", "(4, 2)"),
            (lambda: rng.choice(2, HALF, generator=0), "CPU torch.Generator", "got 0"),
        ],
        rng.fresh: [(lambda: rng.fresh(0.5), "whole number", "got 0.5"), (lambda: rng.fresh(2**64), "2**64 - 1", str(2**64))],
        rng.seeded: [
            (lambda: entered(rng.seeded("0")), "whole number", "'0'"),
            (lambda: entered(rng.seeded(True)), "whole number", "True"),
        ],
        nets.mlp: [
            (lambda: nets.mlp(2), "an input and an output width", "(2,)"),
            (lambda: nets.mlp(2, 0, 1), "widths[1] must be a whole number", "got 0"),
            (lambda: nets.mlp(2, 2.5), "widths[1] must be a whole number", "got 2.5"),
            (lambda: nets.mlp(2, 1, activation=nn.ReLU()), "activation must be a class such as nn.ReLU", "ReLU()"),
            (lambda: nets.mlp(2, 1, activation="relu"), "activation must be a class", "'relu'"),
        ],
        nets.score_mlp: [
            (lambda: nets.score_mlp(), "an input width", "no width"),
            (lambda: nets.score_mlp(-1), "widths[0] must be a whole number", "got -1"),
        ],
        train.Player: [
            (lambda: player(name=""), "name must be a text", "''"),
            (lambda: player(loss=3), "loss of a must be a function", "got 3"),
            (lambda: player(optimizer=None), "optimizer of a must be an object of type Optimizer", "None"),
            (lambda: player(turns=0), "turns of a must be a whole number", "got 0"),
            (lambda: player(turns=NAN), "turns of a must be a whole number", "nan"),
            (lambda: player(after=1), "after of a must be a function", "got 1"),
        ],
        train.Player.turn: [
            (lambda: player(loss=lambda x: x).turn(X), "must return a scalar on the graph", "(4, 2)"),
            (lambda: player(loss=lambda x: 1.0).turn(X), "must return a scalar on the graph", "got 1.0"),
            (lambda: player(loss=lambda x: x.sum()).turn(X), "must return a scalar on the graph", "shape ()"),
        ],
        train.play: [
            (lambda: played([]), "at least one player", "[]"),
            (lambda: played([player(), player()]), "names of their own", "['a', 'a']"),
            (lambda: played(["a"]), "players[0] must be an object of type Player", "'a'"),
            (lambda: played([player()], rounds=0), "rounds must be a whole number", "got 0"),
            (lambda: played([player()], rounds=math.inf), "rounds must be a whole number", "inf"),
            (lambda: played([player()], stream=[X]), "batches must be an object of type Iterator", "[tensor("),
        ],
        metrics.mode_report: [
            (lambda: metrics.mode_report(V, MIX), "x must have shape (n, d)", "(4,)"),
            (lambda: metrics.mode_report(WHOLE, MIX), "floating-point", INT),
            (lambda: metrics.mode_report(X[:0], MIX), "n > 0", "(0, 2)"),
            (lambda: metrics.mode_report(torch.zeros(4, 3), MIX), "(n, 2)", "(4, 3)"),
            (lambda: metrics.mode_report(X, MIX, within=-1), "within must be a positive number", "got -1"),
            (lambda: metrics.mode_report(X, MIX, within=NAN), "within must be a positive number", "nan"),
            (lambda: metrics.mode_report(X, "ring"), "mixture must be an object of type GaussianMixture", "'ring'"),
        ],
        metrics.sliced_w1: [
            (lambda: metrics.sliced_w1(X, X[:3]), "the same shape", "y (3, 2)"),
            (lambda: metrics.sliced_w1(X, None), "y must be a floating-point tensor", "None"),
            (lambda: metrics.sliced_w1(X[:0], X[:0]), "at least one value", "(0, 2)"),
            (lambda: metrics.sliced_w1(X, X, directions=0), "directions must be a whole number", "got 0"),
            (lambda: metrics.sliced_w1(X, X, generator=3), "CPU torch.Generator", "got 3"),
        ],
        metrics.frechet_distance: [
            (lambda: metrics.frechet_distance(X, torch.zeros(4, 3)), "the same width", "(4, 3)"),
            (lambda: metrics.frechet_distance(X, X[:1]), "at least two rows", "(1, 2)"),
            (lambda: metrics.frechet_distance(V, X), "x must have shape (n, d)", "(4,)"),
            (lambda: metrics.frechet_distance(X, X / 0), "x and y must be finite", "0 and 8 values"),
        ],
        plots.figure: [
            (lambda: plots.figure(0), "rows must be a whole number", "got 0"),
            (lambda: plots.figure(1, 1.5), "columns must be a whole number", "1.5"),
            (lambda: plots.figure(width=-2), "width must be a positive number", "-2"),
            (lambda: plots.figure(height=math.inf), "height must be a positive number", "inf"),
        ],
        plots.png: [(lambda: plots.png(3), "fig must be an object of type Figure", "got 3")],
        plots.show: [
            (lambda: plots.show(FIGURE, " "), "alt must be a text", "' '"),
            (lambda: plots.show("figure", "A line."), "fig must be an object of type Figure", "'figure'"),
        ],
        plots.scatter: [
            (lambda: plots.scatter(axes(), V), "shape (n, 2)", "(4,)"),
            (lambda: plots.scatter(axes(), torch.zeros(4, 3)), "shape (n, 2)", "(4, 3)"),
            (lambda: plots.scatter(axes(), [[0.0, 0.0]]), POINTS, "[[0.0, 0.0]]"),
            (lambda: plots.scatter(FIGURE, X), "ax must be an object of type Axes", "Figure"),
        ],
        plots.plane: [
            (lambda: plots.plane(axes(), 0), "extent must be a positive number", "got 0"),
            (lambda: plots.plane(axes(), NAN), "extent must be a positive number", "nan"),
            (lambda: plots.plane(None, 1.0), "ax must be an object of type Axes", "None"),
        ],
        plots.heatmap: [
            (lambda: plots.heatmap(axes(), 3, extent=1.0), "f must be a function", "got 3"),
            (lambda: plots.heatmap(axes(), net(), extent=-1.0), "extent must be a positive number", "-1.0"),
            (lambda: plots.heatmap(axes(), lambda x: x[:, 0], extent=1.0, points=0), "points must be a whole number", "got 0"),
            (lambda: plots.heatmap(axes(), lambda x: x, extent=1.0, points=3), "one number for each of the 9 points", "(9, 2)"),
            (lambda: plots.heatmap(axes(), lambda x: 1.0, extent=1.0), "f(x) must be a floating-point tensor", "got 1.0"),
        ],
        plots.arrows: [
            (lambda: plots.arrows(axes(), X, V), "direction must have shape (n, 2)", "(4,)"),
            (lambda: plots.arrows(axes(), X, X[:3]), "the same shape", "direction (3, 2)"),
            (lambda: plots.arrows(axes(), X[:0], X[:0]), "at least one value", "(0, 2)"),
            (lambda: plots.arrows(axes(), X, X, length=-1), "length must be zero or a positive number", "got -1"),
        ],
        plots.images: [
            (lambda: plots.images(axes(), X), "(n, 64)", "(4, 2)"),
            (lambda: plots.images(axes(), torch.zeros(0, 64)), "at least one value", "(0, 64)"),
            (lambda: plots.images(axes(), torch.zeros(1, 64), columns=0), "columns must be a whole number", "got 0"),
        ],
        plots.smooth: [
            (lambda: plots.smooth([]), "at least one number", "none"),
            (lambda: plots.smooth([1.0], 0), "window must be a whole number", "got 0"),
        ],
        widgets.explore: [
            (lambda: widgets.explore(3, "A line.", FIGURE), "picture must be a function", "got 3"),
            (lambda: widgets.explore(lambda: FIGURE, "", FIGURE), "alt must be a text", "''"),
            (lambda: widgets.explore(lambda: FIGURE, "A line.", None), "fig must be an object of type Figure", "None"),
            (lambda: widgets.explore(lambda a: FIGURE, "A line.", FIGURE, a=3), "a must be an object of type Widget", "got 3"),
        ],
        widgets.slider: [
            (lambda: widgets.slider("a", [1, 2], 3), "one of [1, 2]", "got 3"),
            (lambda: widgets.slider("a", 3, 3), "values must be an object of type list", "got 3"),
            (lambda: widgets.slider("", [1], 1), "label must be a text", "''"),
        ],
        widgets.toggle: [
            (lambda: widgets.toggle("a", [], 3), "one of []", "got 3"),
            (lambda: widgets.toggle(5, [3], 3), "label must be a text", "got 5"),
        ],
        widgets.Moves: [(lambda: widgets.Moves("ab"), "labels must be an object of type dict", "'ab'")],
        questions.Choice: [
            (lambda: questions.Choice("", "yes"), "text must be a text that is not empty", "''"),
            (lambda: questions.Choice("yes", None), "reply must be a text", "None"),
            (lambda: questions.Choice("yes", "yes", None), "misconception must be an object of type str", "None"),
        ],
        questions.Question: [
            (lambda: questions.Question("Is it?", (CHOICE, CHOICE, *OTHERS)), "exactly one of them right", "4 and 2"),
            (lambda: questions.Question("Is it?", (CHOICE,)), "three choices or more", "1 and 1"),
            (lambda: questions.Question("", (CHOICE, *OTHERS)), "prompt must be a text", "''"),
            (lambda: questions.Question("Is it?", "abc"), "choices must be an object of type tuple", "'abc'"),
            (lambda: questions.Question("Is it?", (1, 2, 3)), "choices[0] must be an object of type Choice", "got 1"),
        ],
        questions.Question.reply: [
            (lambda: QUESTION.reply("d"), "one of a, b, c", "'d'"),
            (lambda: QUESTION.reply(ipywidgets.Text), "one of a, b, c", "Text"),
        ],
        batches.stream: [
            (lambda: batches.stream(MIX, 0), "n must be a whole number", "got 0"),
            (lambda: batches.stream(X, 2), "source must be an object of type Model", "(4, 2)"),
            (lambda: batches.stream(MIX, 2, generator=1), "CPU torch.Generator", "got 1"),
        ],
        batches.shuffled: [
            (lambda: batches.shuffled(X, 5), "at most the number of rows", "got 5"),
            (lambda: batches.shuffled(X, 1.5), "n must be a whole number", "1.5"),
            (lambda: batches.shuffled([1, 2], 1), "x must be an object of type Tensor", "[1, 2]"),
            (lambda: batches.shuffled(torch.tensor(1.0), 1), "number of rows of x, shape ()", "got 1"),
            (lambda: batches.shuffled(X, 2, generator="cpu"), "CPU torch.Generator", "'cpu'"),
        ],
        digits.digit_batches: [(lambda: next(digits.digit_batches(0)), "n must be a whole number", "got 0")],
        digits.dequantised: [
            (lambda: digits.dequantised(WHOLE), "floating-point tensor of shape (n, 64)", INT),
            (lambda: digits.dequantised(X, generator=0), "CPU torch.Generator", "got 0"),
        ],
        grey.dequantise: [
            (lambda: grey.dequantise(X + 0.5, 4), "k must hold whole values from 0 to bins - 1 = 3", "others"),
            (lambda: grey.dequantise(X + 4, 4), "k must hold whole values from 0 to bins - 1 = 3", "others"),
            (lambda: grey.dequantise(X, 0), "bins must be a whole number", "got 0"),
            (lambda: grey.dequantise(WHOLE, 4), "k must be a floating-point tensor", INT),
            (lambda: grey.dequantise(X, 4, generator=0), "CPU torch.Generator", "got 0"),
        ],
        digits_features.trained: [
            (lambda: digits_features.trained(X), "train must be an object of type Digits", "(4, 2)"),
            (lambda: digits_features.trained(digits.Digits(X, V), rounds=0), "rounds must be a whole number", "got 0"),
        ],
        digits_features.save: [
            (lambda: digits_features.save(X, Path("a.npz")), "net must be an object of type Module", "tensor"),
            (lambda: digits_features.save(net(), "a.npz"), "path must be an object of type Path", "'a.npz'"),
        ],
        digits_features.features: [(lambda: digits_features.features(V), "x must have shape (n, 64)", "(4,)")],
        digits_features.classify: [(lambda: digits_features.classify(WHOLE), "floating-point tensor of shape (n, 64)", INT)],
        digits_features.accuracy: [(lambda: digits_features.accuracy(net(), X), "held_out must be an object of type Digits", "tensor")],
        toy2d.GaussianMixture: [
            (lambda: toy2d.GaussianMixture(V, 1.0), "centers must have shape (K, d)", "(4,)"),
            (lambda: toy2d.GaussianMixture(WHOLE, 1.0), "centers must be a floating-point tensor", INT),
            (lambda: toy2d.GaussianMixture(X[:0], 1.0), "at least one value", "(0, 2)"),
            (lambda: toy2d.GaussianMixture(X, 0), "std must be a positive number", "got 0"),
            (lambda: toy2d.GaussianMixture(X, NAN), "std must be a positive number", "nan"),
        ],
        toy2d.GaussianMixture.sample: [(lambda: MIX.sample(0), "n must be a whole number", "got 0")],
        toy2d.GaussianMixture.log_prob: [
            (lambda: MIX.log_prob(V), "x must have shape (n, d)", "(4,)"),
            (lambda: MIX.log_prob(torch.zeros(4, 1)), "(n, 2)", "(4, 1)"),
        ],
        toy2d.ring: [
            (lambda: toy2d.ring(0), "modes must be a whole number", "got 0"),
            (lambda: toy2d.ring(radius=-1), "radius must be a positive number", "got -1"),
            (lambda: toy2d.ring(std=math.inf), "std must be a positive number", "inf"),
        ],
        toy2d.grid: [
            (lambda: toy2d.grid(2.0), "side must be a whole number", "2.0"),
            (lambda: toy2d.grid(spacing=0), "spacing must be a positive number", "got 0"),
            (lambda: toy2d.grid(std="small"), "std must be a positive number", "'small'"),
        ],
        toy2d.Moons: [
            (lambda: toy2d.Moons(-0.1), "noise must be zero or a positive number", "-0.1"),
            (lambda: toy2d.Moons(NAN), "noise must be zero or a positive number", "nan"),
        ],
        toy2d.Moons.sample: [(lambda: toy2d.Moons().sample(1.0), "n must be a whole number", "1.0")],
        toy2d.Lines: [
            (lambda: toy2d.Lines(math.inf), "theta must be a finite number", "inf"),
            (lambda: toy2d.Lines(0.0, -1), "noise must be zero or a positive number", "got -1"),
        ],
        toy2d.Lines.sample: [(lambda: toy2d.Lines(0.0).sample(-3), "n must be a whole number", "got -3")],
        losses.discriminator_loss: [
            (lambda: losses.discriminator_loss(EMPTY, V), "real must hold at least one value", "(0,)"),
            (lambda: losses.discriminator_loss(V, WHOLE), "fake must be a floating-point tensor", INT),
            (lambda: losses.discriminator_loss(0.5, V), "real must be a floating-point tensor", "got 0.5"),
        ],
        losses.generator_loss: [
            (lambda: losses.generator_loss(EMPTY), "fake must hold at least one value", "(0,)"),
            (lambda: losses.generator_loss(WHOLE), "fake must be a floating-point tensor", INT),
            (lambda: losses.generator_loss([0.0]), "fake must be a floating-point tensor", "[0.0]"),
        ],
        losses.r1_penalty: [
            (lambda: losses.r1_penalty(X, V), "must require gradients", "does not"),
            (lambda: losses.r1_penalty(X.clone().requires_grad_(), V), "on the graph of x", "(4,)"),
            (lambda: losses.r1_penalty(y := X.clone().requires_grad_(), y[:3, 0]), "shape (n,) with n = 4", "(3,)"),
            (lambda: losses.r1_penalty(X, EMPTY), "logits must hold at least one value", "(0,)"),
        ],
        model.Implicit: [
            (lambda: model.Implicit(3, 2), "net must be an object of type Module", "got 3"),
            (lambda: model.Implicit(net(), 0), "latent_dim must be a whole number", "got 0"),
        ],
        model.Implicit.latent: [(lambda: implicit().latent(0), "n must be a whole number", "got 0")],
        model.Implicit.forward: [
            (lambda: implicit()(torch.zeros(4, 3)), "z must have shape (n, 2)", "(4, 3)"),
            (lambda: implicit()(WHOLE), "z must be a floating-point tensor", INT),
        ],
        model.Implicit.sample: [
            (lambda: implicit().sample(2.0), "n must be a whole number", "2.0"),
            (lambda: implicit().sample(2, generator=2), "CPU torch.Generator", "got 2"),
        ],
        games.gan_step: [
            (lambda: step(x=WHOLE), "x must be a floating-point tensor", INT),
            (lambda: step(z_g=None), "z_g must be a floating-point tensor", "None"),
            (lambda: step(opt_D=net()), "opt_D must be an object of type Optimizer", "Sequential"),
            (lambda: step(d_loss=1), "d_loss must be a function", "got 1"),
        ],
        games.critic_phase: [
            (lambda: phase(turns=0), "turns must be a whole number", "got 0"),
            (lambda: phase(batches=[X]), "batches must be an object of type Iterator", "[tensor("),
            (lambda: phase(latents=X), "latents must be an object of type Iterator", "(4, 2)"),
            (lambda: phase(optimizer=0.1), "optimizer must be an object of type Optimizer", "0.1"),
            (lambda: phase(clip=0.01), "clip must be a function", "0.01"),
        ],
        games.on_both: [
            (lambda: games.on_both(net(), X, torch.zeros(4, 3)), "rows of the same shape", "(4, 3)"),
            (lambda: games.on_both(net(), WHOLE, X), "x must be a floating-point tensor", INT),
            (lambda: games.on_both(None, X, X), "net must be a function", "None"),
        ],
        games.gan_game: [
            (lambda: game(games.gan_game, model=3), "model must be an object of type Model", "got 3"),
            (lambda: game(games.gan_game, discriminator=0), "discriminator must be a function", "got 0"),
            (lambda: game(games.gan_game, r1=-1), "r1 must be zero or a positive number", "got -1"),
            (lambda: game(games.gan_game, r1=NAN), "r1 must be zero or a positive number", "nan"),
            (lambda: game(games.gan_game, opt_G=None), "optimizer of generator must be an object of type Optimizer", "None"),
            (lambda: game(games.gan_game, turns=0), "turns of discriminator must be a whole number", "got 0"),
        ],
        games.wgan_game: [
            (lambda: game(games.wgan_game, bound=0), "bound must be a positive number", "got 0"),
            (lambda: game(games.wgan_game, bound=math.inf), "bound must be a positive number", "inf"),
            (lambda: game(games.wgan_game, penalty=-10), "penalty must be zero or a positive number", "-10"),
            (lambda: game(games.wgan_game, critic=V), "critic must be a function", "(4,)"),
            (lambda: game(games.wgan_game, after=1), "after of generator must be a function", "got 1"),
        ],
        recipes.set_up: [(lambda: recipes.set_up(0.5), "whole number", "0.5")],
        recipes.train: [
            (lambda: recipes.train([player()], MIX, seed=0, rounds=2), "a multiple of 4", "got 2"),
            (lambda: recipes.train([player()], X, seed=0, rounds=4), "source must be an object of type Model", "(4, 2)"),
            (lambda: recipes.train([player()], MIX, seed=None, rounds=4), "seed must be a whole number", "None"),
        ],
        recipes.train_gan: [(lambda: recipes.train_gan(MIX, r1=-1), "r1 must be zero or a positive number", "got -1")],
        recipes.train_wgan: [(lambda: recipes.train_wgan(MIX, bound=0), "bound must be a positive number", "got 0")],
        recipes.train_wgan_gp: [(lambda: recipes.train_wgan_gp(MIX, turns=0), "turns of critic must be a whole number", "got 0")],
        recipes_digits.averaging: [
            (lambda: recipes_digits.averaging(net(), 0.9), "model must be an object of type Implicit", "Sequential"),
            (lambda: recipes_digits.averaging(implicit(), 1.0), "decay must be below 1", "1.0"),
        ],
        recipes_digits.adam: [
            (lambda: recipes_digits.adam(net(), -1, (0.0, 0.9)), "lr must be a positive number", "got -1"),
            (lambda: recipes_digits.adam(X, 0.1, (0.0, 0.9)), "net must be an object of type Module", "(4, 2)"),
        ],
        recipes_digits.plain_digits: [(lambda: recipes_digits.plain_digits(lr=0), "lr must be a positive number", "got 0")],
        recipes_digits.r1_digits: [(lambda: recipes_digits.r1_digits(r1=-1), "r1 must be zero or a positive number", "got -1")],
        recipes_digits.clipped_digits: [(lambda: recipes_digits.clipped_digits(bound=-1), "bound must be a positive number", "got -1")],
        recipes_digits.penalty_digits: [(lambda: recipes_digits.penalty_digits(penalty=-1), "penalty must be zero or a positive", "-1")],
        theory.optimal_discriminator: [
            (lambda: theory.optimal_discriminator(V, X), "the same shape", "log_q (4, 2)"),
            (lambda: theory.optimal_discriminator(WHOLE, WHOLE), "log_p must be a floating-point tensor", INT),
        ],
        theory.kl_divergence: [
            (lambda: theory.kl_divergence(NEGATIVE, HALF), "p must hold probabilities", "(2,)"),
            (lambda: theory.kl_divergence(HALF, torch.ones(3) / 3), "the same shape", "q (3,)"),
        ],
        theory.js_divergence: [
            (lambda: theory.js_divergence(SHORT, HALF), "sum to 1", "0.4"),
            (lambda: theory.js_divergence(HALF, EMPTY), "q must hold probabilities", "(0,)"),
            (lambda: theory.js_divergence([0.5, 0.5], HALF), "p must be a floating-point tensor", "[0.5, 0.5]"),
            (lambda: theory.js_divergence(HALF, HALF.expand(3, 2)), "the same shape", "q (3, 2)"),
        ],
        theory.game_value: [
            (lambda: theory.game_value(HALF, HALF, 3 * HALF), "[0, 1]", "values outside"),
            (lambda: theory.game_value(HALF, HALF, NAN * HALF), "[0, 1]", "values outside"),
            (lambda: theory.game_value(HALF, HALF, 0.5), "discriminator must be a floating-point tensor", "got 0.5"),
            (lambda: theory.game_value(HALF, NEGATIVE, HALF), "q must hold probabilities", "(2,)"),
        ],
        theory.gan_value_at_optimum: [
            (lambda: theory.gan_value_at_optimum(HALF, SHORT), "q must sum to 1", "0.4"),
            (lambda: theory.gan_value_at_optimum(HALF, None), "q must be a floating-point tensor", "None"),
            (lambda: theory.gan_value_at_optimum(HALF, torch.ones(1)), "the same shape", "q (1,)"),
        ],
        theory.generator_kl_view: [
            (lambda: theory.generator_kl_view(HALF, HALF, 2 * HALF), "strictly between 0 and 1", "values outside"),
            (lambda: theory.generator_kl_view(HALF, torch.ones(1), HALF), "the same shape", "p_data (1,)"),
            (lambda: theory.generator_kl_view(NEGATIVE, HALF, HALF), "p must hold probabilities", "(2,)"),
        ],
        transport.parallel_lines: [
            (lambda: transport.parallel_lines(NAN), "theta must be a finite number", "nan"),
            (lambda: transport.parallel_lines("1"), "theta must be a finite number", "'1'"),
            (lambda: transport.parallel_lines(HALF), "theta must be a finite number", "(2,)"),
        ],
        transport.w1_grid: [
            (lambda: transport.w1_grid(HALF, HALF, torch.tensor([1.0, 0.0])), "grid must be increasing", "(2,)"),
            (lambda: transport.w1_grid(HALF, HALF, torch.tensor([0.0, NAN])), "grid must be increasing", "(2,)"),
            (lambda: transport.w1_grid(HALF, HALF, V), "shape (2,)", "(4,)"),
            (lambda: transport.w1_grid(HALF, HALF, [0.0, 1.0]), "grid must be a floating-point tensor", "[0.0, 1.0]"),
            (lambda: transport.w1_grid(HALF, SHORT, HALF), "q must sum to 1", "0.4"),
        ],
        transport.w1_samples: [
            (lambda: transport.w1_samples(X, V), "x must have shape (n,)", "(4, 2)"),
            (lambda: transport.w1_samples(V, EMPTY), "y must hold at least one value", "(0,)"),
            (lambda: transport.w1_samples(V, torch.zeros(3, dtype=torch.int32)), "y must be a floating-point tensor", "int32"),
        ],
        transport.w1_weighted: [
            (lambda: transport.w1_weighted(V, HALF, HALF, HALF), "x and p must have the same shape", "p (2,)"),
            (lambda: transport.w1_weighted(HALF, HALF, HALF, SHORT), "q must sum to 1", "0.4"),
            (lambda: transport.w1_weighted(X, X, V, V), "x must have shape (n,)", "(4, 2)"),
            (lambda: transport.w1_weighted(HALF, None, HALF, HALF), "p must be a floating-point tensor", "None"),
        ],
        transport.w1_primal: [
            (lambda: transport.w1_primal(HALF, HALF, torch.ones(2, 3)), "(2, 2)", "(2, 3)"),
            (lambda: transport.w1_primal(HALF, HALF, COST / 0), "finite everywhere", "4 values"),
            (lambda: transport.w1_primal(HALF, HALF, 1.0), "cost must be a floating-point tensor", "got 1.0"),
            (lambda: transport.w1_primal(COST / 2, HALF, COST), "p must have shape (n,)", "(2, 2)"),
            (lambda: transport.w1_primal(HALF, NEGATIVE, COST), "q must hold probabilities", "(2,)"),
        ],
        transport.kr_dual_value: [
            (lambda: transport.kr_dual_value(V, HALF, HALF, COST), "the same shape", "f (4,)"),
            (lambda: transport.kr_dual_value(HALF, HALF, HALF, torch.ones(2, 3)), "(2, 2)", "(2, 3)"),
            (lambda: transport.kr_dual_value(HALF, HALF, HALF, COST, -1.0), "bound must be a positive number", "-1.0"),
            (lambda: transport.kr_dual_value(COST, COST / 2, COST / 2, COST), "f must have shape (n,)", "(2, 2)"),
            (lambda: transport.kr_dual_value(HALF, SHORT, HALF, COST), "p must sum to 1", "0.4"),
        ],
        wasserstein.critic_loss: [
            (lambda: wasserstein.critic_loss(V, EMPTY), "fake must hold at least one value", "(0,)"),
            (lambda: wasserstein.critic_loss(WHOLE, V), "real must be a floating-point tensor", INT),
        ],
        wasserstein.wgan_generator_loss: [
            (lambda: wasserstein.wgan_generator_loss(EMPTY), "fake must hold at least one value", "(0,)"),
            (lambda: wasserstein.wgan_generator_loss(1), "fake must be a floating-point tensor", "got 1"),
        ],
        wasserstein.clip_weights_: [
            (lambda: wasserstein.clip_weights_(net(), 0), "bound must be a positive number", "got 0"),
            (lambda: wasserstein.clip_weights_(net(), -0.01), "bound must be a positive number", "-0.01"),
            (lambda: wasserstein.clip_weights_(net(), NAN), "bound must be a positive number", "nan"),
            (lambda: wasserstein.clip_weights_(X, 0.1), "module must be an object of type Module", "(4, 2)"),
        ],
        wasserstein.gradient_penalty: [
            (lambda: wasserstein.gradient_penalty(net(), X, X, torch.zeros(4, 1)), "eps must have shape (n,)", "(4, 1)"),
            (lambda: wasserstein.gradient_penalty(net(), X, X, torch.zeros(3)), "n = 4", "(3,)"),
            (lambda: wasserstein.gradient_penalty(net(), X, X[:3], V), "the same shape", "fake (3, 2)"),
            (lambda: wasserstein.gradient_penalty(net(), WHOLE, X, V), "real must be a floating-point tensor", INT),
            (lambda: wasserstein.gradient_penalty(net(), X[:0], X[:0], EMPTY), "at least one value", "(0, 2)"),
            (lambda: wasserstein.gradient_penalty(X, X, X, V), "critic must be a function", "(4, 2)"),
        ],
        wasserstein.mlp_lipschitz_bound: [
            (lambda: wasserstein.mlp_lipschitz_bound(nn.Linear(2, 1)), "mlp must be an object of type Sequential", "Linear("),
            (lambda: wasserstein.mlp_lipschitz_bound(nn.Sequential(nn.Linear(2, 1), nn.GELU())), "mlp may hold Linear, ReLU", "got GELU"),
        ],
    }
    | DATA
    | FLOWS
    | KNOWLEDGE
    | MODELS
)


def title(function):
    return f"{function.__module__}.{function.__qualname__}"


def takes_arguments(function):
    return bool([name for name in inspect.signature(function).parameters if name != "self"])


def is_record(kind):
    return issubclass(kind, tuple) or getattr(kind, "_is_protocol", False) or title(kind) in RECORDS


def methods(kind):
    """The class itself, if it says how it is made, and its methods with a body, its own checks left out."""
    if "__init__" in vars(kind):
        yield kind
    for name, f in vars(kind).items():
        if not name.startswith(("_", "want_")) and inspect.isfunction(f) and takes_arguments(f) and not hasattr(f, "__isabstractmethod__"):
            yield f


def public(module):
    """Functions, classes and their methods that a module defines and that take arguments; its own checks left out."""
    for name, value in vars(module).items():
        if name.startswith(("_", "want_")) or getattr(value, "__module__", None) != module.__name__:
            continue
        if inspect.isfunction(value) and takes_arguments(value):
            yield value
        if inspect.isclass(value) and not is_record(value):
            yield from methods(value)


def modules():
    names = [found.name for found in pkgutil.walk_packages(pgmkit.__path__, "pgmkit.")]
    return [importlib.import_module(name) for name in names if not name.startswith(TOOLS)]


def test_every_public_function_has_a_case():
    found = {title(value) for module in modules() for value in public(module)} - INNER
    assert found == {title(value) for value in CASES}


@pytest.mark.parametrize(
    ("call", "wanted", "came"),
    [pytest.param(*case, id=f"{title(function)}-{i}") for function, cases in CASES.items() for i, case in enumerate(cases)],
)
def test_a_wrong_argument_says_what_was_wanted_and_what_came(call, wanted, came):
    with pytest.raises(ValueError) as caught:
        call()
    before, got, after = str(caught.value).rpartition("got ")
    assert got, "the message says what came"
    assert wanted in before
    assert came in got + after
