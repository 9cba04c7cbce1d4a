from itertools import islice

import pytest
import torch

from pgmkit.data.batches import shuffled, stream
from pgmkit.data.toy2d import ring
from pgmkit.rng import fresh


def test_stream_is_endless_fresh_and_seeded():
    batches = list(islice(stream(ring(), 4, generator=fresh(0)), 20))
    assert {b.shape for b in batches} == {(4, 2)}
    assert not torch.equal(batches[0], batches[1])
    again = list(islice(stream(ring(), 4, generator=fresh(0)), 20))
    assert all(torch.equal(a, b) for a, b in zip(batches, again, strict=True))


def test_stream_is_the_source_drawn_with_one_generator():
    source, generator = ring(), fresh(2)
    for batch in islice(stream(source, 3, generator=fresh(2)), 3):
        assert torch.equal(batch, source.sample(3, generator=generator))


@pytest.mark.parametrize(("rows", "n"), [(10, 5), (10, 3), (7, 7), (4, 1)])
def test_a_pass_takes_no_row_twice(rows, n):
    x = torch.arange(rows)[:, None].double()
    batches = shuffled(x, n, generator=fresh(0))
    for _ in range(3):
        taken = torch.cat(list(islice(batches, rows // n))).flatten().tolist()
        assert len(taken) == rows // n * n
        assert len(set(taken)) == len(taken)


def test_passes_differ_and_every_row_has_its_turn():
    x = torch.arange(10)[:, None].double()
    batches = shuffled(x, 5, generator=fresh(0))
    first, second = (torch.cat(list(islice(batches, 2))) for _ in range(2))
    assert not torch.equal(first, second)
    assert torch.equal(first.sort(0).values, x)
    lonely = shuffled(x, 7, generator=fresh(0))
    assert len(set(torch.cat(list(islice(lonely, 20))).flatten().tolist())) == 10


def test_rows_come_whole_and_of_any_kind():
    x = torch.arange(12).reshape(3, 2, 2)
    for row in next(shuffled(x, 3, generator=fresh(0))):
        assert any(torch.equal(row, original) for original in x)


def test_global_state():
    before = torch.get_rng_state()
    next(shuffled(torch.zeros(4, 1), 2, generator=fresh(0)))
    next(stream(ring(), 2, generator=fresh(0)))
    assert torch.equal(torch.get_rng_state(), before)
    next(shuffled(torch.zeros(4, 1), 2))
    assert not torch.equal(torch.get_rng_state(), before)
