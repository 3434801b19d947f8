"""Processes beside one, judged as documented; and a kind of device that is not there."""

import pytest

import lab
from studies.speed import executors as panel
from studies.speed.device import start_on
from studies.speed.panel import Scope


@pytest.mark.parametrize(
    ("two", "verdict"),
    [([192.0, 204.0], "held, 0.99"), ([170.0, 195.0], "inconclusive"), ([1, 2], "did not hold")],
)
def test_two_processes_are_judged_beside_the_same_devices_in_one_within_a_round(two, verdict):
    record = panel.recorded({panel.ONE: [200.0, 200.0], panel.POOL: two}, 256, 1000)
    _, table = panel.drawn(record, "2 cpu devices")
    assert (
        f"process pool of 2 reaches 0.95 of the same cores in one process: {verdict}" in table.text
    )
    assert table.rows[0][3:] == ["1.00", "1.00 – 1.00"]


def test_a_kind_of_device_that_is_not_here_is_refused_with_what_is():
    start_on(None)
    with pytest.raises(lab.InputError, match=r"--device must be .* which is \d+ x cpu \(cpu\)"):
        start_on("tpu")


@pytest.mark.slow
def test_all_ways_train_in_processes_of_their_own(monkeypatch):
    monkeypatch.setattr(panel, "LANES", 64)
    monkeypatch.setattr(panel, "UPDATES", 10)
    record = panel.measure(Scope(smoke=False, rounds=2, optimizers=()))
    assert dict(record.rate.sizes) == {"case": 1, "way": 4, "round": 2}
    assert (record.rate > 0).all()
