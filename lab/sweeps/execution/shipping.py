"""Plans on their way to other processes: each part is sent to a process once, and kept there.

What is large, and what programs are compiled for, is a part of its own, named by a hash of its
bytes: data, functions of the task, rules, probes. A process that meets a part again, in the next
block or the next round of a search, has the same object, and what was compiled for it.
"""

import hashlib
import io
import pickle
from collections import OrderedDict
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import cloudpickle

from lab.tasks.task import Problem, Task
from lab.types import Probe, Rule

PARTS = (Task, Problem, Rule, Probe)  # and sources of data
KEPT = 256  # parts that a process keeps


class Shipped(NamedTuple):
    """Something pickled: its name, and the bytes of all parts by theirs, itself among them."""

    name: str
    parts: Mapping[str, bytes]


def shipped(thing: Any) -> Shipped:
    """Pickle a plan, or anything made of parts."""
    content = io.BytesIO()
    pickler = _Pickler(content, thing)
    pickler.dump(thing)
    name = hashlib.sha256(content.getvalue()).hexdigest()
    return Shipped(name, pickler.parts | {name: content.getvalue()})


@lru_cache(maxsize=KEPT)
def _shipped_part(part: Any) -> Shipped:
    return shipped(part)


class _Pickler(cloudpickle.Pickler):
    def __init__(self, content: io.BytesIO, whole: Any):
        super().__init__(content)
        self.whole, self.parts = whole, {}

    def persistent_id(self, obj: Any) -> str | None:
        kind = type(obj)
        if obj is self.whole or not (issubclass(kind, PARTS) or _is_source(kind)):
            return None
        part = _shipped_part(obj)
        self.parts |= part.parts
        return part.name


def _is_source(kind: type) -> bool:
    return hasattr(kind, "prepare") and hasattr(kind, "sha256")


class PartCache:
    """Parts that this process has, the last ones used."""

    def __init__(self):
        self._things: OrderedDict[str, Any] = OrderedDict()

    def missing(
        self, whole: str, names: tuple[str, ...], sent: Mapping[str, bytes]
    ) -> tuple[str, ...]:
        """Those of the names that are neither here nor sent; none, where the whole is here."""
        return (
            ()
            if whole in self._things
            else tuple(name for name in names if name not in self._things and name not in sent)
        )

    def get(self, name: str, sent: Mapping[str, bytes]) -> Any:
        """What has that name."""
        if name not in self._things:
            self._things[name] = _Unpickler(io.BytesIO(sent[name]), self, sent).load()
        self._things.move_to_end(name)
        while len(self._things) > KEPT:
            self._things.popitem(last=False)
        return self._things[name]


class _Unpickler(pickle.Unpickler):
    def __init__(self, content: io.BytesIO, cache: PartCache, sent: Mapping[str, bytes]):
        super().__init__(content)
        self.cache, self.sent = cache, sent

    def persistent_load(self, pid: str) -> Any:
        return self.cache.get(pid, self.sent)
