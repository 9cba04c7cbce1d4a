"""Normalizing flows: x = f(z_0) with f invertible, so that log p(x) is exact."""

from pgmkit.flows.actnorm import ActNorm, Affine, denormalise, initialise_, normalise
from pgmkit.flows.bijection import Bijection, Compose, Inverse, Permute, compose_forward, compose_inverse
from pgmkit.flows.classes import ClassGaussians, log_posterior, log_prob_given, sample_given
from pgmkit.flows.contract import jacobian_log_det, keeps_contract
from pgmkit.flows.conv1x1 import Conv1x1, PlainConv1x1, PLUConv1x1, conv1x1, conv1x1_inverse
from pgmkit.flows.coupling import AffineCoupling, ConvScaleShift, Couplings, ScaleShift, couple, uncouple
from pgmkit.flows.density import Flow, StandardNormal, change_of_variables, flow_log_prob, flow_sample, normal_log_prob
from pgmkit.flows.games import flow_game
from pgmkit.flows.glow import GlowStep, GlowSteps, glow
from pgmkit.flows.images import ChannelsFirst, Squeeze, bits_per_dim, squeeze, unsqueeze
from pgmkit.flows.memory import Recomputed
from pgmkit.flows.planar import Planar
from pgmkit.flows.scales import Flat, Split, interpolate, level_sizes, resample_level

__all__ = [
    "ActNorm",
    "Affine",
    "AffineCoupling",
    "Bijection",
    "ChannelsFirst",
    "ClassGaussians",
    "Compose",
    "Conv1x1",
    "ConvScaleShift",
    "Couplings",
    "Flat",
    "Flow",
    "GlowStep",
    "GlowSteps",
    "Inverse",
    "PLUConv1x1",
    "Permute",
    "PlainConv1x1",
    "Planar",
    "Recomputed",
    "ScaleShift",
    "Split",
    "Squeeze",
    "StandardNormal",
    "bits_per_dim",
    "change_of_variables",
    "compose_forward",
    "compose_inverse",
    "conv1x1",
    "conv1x1_inverse",
    "couple",
    "denormalise",
    "flow_game",
    "flow_log_prob",
    "flow_sample",
    "glow",
    "initialise_",
    "interpolate",
    "jacobian_log_det",
    "keeps_contract",
    "level_sizes",
    "log_posterior",
    "log_prob_given",
    "normal_log_prob",
    "normalise",
    "resample_level",
    "sample_given",
    "squeeze",
    "uncouple",
    "unsqueeze",
]
