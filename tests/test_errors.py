import math

import pytest
import torch

from pgmkit import errors


def says(call, *parts):
    with pytest.raises(ValueError) as caught:
        call()
    for part in parts:
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (torch.zeros(2, 3, dtype=torch.float64), "a tensor of shape (2, 3) and dtype float64"),
        (torch.zeros((), dtype=torch.int32), "a tensor of shape () and dtype int32"),
        (3, "3"),
        ("a\nb", "'a\\nb'"),
        (list(range(100)), str(list(range(100)))[:57] + "..."),
    ],
)
def test_describe(value, wanted):
    came = errors.describe(value)
    assert came == wanted


def test_describe_is_short():
    assert len(errors.describe("x" * 1000)) == 60


def test_describe_puts_a_module_on_one_line():
    assert "\n" not in errors.describe(torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU()))


@pytest.mark.parametrize("x", [3.0, [1.0], None, torch.zeros(3, dtype=torch.int64), torch.zeros(3, dtype=torch.bool)])
def test_want_tensor_refuses_what_is_no_float_tensor(x):
    says(lambda: errors.want_tensor("(n, d)", x=x), "x must be a floating-point tensor of shape (n, d)", errors.describe(x))


@pytest.mark.parametrize("shape", [(), (3,), (2, 3, 4)])
def test_want_tensor_counts_dimensions(shape):
    says(lambda: errors.want_tensor("(n, d)", ndim=2, x=torch.zeros(shape)), "x must have shape (n, d)", str(shape))


def test_want_tensor_names_the_wrong_one():
    says(lambda: errors.want_tensor("(n,)", x=torch.zeros(2), y=1), "y must be")


def test_want_nonempty():
    errors.want_nonempty("(n,)", x=torch.zeros(1), y=torch.zeros(()))
    says(lambda: errors.want_nonempty("(n,)", x=torch.zeros(3, 0)), "at least one value", "(3, 0)")


def test_want_same_shape():
    errors.want_same_shape(x=torch.zeros(2, 1), y=torch.ones(2, 1))
    says(lambda: errors.want_same_shape(x=torch.zeros(2), y=torch.zeros(2, 1)), "x and y must have the same shape", "x (2,), y (2, 1)")
    says(lambda: errors.want_same_shape(x=torch.zeros(2), y=[0.0, 0.0]), "y must be a floating-point tensor", "[0.0, 0.0]")


@pytest.mark.parametrize("values", [[0.5, 0.6], [1.5, -0.5], [math.nan, 1.0], [math.inf, 0.0], [0.0, 0.0]])
def test_want_probabilities_refuses(values):
    says(lambda: errors.want_probabilities(p=torch.tensor(values)), "p must", "got")


def test_want_probabilities_accepts_zeros_batches_and_rounding():
    errors.want_probabilities(p=torch.tensor([[0.0, 1.0], [0.3, 0.7]]), q=torch.full((3,), 1 / 3, dtype=torch.float32))


@pytest.mark.parametrize("shape", [(), (0,), (2, 0)])
def test_want_probabilities_refuses_empty_tensors(shape):
    says(lambda: errors.want_probabilities(p=torch.ones(shape)), "(..., n)", str(shape))


@pytest.mark.parametrize("want", [errors.want_positive, errors.want_nonnegative, errors.want_finite])
@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, "1", None, torch.ones(2), 1j])
def test_numbers_that_nothing_accepts(want, value):
    says(lambda: want(std=value), "std must be", errors.describe(value))


def test_numbers_by_sign():
    errors.want_positive(a=1, b=1e-300)
    errors.want_nonnegative(a=0, b=0.5)
    errors.want_finite(a=-3, b=0.0)
    says(lambda: errors.want_positive(std=0), "a positive number", "got 0")
    says(lambda: errors.want_nonnegative(std=-0.1), "zero or a positive number", "got -0.1")


@pytest.mark.parametrize("value", [0, -1, 1.0, True, "2", None])
def test_want_count(value):
    errors.want_count(n=1)
    says(lambda: errors.want_count(n=value), "whole number of at least 1", errors.describe(value))


@pytest.mark.parametrize("value", [1.0, True, "0", None, 2**64, -(2**63) - 1])
def test_want_seed(value):
    for seed in (0, -5, 2**64 - 1, -(2**63)):
        errors.want_seed(seed)
        torch.Generator().manual_seed(seed)
    says(lambda: errors.want_seed(value), "seed must be a whole number", errors.describe(value))


def test_want_generator_instance_callable_text():
    errors.want_generator(None)
    errors.want_generator(torch.Generator())
    errors.want_instance(int, n=3)
    errors.want_callable(f=len)
    errors.want_text(alt="a line")
    says(lambda: errors.want_generator(3), "a CPU torch.Generator or None", "got 3")
    says(lambda: errors.want_generator("cpu"), "a CPU torch.Generator", "'cpu'")
    says(lambda: errors.want_instance(dict, controls=[1]), "controls must be an object of type dict", "[1]")
    says(lambda: errors.want_callable(f="len"), "f must be a function or a module", "'len'")
    says(lambda: errors.want_text(alt="  "), "alt must be a text that is not empty", "' '")
    says(lambda: errors.want_text(alt=4), "alt must be a text", "got 4")
