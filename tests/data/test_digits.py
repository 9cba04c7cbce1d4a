import numpy as np
import pytest
import torch
from torch.testing import assert_close

from pgmkit.data.digits import TRAIN, dequantised, digit_batches, digits
from pgmkit.data.digits_features import NAME, accuracy, classify, features, packaged, save, trained
from pgmkit.metrics import frechet_distance
from pgmkit.rng import fresh


def test_the_split_is_fixed_and_has_all_classes():
    (train, held_out), (again, _) = digits(), digits()
    assert train.x.shape == (TRAIN, 64) and held_out.x.shape == (360, 64)
    assert torch.equal(train.x, again.x) and torch.equal(train.y, again.y)
    assert train.y.unique().tolist() == held_out.y.unique().tolist() == list(range(10))
    assert (train.x * 16).frac().abs().max() == 0 and train.x.max() == 1 and train.x.min() == 0


def test_no_image_is_in_both_parts():
    train, held_out = digits()
    assert torch.cdist(held_out.x.double(), train.x.double()).min() > 0.1


def test_dequantising_loses_nothing_and_follows_its_generator():
    x = digits()[0].x
    noisy = dequantised(x, generator=fresh(0))
    assert noisy.min() >= 0 and noisy.max() < 1
    assert torch.equal((noisy * 17).floor(), x * 16)
    assert torch.equal(noisy, dequantised(x, generator=fresh(0)))
    assert not torch.equal(noisy, dequantised(x, generator=fresh(1)))


def test_batches_are_dequantised_afresh_and_follow_their_generator():
    a, b = digit_batches(16, generator=fresh(0)), digit_batches(16, generator=fresh(0))
    first = next(a)
    assert first.shape == (16, 64) and torch.equal(first, next(b)) and not torch.equal(first, next(a))
    assert first.dtype == torch.get_default_dtype()
    assert first.min() >= 0 and first.max() < 1


def test_features_and_labels_of_held_out_digits():
    held_out = digits()[1]
    x = dequantised(held_out.x, generator=fresh(1))
    assert features(x).shape == (360, 32) and features(x).abs().max() <= 1
    assert accuracy(packaged(), held_out) == (classify(x) == held_out.y).double().mean() > 0.97


def test_features_take_any_dtype_and_refuse_images_that_are_not_flat():
    x = dequantised(digits()[1].x[:5], generator=fresh(0))
    assert_close(features(x), features(x.double()))
    with pytest.raises(ValueError, match=r"\(n, 64\)"):
        features(x.reshape(5, 8, 8))


def test_features_carry_gradients_to_pixels_but_not_to_the_weights():
    x = dequantised(digits()[1].x[:5], generator=fresh(0)).requires_grad_()
    features(x).sum().backward()
    assert x.grad.abs().sum() > 0
    assert all(w.grad is None for w in packaged().parameters())


def test_the_distance_tells_digits_from_noise_and_sees_a_missing_class():
    train, held_out = digits()
    real = features(dequantised(held_out.x, generator=fresh(0)))
    data = dequantised(train.x, generator=fresh(1))
    floor = frechet_distance(features(data), real)
    without_sevens = frechet_distance(features(data[train.y != 7]), real)
    noise = frechet_distance(features(torch.rand(1437, 64, generator=fresh(2))), real)
    assert 0 < floor < without_sevens / 2 < noise / 10


def test_the_packaged_file_is_what_its_command_makes(tmp_path):
    from importlib.resources import files

    made = tmp_path / NAME
    save(trained(digits()[0]), made)
    packed = files("pgmkit.data") / NAME
    with np.load(made) as ours, np.load(str(packed)) as theirs:
        assert ours.files == theirs.files
        for name in ours.files:
            np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-4, atol=1e-5)


def test_saving_twice_gives_the_same_bytes_under_200_kb(tmp_path):
    for name in ("a", "b"):
        save(packaged(), tmp_path / f"{name}.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert (tmp_path / "a.npz").stat().st_size < 200_000
