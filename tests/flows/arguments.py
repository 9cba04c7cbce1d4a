"""Wrong arguments of the flows, for `test_arguments.py`: (call, what was wanted, what came)."""

import math
from importlib import import_module

import torch
from torch import nn
from torch.optim import SGD

from pgmkit.data.toy2d import ring
from pgmkit.flows import actnorm, bijection, classes, contract, coupling, density, games, images, memory, planar, recipes, scales

X, V, IMAGE, WHOLE, WRONG = (
    torch.zeros(4, 2),
    torch.zeros(4),
    torch.zeros(4, 2, 2, 4),
    torch.zeros(4, 2, dtype=torch.int64),
    torch.zeros(4, 3),
)
EYE, TWO, NAN = torch.eye(2), torch.zeros(2), math.nan
NOT_FINITE = torch.tensor([[0.0, NAN]])
conv1x1, glow = (import_module(f"pgmkit.flows.{name}") for name in ("conv1x1", "glow"))  # the package has functions of these names

INT = "(4, 2) and dtype int64"
Y = torch.zeros(4, dtype=torch.int64)


def affine():
    return actnorm.Affine(TWO, TWO)


def flow():
    return density.Flow(density.StandardNormal(2), affine())


def class_flow():
    return density.Flow(classes.ClassGaussians(3, 2), affine())


def net():
    return nn.Sequential(nn.Linear(1, 2))


def step():
    return glow.GlowStep(actnorm.ActNorm(4), conv1x1.PLUConv1x1(4), coupling.AffineCoupling(glow.conv_prior(2, 2)))


def sgd():
    return SGD([torch.zeros(1, requires_grad=True)], 1.0)


def both(make, name="z", *, bad=WRONG, wanted="must have shape (n, ..., 2)", came="(4, 3)"):
    """Cases of one direction: a wrong width, whole numbers, a value that is not finite."""
    direction = "forward" if name == "z" else "inverse"
    return [
        (lambda: getattr(make(), direction)(bad), f"{name} {wanted}", came),
        (lambda: getattr(make(), direction)(WHOLE), f"{name} must be a floating-point tensor", INT),
        (lambda: getattr(make(), direction)(V), f"{name} must have shape", "(4,)"),
        (lambda: getattr(make(), direction)(NOT_FINITE), f"{name} must be finite", "1 values"),
    ]


def image(make, name):
    """Cases of one direction of a layer on images."""
    direction = "forward" if name == "z" else "inverse"
    return [
        (lambda: getattr(make(), direction)(X), f"{name} must have shape (n, ", "(4, 2)"),
        (lambda: getattr(make(), direction)(IMAGE.long()), f"{name} must be a floating-point tensor", "int64"),
        (lambda: getattr(make(), direction)(IMAGE / 0), f"{name} must be finite", "64 values"),
    ]


def clear(make, name):
    """Cases of one direction of a layer that names the channels or the matrix that do not fit."""
    direction = "forward" if name == "z" else "inverse"
    return [
        (lambda: getattr(make(), direction)(WRONG), "must", "tensor"),
        (lambda: getattr(make(), direction)(torch.tensor(1.0)), "must", "shape"),
        (lambda: getattr(make(), direction)(NOT_FINITE), "must be finite", "1 values"),
        (lambda: getattr(make(), direction)(WHOLE), "must be a floating-point tensor", INT),
    ]


def composed():
    return bijection.Compose(affine())


def split():
    return scales.Split(scales.Flat((2, 2, 2)), (2, 2, 4))


