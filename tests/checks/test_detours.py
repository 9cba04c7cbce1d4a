"""Answers that reach the library's work through another of its functions: each would be right, and earns nothing."""

import math

import pytest
import torch
from torch import nn

from pgmkit import flows, gan, knowledge, models
from pgmkit.checks import EXAMS
from pgmkit.checks.check import verdict_of
from pgmkit.data.toy2d import GaussianMixture

DETOURS = []


def detour(exercise):
    return lambda answer: DETOURS.append(pytest.param(exercise, answer, id=f"{exercise}-{answer.__name__}")) or answer


@detour("gan_step")
def a_critic_and_a_constraint(model, discriminator, opt_G, opt_D, x, z_d, z_g, *, d_loss, g_loss):
    (first,) = gan.critic_phase(discriminator, model, opt_D, iter([x]), iter([z_d]), loss=d_loss, clip=lambda net: None, turns=1)
    second = knowledge.theta_step_implicit(model, lambda x: -g_loss(discriminator(x)), z_g, 1.0, opt_G)
    return {"d_loss": first, "g_loss": second}


@detour("critic_phase")
def a_step_of_two_players(critic, model, optimizer, batches, latents, *, loss, clip, turns):
    losses, idle = [], torch.zeros(1, requires_grad=True)
    still = torch.optim.SGD([idle], 0.1)
    for _ in range(turns):
        z, x = next(latents), next(batches)
        losses.append(gan.gan_step(model, critic, still, optimizer, x, z, z, d_loss=loss, g_loss=lambda fake: idle.sum())["d_loss"])
        clip(critic)
    return losses


@detour("critic_phase")
def a_step_of_a_constraint(critic, model, optimizer, batches, latents, *, loss, clip, turns):
    losses = []
    for _ in range(turns):
        fake, x = model(next(latents)).detach(), next(batches)
        step = knowledge.theta_step_implicit(lambda z: z, lambda z, x=x: -loss(critic(x), critic(z)), fake, 1.0, optimizer)
        losses.append(step)
        clip(critic)
    return losses


@detour("js_divergence")
def objective_of_regularisation(p, q):
    middle, zero = ((p + q) / 2).log(), torch.zeros_like(p)
    return (knowledge.pr_objective(p.log(), middle, zero, 0.0) + knowledge.pr_objective(q.log(), middle, zero, 0.0)) / 2


@detour("gan_value_at_optimum")
def two_expectations(p, q):
    return knowledge.expectation(p.log(), (p / (p + q)).log()) + knowledge.expectation(q.log(), (q / (p + q)).log())


@detour("wgan_generator_loss")
def reverse_kl(fake):
    return knowledge.reverse_kl_loss(fake, 1.0)


@detour("critic_loss")
def two_reverse_kls(real, fake):
    return knowledge.reverse_kl_loss(real, 1.0) - knowledge.reverse_kl_loss(fake, 1.0)


@detour("gradient_penalty")
def r1_row_by_row(critic, real, fake, eps):
    weight = eps.reshape(-1, *[1] * (real.ndim - 1))
    rows = (weight * real + (1 - weight) * fake).detach().split(1)
    norms = [(2 * gan.r1_penalty(row.requires_grad_(), critic(row))).sqrt() for row in rows]
    return (torch.stack(norms) - 1).square().mean()


@detour("normal_log_prob")
def gaussian_of_a_vae(z):
    z = z.flatten(1)
    return models.gaussian_log_prob(z, torch.zeros_like(z), torch.zeros_like(z))


@detour("normal_log_prob")
def kl_of_a_vae(z):
    z = z.flatten(1)
    return -models.gaussian_kl(z, torch.zeros_like(z)) - z.shape[1] / 2 * math.log(2 * math.pi)


@detour("normal_log_prob")
def mixture_of_one(z):
    z = z.flatten(1)
    return GaussianMixture(z.new_zeros(1, z.shape[1]), 1.0).log_prob(z)


@detour("flow_sample")
def samples_of_a_class(n, f, base, *, temperature=1.0, generator=None):
    class Base(flows.ClassGaussians):
        def sample_given(self, y, **how):
            return base.sample(len(y), **how)

    flow = flows.Flow(Base(1, 1), flows.Compose())
    flow._modules["f"] = f
    return flows.sample_given(flow, torch.zeros(n, dtype=torch.int64), temperature=temperature, generator=generator)


@detour("pr_e_step")
def a_chain_of_one(log_p, f, alpha):
    n = log_p.shape[-1]
    rows = [knowledge.chain_posterior(row[None], torch.zeros(n, n)).marginals[0] for row in (log_p + alpha * f).reshape(-1, n)]
    return torch.stack(rows).log().reshape(log_p.shape)


@detour("theta_step_implicit")
def a_critic(model, f, z, alpha, optimizer):
    def loss(x, _):
        return -alpha * f(x).mean()

    return gan.critic_phase(model, lambda z: z, optimizer, iter([z]), iter([z]), loss=loss, clip=lambda net: None, turns=1)[0]


@detour("theta_step_explicit")
def a_weighted_critic(model, x, f, alpha, optimizer):
    class LogProb(nn.Module):
        def forward(self, x):
            return model.log_prob(x)

    weights, x = (alpha * f(x)).softmax(0).detach(), x.detach()
    clip, batches = (lambda net: None), iter([x])
    return gan.critic_phase(
        LogProb(), lambda z: z, optimizer, batches, iter([x]), loss=lambda a, b: -(weights * a).sum(), clip=clip, turns=1
    )[0]


@pytest.mark.parametrize(("exercise", "answer"), DETOURS)
def test_a_detour_through_the_library_earns_nothing(exercise, answer):
    verdict = verdict_of(EXAMS[exercise], answer)
    assert verdict.score == 0
    assert verdict.diagnosis.title == "The library answered, not you"
