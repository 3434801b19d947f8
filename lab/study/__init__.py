"""What studies are made of.

A study is a value: settings, parts of a record that follow from them, and claims, tables and
figures that follow from the record. `main` runs it as the command line says.
"""

from lab.study import flags
from lab.study.claims import Claim, fact, outcome, span
from lab.study.command import main
from lab.study.settings import DataSettings, Settings
from lab.study.study import Make, Parts, Record, Study
from lab.study.tables import Table

__all__ = [
    "Claim",
    "DataSettings",
    "Make",
    "Parts",
    "Record",
    "Settings",
    "Study",
    "Table",
    "fact",
    "flags",
    "main",
    "outcome",
    "span",
]
