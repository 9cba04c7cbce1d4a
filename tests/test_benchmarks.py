"""The pure functions of the benchmark; nothing is timed here, and no peer is needed."""

import pytest
from flow_speed_report import TARGETS, fastest_peer, form_table, line, met, ratio, size_table, speed_row, speed_table, verdict

TIMES = {"pgmkit": [0.8, 1.6, 0.4], "FrEIA": [1.0, 2.0, 1.0], "nflows": [1.5, 1.5, 1.5], "limit": [0.5, 1.0, 0.5]}
RESULT = {"setting": "Glow 8x8x1", "task": "train", "threads": 1, "times": TIMES, "forms": {"FrEIA": "a form", "nflows": "another"}}


def test_the_ratio_is_taken_inside_each_round():
    """A round in which everything is ten times slower changes nothing."""
    calm = ratio([0.8, 0.9, 0.7], [1.0, 1.0, 1.0])
    assert ratio([0.8, 9.0, 0.7], [1.0, 10.0, 1.0]) == pytest.approx(calm)
    assert calm == pytest.approx((0.8, 0.75, 0.85))


def test_one_round_has_no_spread():
    assert ratio([3.0], [4.0]) == (0.75, 0.75, 0.75)


def test_rounds_must_pair_up():
    with pytest.raises(ValueError):
        ratio([1.0], [1.0, 2.0])


def test_the_fastest_peer_is_neither_ours_nor_the_limit():
    assert fastest_peer(TIMES) == "FrEIA"
    assert fastest_peer({**TIMES, "turned": [0.1, 0.1, 0.1]}) == "FrEIA"
    assert fastest_peer({**TIMES, "zuko": [0.9, 0.9, 0.9]}) == "zuko"


def test_a_row_says_what_was_measured():
    cells = [cell.strip() for cell in speed_row(RESULT).strip("|").split("|")]
    assert cells[:2] == ["Glow 8x8x1", "train"]
    assert cells[2:8] == ["800.00", "1000.00", "1500.00", "-", "-", "-"]
    assert cells[8:] == ["500.00", "0.80 (0.60 to 0.80), FrEIA", "0.85", "yes", "-", "1.60"]


def test_a_missed_target_stands_out():
    slow = ratio([1.0], [1.0])
    assert verdict("Glow 8x8x1", "train", 1, slow) == ("0.85", "**no**")
    assert verdict("Glow 8x8x1", "train", 2, slow) == ("", "")
    assert met([RESULT, {**RESULT, "times": {**TIMES, "pgmkit": [2.0, 2.0, 2.0]}}]) == (1, 2)


def test_tables_are_rectangular():
    sizes = [{"setting": "Glow 8x8x1", "library": name, "parameters": 1234, "megabytes": 5.6} for name in ("pgmkit", "FrEIA")]
    for table in (speed_table([RESULT]), form_table([RESULT]), size_table(sizes)):
        assert len({row.count("|") for row in table.splitlines()}) == 1
    assert "1,234 / 6 MB" in size_table(sizes)
    assert line(["a", "b"]) == "| a | b |"


def test_every_target_of_a_model_and_a_task_is_a_ratio():
    assert len(TARGETS) == 13
    assert all(0 < target < 1 for target in TARGETS.values())
