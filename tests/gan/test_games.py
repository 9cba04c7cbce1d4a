from functools import partial
from itertools import count

import pytest
import torch
from torch.optim import SGD, Adam, RMSprop

from pgmkit.data.batches import stream
from pgmkit.data.toy2d import ring
from pgmkit.gan import (
    Implicit,
    clip_weights_,
    critic_loss,
    critic_phase,
    discriminator_loss,
    gan_game,
    gan_step,
    generator_loss,
    gradient_penalty,
    r1_penalty,
    wgan_game,
    wgan_generator_loss,
)
from pgmkit.gan.games import on_both
from pgmkit.metrics import mode_report, sliced_w1
from pgmkit.nets import mlp, score_mlp
from pgmkit.rng import fresh, rand, randn, seeded
from pgmkit.train import play

ADAM = partial(Adam, lr=0.01)


def networks(optimizer=ADAM):
    with seeded(0):
        model, net = Implicit(mlp(2, 8, 2), 2), score_mlp(2, 8)
    return model, net, optimizer(model.parameters()), optimizer(net.parameters())


def values(*modules):
    return [p.detach().clone() for m in modules for p in m.parameters()]


def same(a, b):
    return all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


def latents(n, seed=5):
    generator = fresh(seed)
    return (randn(n, 2, generator=generator, like=torch.zeros(())) for _ in count())


def step(model, net, opt_G, opt_D, x, z):
    return gan_step(model, net, opt_G, opt_D, x, next(z), next(z), d_loss=discriminator_loss, g_loss=generator_loss)


def test_gan_step_equals_the_players_of_gan_game():
    model, net, *optimizers = networks()
    z, data = latents(16), stream(ring(), 16, generator=fresh(1))
    by_hand = []
    for _ in range(3):
        by_hand.append(step(model, net, *optimizers, next(data), z))
        next(data)  # in `play`, the generator's turn takes a batch of its own
    other, rival, *theirs = networks()
    history = play(gan_game(other, rival, *theirs, generator=fresh(5)), stream(ring(), 16, generator=fresh(1)), 3)
    assert history["discriminator"] == pytest.approx([losses["d_loss"] for losses in by_hand], rel=1e-12)
    assert history["generator"] == pytest.approx([losses["g_loss"] for losses in by_hand], rel=1e-12)
    for a, b in zip(values(model, net), values(other, rival), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-10)


def test_gan_step_by_hand_with_gradient_descent():
    """theta and phi after one round, from autograd alone; G's step is taken against the new D and on its own latents."""
    model, net, opt_G, opt_D = networks(partial(SGD, lr=0.5))
    x, (z_d, z_g) = ring().sample(6, generator=fresh(0)), [next(latents(6, seed)) for seed in (1, 2)]
    phi = list(net.parameters())
    loss = discriminator_loss(net(x), net(model(z_d)))
    new_phi = [p - 0.5 * slope for p, slope in zip(phi, torch.autograd.grad(loss, phi), strict=True)]
    named = dict(zip(dict(net.named_parameters()), new_phi, strict=True))
    theta = list(model.parameters())
    loss_G = generator_loss(torch.func.functional_call(net, named, model(z_g)))
    new_theta = [p - 0.5 * slope for p, slope in zip(theta, torch.autograd.grad(loss_G, theta), strict=True)]
    wanted = [w.detach().clone() for w in [*new_theta, *new_phi]]
    came = gan_step(model, net, opt_G, opt_D, x, z_d, z_g, d_loss=discriminator_loss, g_loss=generator_loss)
    assert came == pytest.approx({"d_loss": loss.item(), "g_loss": loss_G.item()})
    for a, b in zip(values(model, net), wanted, strict=True):
        torch.testing.assert_close(a, b)


def test_gan_step_forgets_old_gradients():
    results = []
    for dirt in (0.0, 100.0):
        model, net, *optimizers = networks()
        for p in [*model.parameters(), *net.parameters()]:
            p.grad = torch.full_like(p, dirt)
        step(model, net, *optimizers, ring().sample(4, generator=fresh(0)), latents(4))
        results.append(values(model, net))
    assert same(*results)


