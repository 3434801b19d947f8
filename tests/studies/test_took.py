"""A study says where its time went."""

import xarray as xr

from lab.study.took import WORK, took


def test_shares_of_the_time_of_a_study():
    part = xr.Dataset(attrs=dict(zip(WORK, (1000, 8.0, 1.0, 0.2, 6.0, 0.5))))
    said = took([part, xr.Dataset()], 10.0)
    assert said.startswith("1,000 run-steps in 10 s: 100 a second; 40% not in compiled training")
    shares = "5% evaluation", "10% compilation", "2% first parameters", "3% the host's part"
    for share in (*shares, "20% statistics"):
        assert share in said, said
