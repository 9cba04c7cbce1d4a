"""Problem set 5: what must be caught has a name, borrowing in a roundabout way earns nothing, and credit is partial."""

import pytest
import torch
from claims import has_points, is_borrowed, names_mistakes, take

from pgmkit import knowledge
from pgmkit.checks import PROBLEM_SETS
from pgmkit.train import Player

PS5 = {exam.name: exam for exam in PROBLEM_SETS["ps5"]}
POINTS = {
    "erpo_policy": 5,
    "rule_confidence_grad": 6,
    "snis": 5,
    "constraint_loss": 9,
    "theta_step_explicit": 6,
    "theta_step_implicit": 6,
    "fit_maxent_reward": 6,
    "pr_learnable": 7,
}
MUST_CATCH = {
    "erpo_policy": ("Normalised over the states", "alpha is forgotten", "exp leaves floating point"),
    "rule_confidence_grad": ("E_q is missing", "sign is turned", "plain mean over the labels", "under p, not under q"),
    "snis": (
        "exp leaves floating point",
        "not normalised",
        "ESS is the sum of the weights",
        "ESS is the number of samples",
        "carry a gradient",
    ),
    "constraint_loss": ("E9", "no weights", "weights are differentiated", "alpha is forgotten", "wrong sign"),
    "theta_step_explicit": (
        "Every sample counts the same",
        "gradient into phi",
        "phi moves too",
        "averaged, not summed",
        "multiplied by K",
        "Old gradients count",
    ),
    "theta_step_implicit": ("f is driven down", "left in phi", "holds no gradient", "Old gradients count"),
    "fit_maxent_reward": ("no normaliser", "never renewed", "not normalised", "depends on the offset of the reward"),
    "pr_learnable": ("E9", "at once, with the old q", "theta follows the data", "negative phase"),
}
snis_by_another_name = knowledge.snis


def test_points_and_order():
    has_points("ps5", POINTS)


@pytest.mark.parametrize("name", PS5)
def test_what_the_syllabus_wants_caught_has_a_name(name):
    names_mistakes(name, MUST_CATCH[name])


def own(optimizer):
    return [p for group in optimizer.param_groups for p in group["params"]]


def by_player(model, f, z, alpha, optimizer):
    return Player("model", lambda z: -alpha * f(model(z)).mean(), optimizer).turn(z).item()


def by_forward_kl(model, x, f, alpha, optimizer):
    weights = (alpha * f(x)).log_softmax(0).detach()
    optimizer.zero_grad()
    loss = knowledge.forward_kl_loss(weights, model.log_prob(x.detach()))
    loss.backward()
    optimizer.step()
    return loss.item()


def by_naive_rule(f_data, f_model, alpha):
    return -alpha * (f_data.mean() + knowledge.naive_constraint_loss(f_model, alpha))


def by_teacher(log_p, r, y, lambdas):
    q = knowledge.rule_teacher(log_p, r, lambdas, 1.0)
    return (r[:, torch.arange(len(y)), y] - (q * r).sum(-1)).mean(-1)


BORROWERS = {
    "an alias imported before": ("snis", lambda f, alpha: snis_by_another_name(f, alpha)),
    "the library's ESS": (
        "snis",
        lambda f, alpha: ((alpha * f).softmax(-1).detach(), knowledge.effective_sample_size((alpha * f).detach())),
    ),
    "tilt": ("erpo_policy", lambda log_pi, reward, alpha: knowledge.tilt(log_pi, alpha * reward)),
    "the E-step of problem set 4": ("erpo_policy", lambda log_pi, reward, alpha: knowledge.pr_e_step(log_pi, reward, alpha)),
    "the rule teacher": ("rule_confidence_grad", by_teacher),
    "log Z": ("constraint_loss", lambda d, m, alpha: knowledge.log_partition(alpha * m).mean() - alpha * d.mean()),
    "the naive rule, turned round": ("constraint_loss", by_naive_rule),
    "the forward KL": ("theta_step_explicit", by_forward_kl),
    "a player's turn": ("theta_step_implicit", by_player),
    "samples that are all there is": (
        "fit_maxent_reward",
        lambda demos, features, steps, lr=0.5: knowledge.fit_sampled_reward(features[demos], features, steps, lr)[0],
    ),
}


@pytest.mark.parametrize("name, answer", BORROWERS.values(), ids=BORROWERS)
def test_borrowed_through_another_function(name, answer):
    is_borrowed(name, answer)


def test_the_library_answers_again_after_an_exam():
    take("snis", snis_by_another_name)
    weights, ess = snis_by_another_name(torch.zeros(4), 1.0)
    assert ess.item() == pytest.approx(4) and weights.tolist() == [0.25] * 4


def attached_but_right(model, x, f, alpha, optimizer):
    loss = -((alpha * f(x)).softmax(0) * model.log_prob(x.detach())).sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def backward_everywhere(model, f, z, alpha, optimizer):
    loss = -alpha * f(model(z)).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def a_third_of(log_p_data, log_p0, features, alpha, steps, **lengths):
    phi = torch.zeros_like(features[0])
    phi = phi + lengths.get("lr_phi", 0.5) * alpha * (log_p_data.exp() - log_p0.exp()) @ features
    return phi, log_p0, log_p0


PARTIAL = {
    "exponentials": (
        "erpo_policy",
        lambda log_pi, reward, alpha: (
            log_pi.exp() * (alpha * reward).exp() / (log_pi.exp() * (alpha * reward).exp()).sum(-1, keepdim=True)
        ).log(),
        3.75,
    ),
    "no gradient": ("erpo_policy", torch.no_grad()(lambda log_pi, reward, alpha: (log_pi + alpha * reward).log_softmax(-1)), 4.25),
    "weights with a gradient": ("snis", lambda f, alpha: ((alpha * f).softmax(-1), 1 / (alpha * f).softmax(-1).square().sum(-1)), 4),
    "one row only": ("constraint_loss", lambda d, m, alpha: (alpha * m).flatten().logsumexp(0) - alpha * d.mean(), 7.5),
    "phi gets a gradient": ("theta_step_explicit", attached_but_right, 4.5),
    "phi gets a gradient, without a density": ("theta_step_implicit", backward_everywhere, 4.25),
    "the first step of phi alone": ("pr_learnable", a_third_of, 1),
}


@pytest.mark.parametrize("name, answer, points", PARTIAL.values(), ids=PARTIAL)
def test_partial_credit(name, answer, points):
    for seed in (0, 3):
        assert take(name, answer, seed).score == points


@pytest.mark.parametrize("name", PS5)
def test_the_words_of_a_mistake_come_from_what_it_does(name):
    """A mistake that only crashes would be named for every other crash; one that may crash does so where shapes cannot meet."""
    from pgmkit.checks.exam import Failure, observe

    for mistake in PS5[name].mistakes:
        crashed = [seen for seen in observe(PS5[name], mistake.answer, 1) if isinstance(seen.value, Failure)]
        assert not crashed or mistake.title == "The confidences meet the labels, not the rules"
