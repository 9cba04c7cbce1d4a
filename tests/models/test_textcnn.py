import math

import pytest
import torch
from torch.testing import assert_close

from pgmkit.models.textcnn import TextCNN
from pgmkit.rng import fresh, randn, seeded


@pytest.fixture
def net(g):
    with seeded(0):
        net = TextCNN(randn(9, 5, generator=g, like=torch.zeros(0)), widths=(1, 3), maps=4)
        torch.nn.init.normal_(net.last.weight)
    return net.eval()


def by_hand(net, sentence):
    """Filter by filter, window by window, over a sentence with as many zeros on both sides as the filter is wide."""
    features = []
    for conv in net.filters:
        width = conv.kernel_size[0]
        x = torch.cat([torch.zeros(width, 5), net.vectors.weight[sentence], torch.zeros(width, 5)])
        windows = torch.stack([x[t : t + width].T for t in range(len(x) - width + 1)])  # (T, d, width)
        answers = torch.einsum("tdw,mdw->tm", windows, conv.weight) + conv.bias
        features.append(answers.clamp_min(0).max(0).values)
    return net.last.weight @ torch.cat(features) + net.last.bias


def test_the_formula(net):
    ids = torch.tensor([[2, 3, 4, 5], [6, 7, 0, 0]])
    assert_close(net(ids), torch.stack([by_hand(net, [2, 3, 4, 5]), by_hand(net, [6, 7])]))
    assert_close(net.log_probs(ids).exp().sum(1), torch.ones(2))


def test_padding_changes_nothing(net):
    ids = torch.tensor([[2, 3], [4, 0]])
    longer = torch.cat([ids, torch.zeros(2, 7, dtype=torch.int64)], 1)
    assert torch.equal(net(ids), net(longer))
    assert_close(net(ids)[1], net(torch.tensor([[4]]))[0])


def test_the_empty_sentence_and_the_empty_batch(net):
    assert net(torch.zeros(1, 1, dtype=torch.int64)).isfinite().all()
    assert net(torch.zeros(0, 3, dtype=torch.int64)).shape == (0, 2)


def test_before_training_the_classes_are_equal_and_the_order_of_words_counts_for_wide_filters(net, g):
    fresh_net = TextCNN(randn(9, 5, generator=g, like=torch.zeros(0)), classes=3).eval()
    assert_close(fresh_net.log_probs(torch.tensor([[2, 3]])), torch.full((1, 3), -math.log(3)))
    assert not torch.allclose(net(torch.tensor([[2, 3, 4]])), net(torch.tensor([[4, 3, 2]])))


def test_the_vectors_are_trained_but_for_the_padding(net):
    given = randn(9, 5, generator=fresh(0), like=torch.zeros(0))
    net(torch.tensor([[2, 3, 0]])).square().sum().backward()
    assert net.vectors.weight.grad[0].abs().max() == 0 and net.vectors.weight.grad[2].abs().max() > 0
    assert net.vectors.weight[0].abs().max() == 0
    assert_close(net.vectors.weight[1:], given[1:])
