"""Problem set 1: borrowing in a roundabout way earns nothing, partial credit is fair, and an odd answer meets a clear word."""

import logging
import sys
import warnings

import pytest
import torch
from torch.nn import functional as F

import pgmkit.gan
from pgmkit.checks import EXAMS, PROBLEM_SETS, check, ready
from pgmkit.checks.judge import judge
from pgmkit.checks.report import Report
from pgmkit.gan import discriminator_loss as held_under_another_name
from pgmkit.gan import generator_kl_view
from pgmkit.train import Player

PS1 = PROBLEM_SETS["ps1"]
CLOSED = [exam.reference for exam in PS1]
SEEDS = (0, 1, 2026)
CHECK = sys.modules["pgmkit.checks.check"]


def sit(name, answer, seed=0):
    return judge(EXAMS[name], answer, seed, CLOSED)


def lost(verdict):
    return [row.name for row in verdict.rows if row.reason]


def right_d_loss(real, fake):
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def right_step(model, discriminator, opt_G, opt_D, x, z_d, z_g, *, d_loss, g_loss):
    loss_D = d_loss(discriminator(x), discriminator(model(z_d).detach()))
    opt_D.zero_grad()
    loss_D.backward()
    opt_D.step()
    loss_G = g_loss(discriminator(model(z_g)))
    opt_G.zero_grad()
    loss_G.backward()
    opt_G.step()
    return {"d_loss": loss_D.item(), "g_loss": loss_G.item()}


def test_points_and_order():
    points = {exam.name: exam.points for exam in PS1}
    assert list(points.items()) == [
        ("optimal_discriminator", 5),
        ("discriminator_loss", 8),
        ("generator_loss", 6),
        ("gan_step", 8),
        ("js_divergence", 4),
        ("gan_value_at_optimum", 2),
    ]


def through_players(model, discriminator, opt_G, opt_D, x, z_d, z_g, *, d_loss, g_loss):
    d = Player("d", lambda x: d_loss(discriminator(x), discriminator(model(z_d).detach())), opt_D)
    g = Player("g", lambda x: g_loss(discriminator(model(z_g))), opt_G)
    return {"d_loss": d.turn(x).item(), "g_loss": g.turn(x).item()}


def kl_twice(p, q):
    return (pgmkit.gan.kl_divergence(p, (p + q) / 2) + pgmkit.gan.kl_divergence(q, (p + q) / 2)) / 2


ROUNDABOUT = {
    "an alias imported before": ("discriminator_loss", lambda real, fake: held_under_another_name(real, fake)),
    "play's own turn": ("gan_step", through_players),
    "the KL view": ("js_divergence", lambda p, q: generator_kl_view(p, q, torch.full_like(p, 0.5)).jsd),
    "the library's KL": ("js_divergence", kl_twice),
    "the game at D*": ("gan_value_at_optimum", lambda p, q: pgmkit.gan.game_value(p, q, (p / (p + q)).nan_to_num(0.5))),
    "the library's JSD": ("gan_value_at_optimum", lambda p, q: 2 * pgmkit.gan.js_divergence(p, q) - torch.tensor(4.0).log()),
    "another exercise of the set": (
        "generator_loss",
        lambda fake, *, saturating=False: pgmkit.gan.discriminator_loss(fake, -1e9 + 0 * fake),
    ),
}


@pytest.mark.parametrize(("name", "answer"), ROUNDABOUT.values(), ids=ROUNDABOUT)
def test_roundabout_borrowing_earns_nothing(name, answer):
    verdict = sit(name, answer)
    assert verdict.score == 0
    assert verdict.diagnosis.title == "The library answered, not you"


def test_library_answers_again_after_an_exam():
    sit("discriminator_loss", held_under_another_name)
    assert held_under_another_name(torch.zeros(2), torch.zeros(2)).item() == pytest.approx(1.3862943611)


def log_of_sigmoid(real, fake):
    return -real.sigmoid().log().mean() - (1 - fake.sigmoid()).log().mean()


def no_zeros(p, q):
    m = (p + q) / 2
    return ((p * (p / m).log() + q * (q / m).log()) / 2).sum(-1)


def one_shape_only(p, q):
    return (torch.special.entr((p + q) / 2) - (torch.special.entr(p) + torch.special.entr(q)) / 2).sum()


PARTIAL = {
    "log of a sigmoid": (
        "discriminator_loss",
        log_of_sigmoid,
        6,
        ["value at logits of 200 and 1000", "gradients at logits of 200 and 1000"],
    ),
    "no zeros": ("js_divergence", no_zeros, 2.5, ["zeros in p, in q, and in both", "disjoint supports: log 2"]),
    "no batch": ("js_divergence", one_shape_only, 3, ["a batch of shape (2, 3, 5)"]),
    "detached": (
        "optimal_discriminator",
        lambda log_p, log_q: torch.sigmoid(log_p - log_q).detach(),
        4,
        ["gradient that reaches log_p", "gradient that reaches log_q"],
    ),
    "a round without a word": ("gan_step", lambda *a, **k: right_step(*a, **k) and None, 7, ["the losses that come back"]),
}


