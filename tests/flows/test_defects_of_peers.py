"""What users of other flow libraries report as bugs, one test each."""

import copy
import io
import math

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from pgmkit.flows import (
    ActNorm,
    AffineCoupling,
    ClassGaussians,
    Couplings,
    PlainConv1x1,
    PLUConv1x1,
    ScaleShift,
    conv1x1,
    conv1x1_inverse,
    glow,
    level_sizes,
    sample_given,
    squeeze,
)
from pgmkit.flows.glow import conv_prior
from pgmkit.flows.recipes import real_nvp
from pgmkit.nets import mlp
from pgmkit.rng import fresh, randn, seeded

from .cases import randomise_

SHAPE = (1, 8, 8)


def data(n, seed=0):
    return 3 * torch.rand(n, *SHAPE, generator=fresh(seed)) - 5


def new_glow(seed=0, **kwargs):
    with seeded(seed):
        return glow(SHAPE, **{"levels": 2, "steps": 2, "hidden": 6} | kwargs)


def wild_glow(levels=3):
    return randomise_(new_glow(levels=levels), 1, 0.1).eval()


def norms(flow):
    return torch.cat([value.flatten() for key, value in flow.state_dict().items() if "actnorm" in key])


def through_a_file(state):
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


def test_actnorm_does_not_start_over_after_loading():
    flow = new_glow()
    flow.log_prob(data(20))
    other = new_glow(seed=1).train()
    other.load_state_dict(through_a_file(flow.state_dict()))
    x = 100 * data(20, seed=2)
    assert torch.equal(other.log_prob(x), flow.log_prob(x))
    assert torch.equal(norms(other), norms(flow))


def test_the_state_dict_says_whether_actnorm_is_initialised():
    flow = new_glow()
    flags = [key for key in flow.state_dict() if key.endswith("initialised")]
    assert len(flags) == 4
    assert not any(bool(flow.state_dict()[key]) for key in flags)
    flow.log_prob(data(20))
    assert all(bool(flow.state_dict()[key]) for key in flags)


def test_a_model_saved_before_its_first_batch_still_initialises_after_loading():
    flow = new_glow()
    flow.load_state_dict(through_a_file(new_glow(seed=1).state_dict()))
    flow.log_prob(data(20))
    assert norms(flow).any()


def test_actnorm_does_not_initialise_in_evaluation_mode():
    flow = new_glow().eval()
    before = norms(flow)
    flow.log_prob(data(20))
    assert torch.equal(norms(flow), before)
    flow.train().log_prob(data(20))
    assert not torch.equal(norms(flow), before)


def test_actnorm_does_not_initialise_while_sampling():
    flow = new_glow().train()
    flow.sample(5)
    assert not norms(flow).any()


def test_actnorm_does_not_start_over_on_the_second_batch():
    flow = new_glow()
    flow.log_prob(data(20))
    before = norms(flow)
    flow.log_prob(100 * data(20, seed=1))
    flow.eval().train().log_prob(100 * data(20, seed=1))
    assert torch.equal(norms(flow), before)


@pytest.mark.parametrize("shape", [(1, 4), (1, 1, 1, 4)])
def test_actnorm_survives_a_first_batch_of_one_vector(shape):
    """No spread to measure: the scale stays 1, nothing is infinite, and it does not wait for a larger batch."""
    layer = ActNorm(4)
    x = torch.randn(shape, generator=fresh(0))
    z, log_det = layer.inverse(x)
    assert_close(z, torch.zeros(shape))
    assert_close(log_det, torch.zeros(1))
    assert bool(layer.initialised)
    assert new_glow().log_prob(data(1)).isfinite().all()


def test_the_log_dets_of_both_directions_have_opposite_signs():
    """A glow that shrinks its data towards z has a positive log_det towards x."""
    flow = new_glow()
    x = 100 * data(20)
    z, towards_z = flow.f.inverse(x)
    _, towards_x = flow.f(z)
    assert (towards_z < -10).all()
    assert_close(towards_x, -towards_z)


