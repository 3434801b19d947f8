"""A study says where its time went."""

import xarray as xr

from studies._took import WORK, took


def test_shares_of_the_time_of_a_study():
    part = xr.Dataset(attrs=dict(zip(WORK, (1000, 8.0, 6.0, 0.5, 1.0))))
    said = took([part, xr.Dataset()], 10.0)
    assert said.startswith("1,000 run-steps in 10 s: 100 a second; 40% not in compiled training")
    for share in ("5% evaluation", "10% compilation", "5% the host's part", "20% statistics"):
        assert share in said, said