BIJECTIONS = {
    actnorm.Affine: [
        (lambda: actnorm.Affine(X, TWO), "log_s must have shape (d,)", "(4, 2)"),
        (lambda: actnorm.Affine(TWO, V), "the same shape (d,)", "(4,)"),
        (lambda: actnorm.Affine(1.0, TWO), "log_s must be a floating-point tensor", "1.0"),
    ],
    actnorm.Affine.forward: both(affine),
    actnorm.Affine.inverse: both(affine, "x"),
    bijection.Permute: [
        (lambda: bijection.Permute([0, 2]), "each of 0, ..., d - 1 once", "[0, 2]"),
        (lambda: bijection.Permute([0, 0]), "each of 0, ..., d - 1 once", "[0, 0]"),
        (lambda: bijection.Permute([]), "each of 0, ..., d - 1 once", "[]"),
    ],
    bijection.Permute.forward: both(lambda: bijection.Permute([1, 0])),
    bijection.Permute.inverse: both(lambda: bijection.Permute([1, 0]), "x"),
    bijection.Compose: [
        (lambda: bijection.Compose(affine(), 3), "fs[1] must be an object of type Bijection", "got 3"),
        (lambda: bijection.Compose(nn.Identity()), "fs[0] must be an object of type Bijection", "Identity()"),
    ],
    bijection.Compose.forward: both(composed),
    bijection.Compose.inverse: both(composed, "x"),
    bijection.compose_forward: [
        (lambda: bijection.compose_forward(V, []), "z must have shape (n, ..., d)", "(4,)"),
        (lambda: bijection.compose_forward(NOT_FINITE, []), "z must be finite", "1 values"),
    ],
    bijection.compose_inverse: [
        (lambda: bijection.compose_inverse(WHOLE, []), "x must be a floating-point tensor", INT),
        (lambda: bijection.compose_inverse(X / 0, []), "x must be finite", "8 values"),
    ],
    bijection.Inverse: [(lambda: bijection.Inverse(nn.Identity()), "f must be an object of type Bijection", "Identity()")],
    bijection.Inverse.forward: both(lambda: bijection.Inverse(bijection.Inverse(affine()))),
    bijection.Inverse.inverse: both(lambda: bijection.Inverse(bijection.Inverse(affine())), "x"),
    bijection.volume: [
        (lambda: bijection.volume(TWO, X), "log_s must have shape ()", "(2,)"),
        (lambda: bijection.volume(torch.tensor(1.0), WHOLE), "x must be a floating-point tensor", INT),
    ],
    planar.bisect: [
        (lambda: planar.bisect(3, V, V, V, 9), "f must be a function", "got 3"),
        (lambda: planar.bisect(abs, 1.0, V, V, 9), "target must be a floating-point tensor", "got 1.0"),
        (lambda: planar.bisect(abs, V, WHOLE, V, 9), "low must be a floating-point tensor", INT),
        (lambda: planar.bisect(abs, V, V, V, 0), "halvings must be a whole number", "got 0"),
    ],
    planar.Planar: [(lambda: planar.Planar(0), "dim must be a whole number of at least 1", "got 0")],
    planar.Planar.forward: both(lambda: planar.Planar(2)),
    planar.Planar.inverse: both(lambda: planar.Planar(2), "x"),
    actnorm.ActNorm: [(lambda: actnorm.ActNorm(1.5), "channels must be a whole number", "1.5")],
    actnorm.ActNorm.forward: clear(lambda: actnorm.ActNorm(2), "z"),
    actnorm.ActNorm.inverse: clear(lambda: actnorm.ActNorm(2), "x"),
    actnorm.normalise: [
        (lambda: actnorm.normalise(X, V, TWO), "log_s must have one number for each channel", "(4,)"),
        (lambda: actnorm.normalise(X, TWO, EYE), "b must have shape (c,)", "(2, 2)"),
        (lambda: actnorm.normalise(TWO, TWO, TWO), "x must have shape (n, ..., d)", "(2,)"),
    ],
    actnorm.denormalise: [
        (lambda: actnorm.denormalise(X, TWO, V), "b must have one number for each channel", "(4,)"),
        (lambda: actnorm.denormalise(NOT_FINITE, TWO, TWO), "z must be finite", "1 values"),
    ],
    actnorm.initialise_: [
        (lambda: actnorm.initialise_(3, X), "layer must be an object of type Module", "got 3"),
        (lambda: actnorm.initialise_(actnorm.ActNorm(3), X), "must have one number for each channel", "(3,)"),
        (lambda: actnorm.initialise_(actnorm.ActNorm(2), NOT_FINITE), "x must be finite", "1 values"),
    ],
    conv1x1.conv1x1: [
        (lambda: conv1x1.conv1x1(WRONG, EYE), "a matrix over the channels of x", "(2, 2)"),
        (lambda: conv1x1.conv1x1(X, X), "weight must be a matrix", "(4, 2)"),
        (lambda: conv1x1.conv1x1(X, None), "weight must be a floating-point tensor", "None"),
    ],
    conv1x1.conv1x1_inverse: [
        (lambda: conv1x1.conv1x1_inverse(X, TWO), "weight must have shape (c, c)", "(2,)"),
        (lambda: conv1x1.conv1x1_inverse(NOT_FINITE, EYE), "z must be finite", "1 values"),
    ],
    conv1x1.inverse: [
        (lambda: conv1x1.inverse(X), "weight must be square", "(4, 2)"),
        (lambda: conv1x1.inverse(3), "weight must be", "got 3"),
    ],
    conv1x1.rotation: [(lambda: conv1x1.rotation(0), "channels must be a whole number", "got 0")],
    conv1x1.PlainConv1x1: [(lambda: conv1x1.PlainConv1x1(-1), "channels must be a whole number", "got -1")],
    conv1x1.PLUConv1x1: [(lambda: conv1x1.PLUConv1x1("3"), "channels must be a whole number", "'3'")],
    conv1x1.Conv1x1.forward: clear(lambda: conv1x1.PlainConv1x1(2), "z"),
    conv1x1.Conv1x1.inverse: clear(lambda: conv1x1.PLUConv1x1(2), "x"),
    coupling.couple: [
        (lambda: coupling.couple(X, 3), "net must be a function", "got 3"),
        (lambda: coupling.couple(WHOLE, net()), "z must be a floating-point tensor", INT),
    ],
    coupling.uncouple: [
        (lambda: coupling.uncouple(X, "net"), "net must be a function", "'net'"),
        (lambda: coupling.uncouple(3, net()), "x must be a floating-point tensor", "got 3"),
    ],
    coupling.ScaleShift: [
        (lambda: coupling.ScaleShift(3), "net must be an object of type Sequential", "got 3"),
        (lambda: coupling.ScaleShift(net(), bound=0), "bound must be a positive number", "got 0"),
    ],
    coupling.ConvScaleShift: [
        (lambda: coupling.ConvScaleShift(3, net()), "net must be an object of type Module", "got 3"),
        (lambda: coupling.ConvScaleShift(net(), net(), bound=NAN), "bound must be a positive number", "nan"),
    ],
    coupling.zero_: [(lambda: coupling.zero_(V), "layer must be an object of type Module", "(4,)")],
    coupling.halves: [
        (lambda: coupling.halves(X[:, :1]), "with d at least 2", "(4, 1)"),
        (lambda: coupling.halves(WHOLE), "x must be a floating-point tensor", INT),
    ],
    coupling.fitted: [
        (lambda: coupling.fitted(3, X), "net must be a function", "got 3"),
        (lambda: coupling.fitted(lambda a: (a[:, :1], a), torch.zeros(4, 4))(torch.zeros(4, 2)), "the half that changes, (4, 2)", "(4, 1)"),
    ],
    coupling.ReluNet: [(lambda: coupling.ReluNet(1, 0, 2), "widths[1] must be a whole number of at least 1", "got 0")],
    coupling.AffineCoupling: [(lambda: coupling.AffineCoupling(len), "net must be an object of type Module", "len")],
    coupling.AffineCoupling.forward: both(lambda: coupling.AffineCoupling(net()))[1:],
    coupling.AffineCoupling.inverse: both(lambda: coupling.AffineCoupling(net()), "x")[1:],
    coupling.Couplings: [(lambda: coupling.Couplings(net(), 3), "nets[1] must be an object of type Module", "got 3")],
    coupling.Couplings.joined: [
        (
            lambda: coupling.Couplings(coupling.ScaleShift(nn.Sequential(nn.Linear(1, 4)))).inverse(torch.zeros(4, 2)),
            "the shape of the half that changes",
            "(4, 2)",
        ),
    ],
    coupling.Couplings.forward: both(lambda: coupling.Couplings(net()), "x")[1:],
    coupling.Couplings.inverse: both(lambda: coupling.Couplings(net()), "x")[1:],
    contract.jacobian_log_det: [
        (lambda: contract.jacobian_log_det(3, X), "f must be a function", "got 3"),
        (lambda: contract.jacobian_log_det(abs, V), "z must have shape (n, ..., d)", "(4,)"),
    ],
    contract.keeps_contract: [
        (lambda: contract.keeps_contract(None, X), "f must be a function", "None"),
        (lambda: contract.keeps_contract(affine(), X, tolerance=0), "tolerance must be a positive number", "got 0"),
        (lambda: contract.keeps_contract(affine(), WHOLE), "z must be a floating-point tensor", INT),
    ],
}