@pytest.mark.parametrize("default", [torch.float32, torch.float64])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_log_dets_draws_and_losses_have_the_dtype_of_the_model(dtype, default):
    torch.set_default_dtype(default)
    for flow in (wild_glow(), new_glow(base=ClassGaussians(3, 64)), real_nvp(3)):
        flow = flow.to(dtype).eval()
        x = flow.sample(4, generator=fresh(0))
        z, log_det = flow.f.inverse(x)
        assert {t.dtype for t in (x, z, log_det, *flow.f(z), flow.log_prob(x))} == {dtype}


@pytest.mark.parametrize("model", [lambda: wild_glow().f, lambda: real_nvp(64).f], ids=["glow", "real_nvp"])
def test_nothing_is_made_on_another_device(model):
    """On the meta device no tensor holds values; one that was made on the CPU would not mix with the others."""
    f = model().to("meta")
    z = torch.zeros(2, 64, device="meta")
    with pytest.MonkeyPatch.context() as patch:
        for place in ("bijection", "glow", "coupling", "scales", "images", "actnorm", "conv1x1"):
            patch.setattr(f"pgmkit.flows.{place}.want_batch", lambda *_, **__: None, raising=False)  # it looks at values
        x, log_det = f(z)
        back, log_det_back = f.inverse(x)
    assert {t.device.type for t in (x, log_det, back, log_det_back)} == {"meta"}


@pytest.mark.parametrize("scale", [1e-3, 1e3])
@pytest.mark.parametrize("channels", [64, 512])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_no_determinant_under_or_overflows(channels, scale, dtype):
    """det W = scale^c is 1e-1536 or 1e1536 at 512 channels; its logarithm is an ordinary number."""
    with seeded(0):
        plain, plu = PlainConv1x1(channels).to(dtype), PLUConv1x1(channels).to(dtype)
    with torch.no_grad():
        plain.matrix.mul_(scale)
        plu.log_s.add_(math.log(scale))
        plu.upper.mul_(scale)
    wanted = torch.full((2,), 4 * channels * math.log(scale), dtype=dtype)
    x = torch.randn(2, 2, 2, channels, generator=fresh(0)).to(dtype)
    for layer in (plain, plu):
        z, log_det = layer.inverse(x)
        assert_close(log_det, wanted, rtol=1e-4, atol=0)
        back, log_det_back = layer(z)
        assert_close(log_det_back, -log_det)
        assert_close(back, x, rtol=1e-3, atol=1e-3)
    z, log_det = conv1x1(x, plain.matrix)
    assert_close(log_det, wanted, rtol=1e-4, atol=0)
    assert_close(conv1x1_inverse(z, plain.matrix)[1], -wanted, rtol=1e-4, atol=0)


@pytest.mark.parametrize("kind", [PlainConv1x1, PLUConv1x1])
def test_the_inverse_of_48_channels_is_exact_in_single_precision(kind):
    """Twenty layers there and back: what is left is the rounding of the products, 1e-4, because W^{-1} is found in double precision."""
    with seeded(0):
        layers = [randomise_(kind(48), seed, 0.03).float() for seed in range(20)]
    x = start = torch.randn(10, 48, generator=fresh(0)).float()
    for layer in layers:
        x, _ = layer.inverse(x)
    for layer in reversed(layers):
        x, _ = layer(x)
    assert (x - start).abs().max() < 5e-4


@pytest.mark.parametrize("size", [1e3, 1e8, 1e30])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_scales_do_not_explode_whatever_the_network_says(size, sign):
    net, images = mlp(2, 3, 4), conv_prior(2, 2)
    (conv,) = (layer for layer in images.modules() if isinstance(layer, nn.Conv2d))
    for f, z, last in (
        (AffineCoupling(ScaleShift(net)), torch.randn(3, 4, generator=fresh(0)), net[-1]),
        (Couplings(ScaleShift(net)), torch.randn(3, 4, generator=fresh(0)), net[-1]),
        (AffineCoupling(images), torch.randn(3, 2, 2, 4, generator=fresh(0)), conv),
    ):
        f, z = f.float(), z.float()
        with torch.no_grad():
            last.bias[:2].fill_(sign * size)  # the scales; the shifts stay small
        for value, log_det in (f(z), f.inverse(z)):
            assert value.isfinite().all()
            assert log_det.abs().max() <= 2.0 * z[0].numel() / 2
            slopes = torch.autograd.grad(value.sum() + log_det.sum(), list(f.parameters()))
            assert all(slope.isfinite().all() for slope in slopes)