@pytest.mark.parametrize(("name", "answer", "score", "missing"), PARTIAL.values(), ids=PARTIAL)
def test_partial_credit(name, answer, score, missing):
    for seed in SEEDS:
        verdict = sit(name, answer, seed)
        assert verdict.score == score
        assert lost(verdict) == missing


def test_one_crash_costs_one_observation():
    def answer(log_p, log_q):
        if log_p.abs().max() > 500:
            raise OverflowError("too large")
        return torch.sigmoid(log_p - log_q)

    verdict = sit("optimal_discriminator", answer)
    assert lost(verdict) == ["value at log densities of plus and minus 1000"]
    assert verdict.score == 4
    assert verdict.diagnosis.title == "Your code stopped with OverflowError"
    assert "too large" in verdict.diagnosis.advice


def test_changes_in_place_stay_in_their_observation():
    def spoils(real, fake):
        loss = right_d_loss(real, fake)
        real.data.zero_()
        fake.data.fill_(7.0)
        return loss

    def spoils_round(model, discriminator, opt_G, opt_D, x, z_d, z_g, **losses):
        result = right_step(model, discriminator, opt_G, opt_D, x, z_d, z_g, **losses)
        x.zero_(), z_g.zero_()
        return result

    values = [row.name for row in sit("discriminator_loss", spoils).rows if row.name.startswith("value") and not row.reason]
    assert len(values) == 3
    assert "phi after the round" not in lost(sit("gan_step", spoils_round))


def test_float32_is_named():
    verdict = sit("discriminator_loss", lambda real, fake: right_d_loss(real, fake).float())
    assert verdict.diagnosis.title == "The dtype differs"
    assert "torch.float64 was wanted; torch.float32 came" in verdict.rows[0].reason
    assert {"value at logits 0: 2 log 2", "value on batches of 5 and 3"} <= set(lost(verdict))


def test_wrong_shape_is_named():
    verdict = sit("optimal_discriminator", lambda log_p, log_q: torch.sigmoid(log_p - log_q).mean())
    assert verdict.score == 0
    assert verdict.diagnosis.title == "The shape differs"


def test_an_epsilon_is_suspected():
    verdict = sit("js_divergence", lambda p, q: no_zeros(p + 1e-6, q + 1e-6))
    assert "epsilon" in verdict.diagnosis.advice


def test_a_common_torch_message_is_put_in_other_words():
    def frozen(model, discriminator, *args, **losses):
        discriminator.requires_grad_(False)
        return right_step(model, discriminator, *args, **losses)

    verdict = sit("gan_step", frozen)
    assert verdict.score < 8
    assert "not on the graph" in verdict.diagnosis.advice


def test_noise_does_not_count(capfd, monkeypatch):
    shown = []
    monkeypatch.setattr(CHECK, "display", shown.append)

    def discriminator_loss(real, fake):
        print("looking at", real.shape)
        print("to the wrong stream", file=sys.stderr)
        warnings.warn("look out", stacklevel=1)
        logging.getLogger().warning("logged")
        return right_d_loss(real, fake)

    assert check(discriminator_loss) == 8
    assert capfd.readouterr() == ("", "")
    assert "looking at" in shown[0]._repr_html_()


def test_as_above_stands_for_a_repeated_reason():
    verdict = sit("discriminator_loss", lambda real, fake: real.shpae)
    html = Report("discriminator_loss", verdict)._repr_html_()
    assert html.count("has no attribute") == 2  # once in the table, once in the diagnosis
    assert html.count("as above") == len(verdict.rows) - 1


class Shell:
    def __init__(self, **names):
        self.user_ns = names


@pytest.mark.parametrize(
    ("names", "waits"),
    [
        ({}, "discriminator_loss"),
        ({"discriminator_loss": log_of_sigmoid}, "discriminator_loss"),
        ({"discriminator_loss": right_d_loss}, ""),
    ],
)
def test_ready(names, waits, capsys, monkeypatch):
    monkeypatch.setattr(CHECK, "get_ipython", lambda: Shell(**names))
    assert ready("discriminator_loss") is (not waits)
    assert (f"waits for {waits}" in capsys.readouterr().out) is bool(waits)


def test_left_over_gradients_are_not_graded():
    def leaves_gradients(model, discriminator, opt_G, opt_D, *batches, **losses):
        result = right_step(model, discriminator, opt_G, opt_D, *batches, **losses)
        for p in [*model.parameters(), *discriminator.parameters()]:
            p.grad = torch.full_like(p, 9.0)
        return result

    assert sit("gan_step", leaves_gradients).score == EXAMS["gan_step"].points