def test_gan_step_sends_no_gradient_into_theta_in_the_discriminators_turn():
    model, net, opt_G, opt_D = networks()
    seen = []

    def spy(fake):
        seen.append([p.grad for p in model.parameters()])
        return generator_loss(fake)

    gan_step(model, net, opt_G, opt_D, ring().sample(4), next(latents(4)), next(latents(4)), d_loss=discriminator_loss, g_loss=spy)
    assert seen == [[None] * 4]


def test_critic_phase_equals_the_critic_of_wgan_game():
    model, critic, _, opt_D = networks(partial(RMSprop, lr=0.01))
    before = values(model)
    losses = critic_phase(
        critic,
        model,
        opt_D,
        stream(ring(), 16, generator=fresh(1)),
        latents(16),
        loss=critic_loss,
        clip=lambda net: clip_weights_(net, 0.2),
        turns=4,
    )
    assert same(values(model), before)
    assert all(p.grad is None for p in model.parameters())
    other, rival, *theirs = networks(partial(RMSprop, lr=0.01))
    player = wgan_game(other, rival, *theirs, bound=0.2, generator=fresh(5))[0]
    data = stream(ring(), 16, generator=fresh(1))
    assert [player.turn(next(data)).item() for _ in range(4)] == pytest.approx(losses, rel=1e-9)
    for a, b in zip(values(critic), values(rival), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-10)
    assert max(p.abs().max() for p in values(critic)) == 0.2


def test_critic_phase_order_and_fresh_draws():
    log = []
    model, critic, _, opt_D = networks()
    data, z = ([torch.full((2, 2), float(k + i)) for i in range(3)] for k in (0, 10))

    def recording(kind, items):
        for item in items:
            log.append((kind, int(item[0, 0])))
            yield item

    def clip(net):
        log.append(("clip", net is critic))

    losses = critic_phase(critic, model, opt_D, recording("x", data), recording("z", z), loss=critic_loss, clip=clip, turns=3)
    assert len(losses) == 3
    assert all(type(loss) is float for loss in losses)
    assert sorted(log[:2]) == [("x", 0), ("z", 10)]
    assert log[2] == ("clip", True)
    assert [entry for entry in log if entry[0] == "x"] == [("x", 0), ("x", 1), ("x", 2)]
    assert [entry for entry in log if entry[0] == "z"] == [("z", 10), ("z", 11), ("z", 12)]
    assert log[-1] == ("clip", True)


def test_on_both_is_two_passes():
    _, net, *_ = networks()
    x, fake = ring().sample(5, generator=fresh(0)), ring().sample(3, generator=fresh(1))
    real_scores, fake_scores = on_both(net, x, fake)
    torch.testing.assert_close(real_scores, net(x))
    torch.testing.assert_close(fake_scores, net(fake))


@pytest.mark.parametrize("game", [gan_game, partial(gan_game, r1=1.0), wgan_game, partial(wgan_game, bound=None, penalty=1.0)])
def test_each_player_moves_only_its_own_network(game):
    model, net, *optimizers = networks()
    opponent, generator = game(model, net, *optimizers, generator=fresh(0))
    x = ring().sample(8, generator=fresh(0))
    assert set(torch.autograd.grad(opponent.loss(x), list(model.parameters()), allow_unused=True)) == {None}
    theta, phi = values(model), values(net)
    opponent.turn(x)
    assert same(values(model), theta)
    assert not same(values(net), phi)
    assert all(p.grad is None for p in model.parameters())
    phi, slopes = values(net), [p.grad.clone() for p in net.parameters()]
    generator.turn(x)
    assert not same(values(model), theta)
    assert same(values(net), phi)
    assert same([p.grad for p in net.parameters()], slopes)