DENSITIES = {
    density.change_of_variables: [
        (lambda: density.change_of_variables(X, abs, abs, abs), "x must have shape (n,)", "(4, 2)"),
        (lambda: density.change_of_variables(V, abs, 1.0, abs), "df_inv must be a function", "1.0"),
    ],
    density.normal_log_prob: [
        (lambda: density.normal_log_prob(WHOLE), "z must be a floating-point tensor", INT),
    ],
    density.flow_log_prob: [
        (lambda: density.flow_log_prob(WRONG, affine(), density.normal_log_prob), "x must have shape (n, ..., 2)", "(4, 3)")
    ],
    density.flow_sample: [(lambda: density.flow_sample(0, affine(), density.StandardNormal(2)), "n must be a whole number", "got 0")],
    density.StandardNormal: [(lambda: density.StandardNormal(2, 0), "shape[1] must be a whole number", "got 0")],
    density.StandardNormal.sample: [
        (lambda: density.StandardNormal(2).sample(1.5), "n must be a whole number", "1.5"),
        (lambda: density.StandardNormal(2).sample(2, temperature=-1), "temperature must be zero or a positive number", "got -1"),
        (lambda: density.StandardNormal(2).sample(2, generator=7), "CPU torch.Generator", "got 7"),
    ],
    density.StandardNormal.log_prob: [
        (lambda: density.StandardNormal(2).log_prob(WRONG), "z must have shape (n, 2)", "(4, 3)"),
        (lambda: density.StandardNormal(2).log_prob(WHOLE), "z must be a floating-point tensor", INT),
    ],
    density.Flow: [
        (lambda: density.Flow(3, affine()), "base must be an object of type Module", "got 3"),
        (lambda: density.Flow(density.StandardNormal(2), nn.Identity()), "f must be an object of type Bijection", "Identity()"),
    ],
    density.Flow.sample: [
        (lambda: flow().sample(0), "n must be a whole number", "got 0"),
        (lambda: flow().sample(2, temperature=NAN), "temperature must be zero or a positive number", "nan"),
        (lambda: flow().sample(2, generator="cpu"), "CPU torch.Generator", "'cpu'"),
    ],
    density.Flow.log_prob: [
        (lambda: flow().log_prob(WRONG), "x must have shape (n, ..., 2)", "(4, 3)"),
        (lambda: flow().log_prob(WHOLE), "x must be a floating-point tensor", INT),
        (lambda: flow().log_prob(NOT_FINITE), "x must be finite", "1 values"),
    ],
    classes.ClassGaussians: [
        (lambda: classes.ClassGaussians(3, 4, top=5), "top must be at most dims = 4", "got 5"),
        (lambda: classes.ClassGaussians(0, 4), "classes must be a whole number", "got 0"),
        (lambda: classes.ClassGaussians(3, 4, top=0), "top must be a whole number", "got 0"),
    ],
    classes.ClassGaussians.sample_given: [
        (lambda: classes.ClassGaussians(3, 2).sample_given(Y + 3), "labels from 0 to 2", "(4,)"),
        (lambda: classes.ClassGaussians(3, 2).sample_given(Y, temperature=-1), "temperature must be zero or a positive number", "got -1"),
    ],
    classes.ClassGaussians.log_prob_given: [
        (lambda: classes.ClassGaussians(3, 2).log_prob_given(X, V), "labels from 0 to 2", "(4,)"),
        (lambda: classes.ClassGaussians(3, 2).log_prob_given(X, Y[:1]), "one label for each of the 4 rows", "(1,)"),
        (lambda: classes.ClassGaussians(3, 2).log_prob_given(WRONG, Y), "z must have shape (n, ..., 2)", "(4, 3)"),
    ],
    classes.ClassGaussians.log_joint: [(lambda: classes.ClassGaussians(3, 2).log_joint(WRONG), "z must have shape (n, ..., 2)", "(4, 3)")],
    classes.ClassGaussians.log_prob: [(lambda: classes.ClassGaussians(3, 2).log_prob(NOT_FINITE), "z must be finite", "1 values")],
    classes.ClassGaussians.sample: [
        (lambda: classes.ClassGaussians(3, 2).sample(0), "n must be a whole number", "got 0"),
        (lambda: classes.ClassGaussians(3, 2).sample(2, temperature=-1), "temperature must be zero or a positive number", "got -1"),
    ],
    classes.log_prob_given: [
        (lambda: classes.log_prob_given(flow(), X, Y), "flow.base must be an object of type ClassGaussians", "StandardNormal()"),
        (lambda: classes.log_prob_given(class_flow(), X, Y[:2]), "one label for each of the 4 rows", "(2,)"),
    ],
    classes.sample_given: [
        (lambda: classes.sample_given(affine(), Y), "flow must be an object of type Flow", "Affine()"),
        (lambda: classes.sample_given(class_flow(), V), "whole labels", "(4,)"),
    ],
    classes.log_posterior: [
        (lambda: classes.log_posterior(flow(), X), "flow.base must be an object of type ClassGaussians", "StandardNormal()"),
        (lambda: classes.log_posterior(class_flow(), WHOLE), "x must be a floating-point tensor", INT),
    ],
    games.flow_game: [
        (lambda: games.flow_game(affine(), sgd()), "flow must be an object of type Flow", "Affine()"),
        (lambda: games.flow_game(flow(), 0.1), "optimizer of flow must be an object of type Optimizer", "0.1"),
        (lambda: games.flow_game(flow(), sgd(), after=1), "after of flow must be a function", "got 1"),
    ],
    recipes.real_nvp: [
        (lambda: recipes.real_nvp(1), "dim must be at least 2", "got 1"),
        (lambda: recipes.real_nvp(2, couplings=0), "couplings must be a whole number", "got 0"),
        (lambda: recipes.real_nvp(2, bound=-1), "bound must be a positive number", "got -1"),
    ],
    recipes.train_real_nvp: [
        (lambda: recipes.train_real_nvp(X, seed=0), "data must be an object of type Model", "(4, 2)"),
        (lambda: recipes.train_real_nvp(ring(), seed=0, rounds=0), "rounds must be a whole number", "got 0"),
        (lambda: recipes.train_real_nvp(ring(), seed=0, lr=0), "lr must be a positive number", "got 0"),
        (lambda: recipes.train_real_nvp(ring(), seed=None), "seed must be a whole number", "None"),
    ],
    recipes.train_digits_glow: [
        (lambda: recipes.train_digits_glow(seed=0, rounds=0), "rounds must be a whole number", "got 0"),
        (lambda: recipes.train_digits_glow(seed=0.5), "seed must be a whole number", "0.5"),
    ],
    recipes.digit_images: [(lambda: next(recipes.digit_images(0)), "n must be a whole number", "got 0")],
}

