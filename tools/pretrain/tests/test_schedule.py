import pytest

from schedule import Decay, by_time, decay_steps, finished, rate


@pytest.mark.parametrize(
    ("step", "decay", "expected"),
    [
        (0, None, 0.1),
        (9, None, 1.0),
        (10_000, None, 1.0),
        (100, Decay(100, 50), 1.0),
        (125, Decay(100, 50), 0.5),
        (150, Decay(100, 50), 0.0),
        (130, Decay(120, 20, begin=0.6), 0.3),
    ],
)
def test_rate_warms_up_stays_and_falls_straight(step, decay, expected):
    assert rate(step, warmup=10, decay=decay) == pytest.approx(expected)


@pytest.mark.parametrize(("step", "asked", "expected"), [(700, None, 300), (700, 50, 50), (1, None, 1), (7, 0, 1)])
def test_decay_is_thirty_percent_of_the_run_unless_asked_otherwise(step, asked, expected):
    assert decay_steps(step, asked) == expected


def test_a_run_without_decay_never_finishes():
    assert not finished(10**9, None)
    assert [finished(s, Decay(5, 3)) for s in (7, 8)] == [False, True]


@pytest.mark.parametrize(("done", "expected"), [(0, 1), (0.6, 1), (0.8, 0.5), (1, 0), (1.01, 0)])
def test_a_run_given_in_time_falls_in_its_last_part(done, expected):
    assert by_time(done, decay_share=0.4) == pytest.approx(expected)
