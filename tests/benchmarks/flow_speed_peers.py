"""RealNVP and Glow with nflows, normflows and zuko, the way their documentation builds them."""

import math
from itertools import pairwise

import flow_speed_freia as freia
import normflows as nf
import torch
import zuko
from flow_speed_models import Form, Setting, Subject, conv_net, mlp_net
from nflows import transforms as nt
from nflows.distributions.normal import StandardNormal
from nflows.flows.base import Flow as NFlow
from torch import Tensor, nn


class Context(nn.Module):
    """nflows hands every network a context, here always None."""

    def __init__(self, net: nn.Module):
        super().__init__()
        self.net = net

    def forward(self, x: Tensor, context: None = None) -> Tensor:
        return self.net(x)


class Nflows(Subject):
    """A `Flow` of nflows."""

    def __init__(self, transform: nn.Module, dims: int):
        super().__init__()
        self.flow = NFlow(transform, StandardNormal([dims]))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.flow._transform(x)

    def decode(self, z: Tensor) -> Tensor:
        return self.flow._transform.inverse(z)[0]

    def log_prob(self, x: Tensor) -> Tensor:
        return self.flow.log_prob(x)

    def sample(self, n: int) -> Tensor:
        return self.flow.sample(n)


def nflows_vector(setting: Setting) -> Nflows:
    """Affine couplings with alternating masks."""

    def coupling(sign: int) -> nn.Module:
        return nt.AffineCouplingTransform([-sign, sign], lambda c, out: Context(mlp_net(c, out, setting.hidden)))

    return Nflows(nt.CompositeTransform([coupling((-1) ** i) for i in range(setting.steps)]), setting.dims)


def nflows_image(setting: Setting, *, cache: bool) -> Nflows:
    """Squeeze and steps of actnorm, 1x1 convolution and coupling, level by level."""

    def step(c: int) -> list[nn.Module]:
        mask = torch.cat([-torch.ones(c - c // 2), torch.ones(c // 2)])
        coupling = nt.AffineCouplingTransform(mask, lambda c, out: Context(conv_net(c, out, setting.hidden)))
        return [nt.ActNorm(c), nt.OneByOneConvolution(c, using_cache=cache, identity_init=False), coupling]

    whole = nt.MultiscaleCompositeTransform(num_transforms=setting.levels)
    for shape in setting.level_shapes():
        steps = [layer for _ in range(setting.steps) for layer in step(shape[0])]
        whole.add_transform(nt.CompositeTransform([nt.SqueezeTransform(), *steps]), shape)
    return Nflows(whole, setting.dims)


class NormflowsVector(Subject):
    """A `NormalizingFlow` of normflows."""

    def __init__(self, setting: Setting, *, swap: bool):
        super().__init__()
        flows = []
        for i in range(setting.steps):
            net = nf.nets.MLP([1, setting.hidden, setting.hidden, 2], init_zeros=True)
            flows.append(nf.flows.AffineCouplingBlock(net, split_mode="channel" if swap or i % 2 else "channel_inv"))
            flows += [nf.flows.Permute(2, mode="swap")] if swap else []
        self.flow = nf.NormalizingFlow(nf.distributions.DiagGaussian(2, trainable=False), flows)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.flow.inverse_and_log_det(x)

    def decode(self, z: Tensor) -> Tensor:
        return self.flow.forward(z)

    def log_prob(self, x: Tensor) -> Tensor:
        return self.flow.log_prob(x)

    def sample(self, n: int) -> Tensor:
        return self.flow.sample(n)[0]


class NormflowsImage(Subject):
    """A `MultiscaleFlow` of `GlowBlock`s of normflows."""

    def __init__(self, setting: Setting, **options: object):
        super().__init__()
        shapes = setting.level_shapes()[::-1]  # normflows counts levels from the coarsest
        flows = [
            [nf.flows.GlowBlock(c, setting.hidden, **options) for _ in range(setting.steps)] + [nf.flows.Squeeze()] for c, _, _ in shapes
        ]
        self.parts = [shapes[0]] + [(c // 2, h, w) for c, h, w in shapes[1:]]
        bases = [nf.distributions.DiagGaussian(part, trainable=False) for part in self.parts]
        self.flow = nf.MultiscaleFlow(bases, flows, [nf.flows.Merge() for _ in pairwise(shapes)], class_cond=False)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        z, log_det = self.flow.inverse_and_log_det(x)
        return torch.cat([part.flatten(1) for part in z], 1), log_det

    def decode(self, z: Tensor) -> Tensor:
        parts = z.split([math.prod(part) for part in self.parts], 1)
        return self.flow.forward_and_log_det([z.unflatten(1, part) for z, part in zip(parts, self.parts, strict=True)])[0]

    def log_prob(self, x: Tensor) -> Tensor:
        return self.flow.log_prob(x, None)

    def sample(self, n: int) -> Tensor:
        return self.flow.sample(n)[0]


class Zuko(Subject):
    """A `RealNVP` of zuko."""

    def __init__(self, setting: Setting):
        super().__init__()
        self.flow = zuko.flows.RealNVP(setting.dims, transforms=setting.steps, hidden_features=(setting.hidden, setting.hidden))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.flow().transform.call_and_ladj(x)

    def decode(self, z: Tensor) -> Tensor:
        return self.flow().transform.inv(z)

    def log_prob(self, x: Tensor) -> Tensor:
        return self.flow().log_prob(x)

    def sample(self, n: int) -> Tensor:
        return self.flow().sample((n,))


class ChannelsLast(nn.Module):
    """A peer's Glow turned to another order of its memory from outside, as any user could, though no documentation does it."""

    def __init__(self, subject: Subject):
        super().__init__()
        self.subject = subject.to(memory_format=torch.channels_last)
        self.encode, self.decode, self.sample = subject.encode, subject.decode, subject.sample

    def log_prob(self, x: Tensor) -> Tensor:
        return self.subject.log_prob(x.to(memory_format=torch.channels_last))


def turned(form: Form) -> Form:
    """The same form, channels last; a competitor of its own."""
    return Form("turned", f"{form.library}: {form.text}", lambda setting: ChannelsLast(form.build(setting)))


VECTOR_FORMS = [
    *freia.VECTOR_FORMS,
    Form("nflows", "`AffineCouplingTransform`", nflows_vector),
    Form("normflows", "`AffineCouplingBlock`, swapped by `Permute`", lambda s: NormflowsVector(s, swap=True)),
    Form("normflows", "`AffineCouplingBlock`, halves by `split_mode`", lambda s: NormflowsVector(s, swap=False)),
    Form("zuko", "`RealNVP`", Zuko),
]
IMAGE_FORMS = [
    *freia.IMAGE_FORMS,
    Form("nflows", "`OneByOneConvolution`", lambda s: nflows_image(s, cache=False)),
    Form("nflows", "`OneByOneConvolution`, cached when frozen", lambda s: nflows_image(s, cache=True)),
    Form("normflows", "`GlowBlock`, PLU", lambda s: NormflowsImage(s, use_lu=True)),
    Form("normflows", "`GlowBlock`, plain matrix", lambda s: NormflowsImage(s, use_lu=False)),
    Form("normflows", "`GlowBlock`, plain matrix, exponential scale", lambda s: NormflowsImage(s, use_lu=False, scale_map="exp")),
]


TURNED = [turned(form) for form in IMAGE_FORMS if "GraphINN" not in form.text and "exponential" not in form.text]


def forms(setting: Setting) -> list[Form]:
    """All ways of all libraries to build this model."""
    return [*IMAGE_FORMS, *TURNED] if setting.is_image else VECTOR_FORMS
