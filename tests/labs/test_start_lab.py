import math
import time
from itertools import product

import pytest
import torch

from pgmkit import plots
from pgmkit.checks import EXAMS
from pgmkit.checks.judge import judge
from pgmkit.labs import start_lab

SECANTS = list(product(start_lab.EXPONENTS, start_lab.PRECISIONS))
ALARMS = list(product(start_lab.SIZES, start_lab.WIDTHS))
ROUNDOFF = {"32 bits": 2.0**-24, "64 bits": 2.0**-53}


@pytest.mark.parametrize(("exponent", "precision"), SECANTS)
def test_every_state_of_the_secant_shows_the_slope_that_was_found(exponent, precision):
    (ax,) = start_lab.secant(exponent, precision).axes
    found = start_lab.slope(2.0**-exponent, start_lab.PRECISIONS[precision])
    assert f"slope {found:.4f}" in ax.get_title()
    left, right = ax.get_lines()[2].get_ydata()
    assert (right - left) / 2 == pytest.approx(found, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(("exponent", "precision"), SECANTS)
def test_the_error_of_the_slope_stays_below_its_bound(exponent, precision):
    h, u = 2.0**-exponent, ROUNDOFF[precision]
    error = start_lab.slope(h, start_lab.PRECISIONS[precision]) - math.exp(start_lab.POINT)
    assert abs(error) <= math.exp(start_lab.POINT + h) * (h**2 / 6 + 4 * u / h)


def test_a_tiny_step_sees_a_staircase_and_a_tinier_one_nothing():
    assert start_lab.slope(2.0**-23, torch.float32) == 2.0
    assert start_lab.slope(2.0**-26, torch.float32) == 0.0


@pytest.mark.parametrize(("n", "k"), ALARMS)
def test_every_state_of_the_alarms_tells_the_measured_share(n, k):
    (ax,) = start_lab.false_alarms(n, k).axes
    outside = (start_lab.studentised(n).abs() > k).double().mean().item()
    assert f"{outside:.2%} fail" in ax.get_title()
    assert sum(patch.get_height() * patch.get_width() for patch in ax.patches) == pytest.approx(1)


@pytest.mark.parametrize("k", start_lab.WIDTHS)
def test_with_many_draws_the_promise_holds_and_with_four_it_does_not(k):
    promised = start_lab.false_fail(k)
    share = {n: (start_lab.studentised(n).abs() > k).double().mean().item() for n in (4, 1024)}
    assert abs(share[1024] - promised) < 5 * math.sqrt(promised * (1 - promised) / start_lab.REPEATS) + 1e-3
    assert share[4] > promised + 0.05


def test_false_fail_is_the_tail_of_the_normal():
    normal = torch.distributions.Normal(0.0, 1.0)
    for k in (0.5, 2.0, 5.0):
        assert start_lab.false_fail(k) == pytest.approx(2 * normal.cdf(torch.tensor(-k)).item(), rel=1e-6)


@pytest.mark.parametrize(("picture", "states"), [(start_lab.secant, SECANTS), (start_lab.false_alarms, ALARMS)])
def test_a_picture_takes_less_than_300_ms(picture, states):
    plots.png(picture(*states[0]))
    times = []
    for state in states[:: len(states) // 6]:
        start = time.process_time()
        plots.png(picture(*state))
        times.append(time.process_time() - start)
    assert sorted(times)[len(times) // 2] < 0.3


def test_pictures_are_pure():
    for picture, state in ((start_lab.secant, (20, "32 bits")), (start_lab.false_alarms, (4, 2))):
        assert plots.png(picture(*state)) == plots.png(picture(*state))


def test_the_matrix_marks_each_observation_and_shows_the_points():
    marks = {"first": {"value": True, "shape": False, "zero": True}, "second": {"value": False, "shape": False, "zero": True}}
    (ax,) = start_lab.marks_matrix(marks, {"first": "2 of 3", "second": "1 of 3"}).axes
    assert [label.get_text() for label in ax.get_yticklabels()] == ["first", "second"]
    assert [text.get_text() for text in ax.texts] == ["2 of 3", "1 of 3"]
    drawn = {(*line.get_xydata()[0].tolist(), line.get_marker()) for line in ax.get_lines()}
    assert drawn == {(0, 0, "o"), (1, 0, "x"), (2, 0, "o"), (0, 1, "x"), (1, 1, "x"), (2, 1, "o")}


def test_what_the_answers_say_is_true():
    s = torch.tensor(30.0, dtype=torch.float64)
    error = abs(-(1 - s.sigmoid()).log() - 30).item()
    assert 1e-4 < error < 2e-3  # "an error of about 0.001 on a loss of 30"
    assert (1 - start_lab.false_fail(2)) ** 100 == pytest.approx(0.0095, abs=1e-4)
    assert (1 - start_lab.false_fail(5)) ** 100 == pytest.approx(0.99994, abs=1e-5)
    assert 1 - start_lab.false_fail(2.7) == pytest.approx(0.5**0.01, abs=1e-3)


def test_two_mistakes_at_once_get_no_name_and_the_first_difference_is_told():
    exam = EXAMS["kl_divergence"]
    verdict = judge(exam, lambda p, q: (q * (q / p).log()).sum(-1), 0)
    assert verdict.diagnosis.title not in {m.title for m in exam.mistakes}
    assert verdict.rows[0].name in verdict.diagnosis.title and verdict.rows[0].reason in verdict.diagnosis.advice
