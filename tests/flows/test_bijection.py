"""Composition, and the oracle that tells right layers from wrong ones."""

import math

import pytest
import torch
from torch.func import vmap
from torch.testing import assert_close

from pgmkit.flows import (
    ActNorm,
    Affine,
    Bijection,
    Compose,
    Inverse,
    Permute,
    compose_forward,
    compose_inverse,
    jacobian_log_det,
    keeps_contract,
)
from pgmkit.rng import fresh

from .cases import CASES, latents, made


def double():
    return Affine(torch.tensor([2.0]).log(), torch.zeros(1))


def plus_one():
    return Affine(torch.zeros(1), torch.ones(1))


def test_the_first_map_comes_first():
    z, fs = torch.tensor([[3.0]]), [double(), plus_one()]
    assert_close(compose_forward(z, fs)[0], torch.tensor([[7.0]]))
    assert_close(compose_inverse(torch.tensor([[7.0]]), fs)[0], z)
    assert_close(Compose(*reversed(fs))(z)[0], torch.tensor([[8.0]]))


def test_log_dets_add_up():
    fs = [made("affine"), made("planar"), made("plain 1x1 on an image")]
    z = torch.randn(3, 3, generator=fresh(0))
    x, wanted = z, torch.zeros(3)
    for f in fs:
        x, log_det = f(x)
        wanted = wanted + log_det
    came, total = compose_forward(z, fs)
    assert_close(came, x)
    assert_close(total, wanted)


def test_the_inverse_turns_round_and_back():
    f, z = made("compose"), latents("compose", 3)
    for came, wanted in zip((*Inverse(f)(z), *Inverse(Inverse(f))(z), *Inverse(f).inverse(z)), (*f.inverse(z), *f(z), *f(z)), strict=True):
        assert torch.equal(came, wanted)


def test_a_composition_holds_the_parameters_of_its_maps():
    f = Compose(double(), Inverse(plus_one()), Permute([0]))
    assert len(list(f.parameters())) == 4
    assert {key.split(".")[1] for key in f.state_dict()} == {"0", "1", "2"}


def test_large_values_whose_sum_overflows_are_still_finite():
    x = torch.full((4, 3), 1e308)
    assert Permute([2, 1, 0])(x)[0].isfinite().all()


def test_checks_let_vmap_pass():
    f, z = made("real_nvp"), latents("real_nvp", 3)
    assert_close(vmap(lambda row: f(row[None])[0][0])(z), f(z)[0])


@pytest.mark.parametrize("shape", [(3,), (2, 1, 2)])
def test_jacobian_log_det_of_known_maps(shape):
    z = torch.randn(4, *shape, generator=fresh(0))
    size = math.prod(shape)
    assert_close(jacobian_log_det(lambda z: 3 * z, z), torch.full((4,), size * math.log(3)))
    assert_close(jacobian_log_det(lambda z: -z.exp(), z), z.flatten(1).sum(1))
    assert jacobian_log_det(lambda z: z, z[:0]).shape == (0,)


class Wrong(Bijection):
    """A right scale of e^2, until one of its four answers is changed."""

    def __init__(self, part, change):
        super().__init__()
        self.part, self.change = part, change

    def answer(self, value, log_det, part):
        answers = [value, log_det]
        if self.part // 2 == part:
            answers[self.part % 2] = self.change(answers[self.part % 2])
        return tuple(answers)

    def forward(self, z):
        return self.answer(z * math.exp(2), torch.full((len(z),), 2.0 * z.shape[1]), 0)

    def inverse(self, x):
        return self.answer(x * math.exp(-2), torch.full((len(x),), -2.0 * x.shape[1]), 1)


MISTAKES = {
    "x is shifted": (0, lambda x: x + 1e-3),
    "log_det of forward has the wrong sign": (1, lambda log_det: -log_det),
    "log_det of forward is a mean": (1, lambda log_det: log_det / 3),
    "log_det of forward is one number": (1, lambda log_det: log_det[0]),
    "log_det of forward has a column too many": (1, lambda log_det: log_det[:, None]),
    "z is not undone": (2, lambda z: z * 1.001),
    "log_det of inverse is that of forward": (3, lambda log_det: -log_det),
    "log_det of inverse is missing": (3, torch.zeros_like),
    "log_det of inverse is not a number": (3, lambda log_det: log_det * math.nan),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_keeps_contract_rejects(name):
    z = torch.randn(4, 3, generator=fresh(0))
    assert keeps_contract(Wrong(4, None), z) is True
    assert keeps_contract(Wrong(*MISTAKES[name]), z) is False


def test_keeps_contract_sees_a_mistake_in_one_row_only():
    z = torch.randn(4, 3, generator=fresh(0))

    def last_row(log_det):
        return torch.cat([log_det[:-1], log_det[-1:] + 1e-3])

    assert keeps_contract(Wrong(1, last_row), z) is False
    assert keeps_contract(Wrong(1, last_row), z, tolerance=1e-2) is True


def test_keeps_contract_rejects_a_layer_that_moves_while_it_is_looked_at():
    """A fresh actnorm in training starts from x: its inverse is not that of the forward before."""
    z = 5 + torch.randn(8, 4, generator=fresh(0))
    assert keeps_contract(ActNorm(4).eval(), z)
    assert not keeps_contract(ActNorm(4).train(), z)


def test_every_case_has_latents_of_its_shape():
    assert all(latents(name, 2).shape == (2, *case.shape) for name, case in CASES.items())