def test_squeeze_keeps_neighbours_together():
    """A reshape of (4, 4, 1) into (2, 2, 4) would put rows of four pixels into a position."""
    x = torch.arange(16).double().reshape(1, 4, 4, 1)
    blocks = squeeze(x)[0]
    assert blocks.tolist() == [[[0, 1, 4, 5], [2, 3, 6, 7]], [[8, 9, 12, 13], [10, 11, 14, 15]]]
    assert blocks.tolist() != x.reshape(2, 2, 4).tolist()


def test_temperature_0_gives_one_image_at_every_level():
    flow = wild_glow()
    x = flow.sample(5, temperature=0.0)
    assert_close(x, x[:1].expand_as(x))
    assert_close(flow.f.inverse(x)[0], torch.zeros(5, 64), rtol=0, atol=1e-9)


def test_temperature_reaches_the_latents_of_every_level():
    flow, sizes = wild_glow(), level_sizes(SHAPE, 3)
    for temperature in (0.3, 1.0):
        z, _ = flow.f.inverse(flow.sample(500, temperature=temperature, generator=fresh(0)))
        for level in z.split(sizes, 1):
            assert level.std().item() == pytest.approx(temperature, rel=0.05)


def test_one_image_can_be_trained_on_scored_and_drawn():
    flow = new_glow()
    x = data(1)
    loss = -flow.log_prob(x).mean()
    loss.backward()
    assert loss.isfinite()
    assert all(p.grad.isfinite().all() for p in flow.parameters())
    assert flow.sample(1).shape == (1, *SHAPE)
    assert_close(flow.log_prob(x), flow.log_prob(torch.cat([x, x + 1]))[:1])


def test_images_in_any_memory_layout_have_one_log_prob():
    flow = wild_glow()
    x = data(6)
    for other in (
        x.transpose(2, 3).contiguous().transpose(2, 3),
        x.contiguous(memory_format=torch.channels_last),
        x[::2].repeat_interleave(2, 0)[::2],
    ):
        assert_close(flow.log_prob(other), flow.log_prob(x[: len(other)] if len(other) == 6 else x[::2]))


@pytest.mark.parametrize("classes", [False, True])
def test_draws_follow_their_generator_and_leave_the_global_state_alone(classes):
    with seeded(0):
        flow = new_glow(base=ClassGaussians(3, 64)) if classes else new_glow()
    y = torch.tensor([0, 1, 2])
    runs = [lambda g: flow.sample(3, generator=g), *([lambda g: sample_given(flow, y, generator=g)] if classes else [])]
    for run in runs:
        before = torch.get_rng_state()
        first, again, other = (run(fresh(seed)) for seed in (0, 0, 1))
        assert torch.equal(first, again)
        assert not torch.equal(first, other)
        generator = fresh(0)
        assert torch.equal(run(generator), first)
        assert not torch.equal(run(generator), first)  # a generator moves on
        assert torch.equal(torch.get_rng_state(), before)


def test_draws_without_a_generator_follow_the_global_one():
    flow = new_glow()
    for kept, same in ((True, True), (False, False)):
        with seeded(5):
            a = flow.sample(2)
        with seeded(5 if kept else 6):
            assert torch.equal(a, flow.sample(2)) is same


def test_draws_are_the_same_in_both_precisions():
    flow = wild_glow()
    single = copy.deepcopy(flow).float().sample(4, generator=fresh(0))
    assert_close(single.double(), flow.sample(4, generator=fresh(0)), rtol=1e-3, atol=1e-3)
    assert_close(flow.base.sample(4, generator=fresh(0)), randn(4, 64, generator=fresh(0), like=torch.zeros(())))