def test_losses_of_gan_game():
    model, net, *optimizers = networks()
    x = ring().sample(8, generator=fresh(0))
    for r1 in (0.0, 3.0):
        opponent, _ = gan_game(model, net, *optimizers, r1=r1, generator=fresh(2))
        fake, y = model.sample(8, generator=fresh(2)), x.clone().requires_grad_()
        wanted = discriminator_loss(net(x), net(fake)) + r1 * r1_penalty(y, net(y))
        torch.testing.assert_close(opponent.loss(x), wanted)
        assert not x.requires_grad
    saturating = gan_game(model, net, *optimizers, g_loss=partial(generator_loss, saturating=True), generator=fresh(2))[1]
    torch.testing.assert_close(saturating.loss(x), generator_loss(net(fake), saturating=True))


def test_losses_of_wgan_game():
    model, net, *optimizers = networks()
    x = ring().sample(8, generator=fresh(0))
    source = fresh(2)
    fake, eps = model.sample(8, generator=source).detach(), rand(8, generator=source, like=x)
    critic, generator = wgan_game(model, net, *optimizers, bound=None, penalty=10.0, generator=fresh(2))
    torch.testing.assert_close(critic.loss(x), critic_loss(net(x), net(fake)) + 10 * gradient_penalty(net, x, fake, eps))
    fake = model.sample(8, generator=source)
    torch.testing.assert_close(generator.loss(x), wgan_generator_loss(net(fake)))


def test_clipping_follows_each_step_and_none_leaves_the_weights_free():
    x = ring().sample(8, generator=fresh(0))
    for bound, held in ((0.05, True), (None, False)):
        model, net, *optimizers = networks()
        wgan_game(model, net, *optimizers, bound=bound)[0].turn(x)
        assert (max(p.abs().max().item() for p in values(net)) <= 0.05) is held


def test_turns_and_after_reach_the_players():
    model, net, *optimizers = networks()
    done = []
    for game, default in ((gan_game, 1), (wgan_game, 5)):
        opponent, generator = game(model, net, *optimizers, after=lambda: done.append(1))
        assert (opponent.turns, generator.turns) == (default, 1)
        assert game(model, net, *optimizers, turns=3)[0].turns == 3
        generator.turn(ring().sample(4))
    assert len(done) == 2


@pytest.mark.parametrize("game", [gan_game, partial(wgan_game, bound=None, penalty=1.0)])
def test_a_seeded_game_repeats_itself_and_leaves_the_global_state_alone(game):
    before, runs = torch.get_rng_state(), []
    for _ in range(2):
        model, net, *optimizers = networks()
        runs.append(play(game(model, net, *optimizers, generator=fresh(3)), stream(ring(), 8, generator=fresh(1)), 3))
    assert runs[0] == runs[1]
    assert torch.equal(torch.get_rng_state(), before)


def trained(game, rounds):
    """Sliced W1 before and after, and the modes after: four Gaussians, float32, a few seconds."""
    torch.set_default_dtype(torch.float32)
    data = ring(4, radius=1.0, std=0.1)
    with seeded(0):
        model, net = Implicit(mlp(2, 32, 32, 2), 2), score_mlp(2, 32, 32)
    optimizers = [Adam(m.parameters(), lr=2e-3, betas=(0.0, 0.9), fused=True) for m in (model, net)]
    x = data.sample(1000, generator=fresh(8))
    before = sliced_w1(model.sample(1000, generator=fresh(9)).detach(), x, generator=fresh(7)).item()
    play(game(model, net, *optimizers, generator=fresh(0)), stream(data, 128, generator=fresh(1)), rounds)
    y = model.sample(1000, generator=fresh(9)).detach()
    return before, sliced_w1(y, x, generator=fresh(7)).item(), mode_report(y, data)


@pytest.mark.parametrize(
    ("game", "rounds"), [(partial(gan_game, r1=0.1), 800), (partial(wgan_game, bound=None, penalty=1.0, turns=3), 250)], ids=["gan", "wgan"]
)
def test_training_brings_the_model_closer_to_the_data(game, rounds):
    before, after, report = trained(game, rounds)
    assert after < before / 3
    assert report.covered >= 3