GLOW = {
    images.squeeze: [
        (lambda: images.squeeze(torch.zeros(1, 3, 2, 1)), "an even height and width", "(1, 3, 2, 1)"),
        (lambda: images.squeeze(X), "x must have shape (n, h, w, c)", "(4, 2)"),
    ],
    images.unsqueeze: [
        (lambda: images.unsqueeze(torch.zeros(1, 2, 2, 3)), "a multiple of 4 channels", "(1, 2, 2, 3)"),
        (lambda: images.unsqueeze(IMAGE / 0), "z must be finite", "64 values"),
    ],
    images.bits_per_dim: [
        (lambda: images.bits_per_dim(1.0, 64, 17), "log_px must be a floating-point tensor", "1.0"),
        (lambda: images.bits_per_dim(V, 0, 17), "dims must be a whole number", "got 0"),
        (lambda: images.bits_per_dim(V, 64, 2.5), "bins must be a whole number", "2.5"),
    ],
    images.Squeeze.forward: image(images.Squeeze, "z"),
    images.Squeeze.inverse: image(images.Squeeze, "x"),
    images.ChannelsFirst.forward: image(images.ChannelsFirst, "z"),
    images.ChannelsFirst.inverse: image(images.ChannelsFirst, "x"),
    scales.Split: [
        (lambda: scales.Split(nn.Identity(), (2, 2, 4)), "rest must be an object of type Bijection", "Identity()"),
        (lambda: scales.Split(scales.Flat((2, 2, 2)), (2, 0, 4)), "shape[1] must be a whole number", "got 0"),
    ],
    scales.Split.forward: both(split, bad=X, wanted="must have shape (n, ..., 16)", came="(4, 2)")[:2],
    scales.Split.inverse: image(split, "x"),
    scales.Flat: [(lambda: scales.Flat((2, -1)), "shape[1] must be a whole number", "got -1")],
    scales.Flat.forward: [(lambda: scales.Flat((2, 2, 4))(X), "z must have shape (n, ..., 16)", "(4, 2)")],
    scales.Flat.inverse: image(lambda: scales.Flat((2, 2, 4)), "x"),
    scales.level_sizes: [(lambda: scales.level_sizes((1, 8, 8), 0), "levels must be a whole number", "got 0")],
    scales.resample_level: [
        (lambda: scales.resample_level(X, [1, 1], 2), "level must be 0 to 1", "got 2"),
        (lambda: scales.resample_level(X, [1, 2], 0), "add up to D", "(4, 2)"),
        (lambda: scales.resample_level(V, [4], 0), "z must have shape (n, D)", "(4,)"),
        (lambda: scales.resample_level(X, [1, 1], 0, generator=1), "CPU torch.Generator", "got 1"),
    ],
    scales.interpolate: [
        (lambda: scales.interpolate(V, TWO, 3), "must have one shape", "(2,)"),
        (lambda: scales.interpolate(V, V, 1), "steps must be at least 2", "1"),
        (lambda: scales.interpolate(X, X, 3), "z_0 must have shape (D,)", "(4, 2)"),
        (lambda: scales.interpolate(V, V, 2.5), "steps must be a whole number", "2.5"),
    ],
    glow.ConvNet: [
        (lambda: glow.ConvNet(0, 2), "c must be a whole number", "got 0"),
        (lambda: glow.ConvNet(2, 2, dropout=2.0), "between 0 and 1", "got 2.0"),
    ],
    glow.conv_conditioner: [
        (lambda: glow.conv_conditioner(2, 2, hidden=0), "hidden must be a whole number", "got 0"),
        (lambda: glow.conv_conditioner(2, 2, bound=0), "bound must be a positive number", "got 0"),
    ],
    glow.conv_prior: [(lambda: glow.conv_prior(2, 0), "out must be a whole number", "got 0")],
    glow.GlowStep: [
        (lambda: glow.GlowStep(affine(), conv1x1.PLUConv1x1(2), coupling.AffineCoupling(net())), "actnorm must be", "Affine()"),
        (lambda: glow.GlowStep(actnorm.ActNorm(2), affine(), coupling.AffineCoupling(net())), "conv must be", "Affine()"),
        (lambda: glow.GlowStep(actnorm.ActNorm(2), conv1x1.PLUConv1x1(2), net()), "coupling must be", "Sequential"),
    ],
    glow.GlowStep.forward: [(lambda: step()(X), "z must have shape (n, ..., 4)", "(4, 2)"), *image(step, "z")[1:]],
    glow.GlowStep.inverse: image(step, "x")[1:],
    glow.GlowSteps: [(lambda: glow.GlowSteps(step(), 3), "steps[1] must be an object of type GlowStep", "got 3")],
    glow.GlowSteps.forward: [(lambda: glow.GlowSteps(step())(IMAGE[..., :3]), "z must have shape (n, ..., 4)", "(4, 2, 2, 3)")],
    glow.GlowSteps.inverse: [(lambda: glow.GlowSteps(step()).eval().inverse(IMAGE / 0), "x must be finite", "64 values")],
    glow.glow_level: [
        (lambda: glow.glow_level((4, 4, 1), levels=1, steps=1, hidden=0, dropout=0.0, bound=2.0), "hidden must be a whole number", "got 0")
    ],
    glow.glow: [
        (lambda: glow.glow((1, 6, 8), levels=2, steps=1), "divisible by 2^levels = 4", "(1, 6, 8)"),
        (lambda: glow.glow((8, 8), levels=1, steps=1), "shape must be (c, h, w)", "(8, 8)"),
        (lambda: glow.glow((1, 8, 8), levels=0, steps=1), "levels must be a whole number", "got 0"),
        (lambda: glow.glow((1, 8, 8), levels=1, steps=1, bound=-1), "bound must be a positive number", "got -1"),
        (lambda: glow.glow((1, 8, 8), levels=1, steps=1, base=3), "base must be an object of type Module", "got 3"),
    ],
}

MEMORY = {
    memory.Recomputed: [
        (lambda: memory.Recomputed(affine(), 3), "fs[1] must be an object of type Bijection", "got 3"),
        (lambda: memory.Recomputed(coupling.AffineCoupling(nn.Dropout(0.5))), "no dropout", "Dropout"),
    ],
    memory.Recomputed.forward: both(lambda: memory.Recomputed(affine())),
    memory.Recomputed.inverse: both(lambda: memory.Recomputed(affine()), "x"),
}

CASES = BIJECTIONS | DENSITIES | GLOW | MEMORY
