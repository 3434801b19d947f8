"""Flags of a study that several processes share, on one host or many."""

import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import lab
from lab.sweeps import hosts
from lab.validation.errors import require
from studies._flags import Kind, Whole, Wholes

LOST = 3  # exit code where another process was lost


class Address(Kind):
    """Where a process can be reached."""

    allowed = "HOST:PORT with a port from 1 to 65,535"

    def __init__(self):
        super().__init__("HOST:PORT")

    def value(self, flag: str, text: str) -> str:
        """The address as it was given."""
        host, _, port = text.rpartition(":")
        if not host or not port.isdecimal() or not 1 <= int(port[:6]) <= 65_535:
            raise ValueError
        return text


@dataclass(frozen=True)
class Processes:
    """Whether other processes take part, and which of them this is."""

    distributed: bool = False
    """Share the training with other processes that are given this command; SLURM, Kubernetes, Open
    MPI and TPU pods say which they are, elsewhere the flags below do."""
    coordinator: Annotated[str | None, Address()] = None
    """Where all can reach process 0, which writes the record and the figures."""
    processes: Annotated[int | None, Whole(1, 65_536)] = None
    """How many processes there are."""
    process: Annotated[int | None, Whole(0, 65_535)] = None
    """Number of this one."""
    local_devices: Annotated[tuple[int, ...] | None, Wholes(0, 1023)] = None
    """GPUs of this host that are this process's; under SLURM one each by default, else all."""

    @contextlib.contextmanager
    def joined(self) -> Iterator[None]:
        """With the others, if there are any; all but process 0 are silent.

        Raises:
          InputError: If the flags do not fit together, or the processes do not meet.
          SystemExit: With code 3, if another process is lost.
        """
        for flag in ("coordinator", "processes", "process", "local_devices"):
            require(
                self.distributed or getattr(self, flag) is None,
                f"--{flag.replace('_', '-')} needs --distributed.",
            )
        if not self.distributed:
            yield
            return
        named = (self.coordinator, self.processes, self.process, self.local_devices)
        with lab.distributed(*named), contextlib.ExitStack() as silence:
            if hosts.index() > 0:
                nowhere = silence.enter_context(Path(os.devnull).open("w"))
                silence.enter_context(contextlib.redirect_stdout(nowhere))
            try:
                yield
            except hosts.Lost as lost:
                print(f"error: {lost}.", file=sys.stderr)
                raise SystemExit(LOST) from None
