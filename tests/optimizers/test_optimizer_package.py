"""The package as a user meets it: names, suggestions, documentation, weight of the import."""

import subprocess
import sys

import pytest

from lab import optimizers, schedules
from lab.validation.errors import InputError, UnknownNameError


@pytest.mark.parametrize("package", [optimizers, schedules])
def test_every_public_function_is_documented_with_arguments_and_an_example(package):
    for name, entry in package.CATALOG.items():
        for section in ("Args:", "Returns:", "References:", "Example:"):
            assert section in entry.by_hand.__doc__, f"{name} lacks {section}"
    for name in dir(package):
        assert getattr(package, name).__doc__, f"{name} is undocumented"


@pytest.mark.parametrize("package", [optimizers, schedules])
def test_entries_are_attributes_and_a_misspelt_name_gets_a_suggestion(package):
    for name, entry in package.CATALOG.items():
        assert getattr(package, name) is entry.by_hand
        assert name in dir(package)
        assert not hasattr(package, name + "x")
        with pytest.raises(AttributeError, match="did you mean"):
            getattr(package, name + "x")
        with pytest.raises(UnknownNameError, match="did you mean"):
            package.CATALOG[name + "x"]


def test_the_import_loads_neither_flax_nor_plots_nor_data_libraries():
    code = (
        "import sys, lab.optimizers, lab.schedules;"
        "print(*{name.split('.')[0] for name in sys.modules})"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"flax", "matplotlib", "sklearn", "xarray", "pandas", "orbax", "optuna", "torch"}
    assert not heavy & set(run.stdout.split())


def test_weight_decay_without_parameters_is_refused_in_a_sentence():
    rule = optimizers.adamw(0.1)
    with pytest.raises(InputError, match="needs params"):
        rule.update([1.0], rule.init([1.0]))


def test_an_unknown_mode_of_lion_is_refused():
    with pytest.raises(UnknownNameError, match="did you mean 'smooth'"):
        optimizers.scale_by_lion(mode="smoth")
