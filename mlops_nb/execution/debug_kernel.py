"""How does a kernel get to where a past run was before one of its cells? Set-up is executed, what
stages left comes from the store.

Cells of no stage whose values were not kept are executed again, in their place, as every run does.
Nothing is written: no file is put back, nothing is recorded, and what cannot be brought back is
told instead.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from mlops_nb.artifacts.codec_manifest import references_of
from mlops_nb.errors import InfrastructureError
from mlops_nb.execution.past_values import IDLE, MissingValueError, PastCell, PastValues
from mlops_nb.kernels.conversation import Conversation, Message
from mlops_nb.kernels.headless import read_told
from mlops_nb.kernels.inject import EXPRESSIONS, check_version, injection_source, lacks_session
from mlops_nb.kernels.launch import KernelLaunch
from mlops_nb.pipeline.cells import CellKind
from mlops_nb.pipeline.incremental.facts import Fact, FactKind
from mlops_nb.pipeline.incremental.judging import phrase_fact
from mlops_nb.pipeline.incremental.ledger import Ledger, Load

_SESSION = "__import__('_mlops_nb_session').current.cells"
_START_S = 60.0
_LOOK_S = 0.1
_OUTPUTS = frozenset({"stream", "display_data", "execute_result", "error"})
_BEFORE = frozenset({CellKind.SETUP, CellKind.PARAMETERS})
T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Prepared:
    """What a kernel has by now.

    Attributes
    ----------
    restored : list of str
        Names that have the values of the run.
    executed : list of int
        Positions of the cells that were executed again.
    missing : dict of str to str
        Names, and ``cell N`` for what else a cell did, with the reason.
    """

    restored: list[str] = field(default_factory=list)
    executed: list[int] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)

    def miss(self, what: Iterable[str], reason: str) -> None:
        """Note what is not to be had; the first reason counts."""
        for one in what:
            self.missing.setdefault(one, reason)


class DebugKernel:
    """A kernel for a past run.

    Parameters
    ----------
    launch : KernelLaunch
        Not started.
    values : PastValues
    kinds : Mapping of int to CellKind
        Of the cells, by position.
    watch : Mapping
        Arguments of `CellWatch`.
    """

    def __init__(
        self,
        launch: KernelLaunch,
        *,
        values: PastValues,
        kinds: Mapping[int, CellKind],
        watch: Mapping[str, Any],
    ) -> None:
        self._launch = launch
        self._values = values
        self._kinds = kinds
        self._watch = watch
        self._loop = asyncio.new_event_loop()
        self._conversation: Conversation | None = None
        self._count = 1

    @property
    def connection_file(self) -> str:
        return str(self._launch.manager.connection_file)

    def open(self) -> None:
        """Start the kernel and wait until it answers.

        Raises
        ------
        InputError
            MNB401, MNB402, MNB404 as for a run.
        InfrastructureError
            MNB403 it would not start.
        """
        self._launch.start()
        self._run(self._open())

    def prepare(self, until: int) -> Prepared:
        """Bring the kernel to where the run was before the cell at position `until`."""
        return self._run(self._prepare(until))

    def execute(self, code: str, tell: Callable[[dict[str, Any]], None] | None = None) -> bool:
        """Execute code as a cell, telling its outputs; return whether it ended well."""
        return self._run(self._execute(code, tell))

    def leave_to_others(self) -> str:
        """Disconnect, so that another front end has the kernel; return its connection file."""
        if self._conversation is not None:
            self._run(self._conversation.close())
            self._conversation = None
        return self.connection_file

    def wait(self) -> None:
        """Wait until the kernel ends."""
        while self._launch.exit_status() is None:
            time.sleep(_LOOK_S)

    def close(self) -> None:
        """End the kernel and all that it started."""
        with contextlib.suppress(Exception):
            self.leave_to_others() if self._launch.manager is not None else None
        self._run(self._launch.kill())
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)

    async def _open(self) -> None:
        self._conversation = Conversation(self._launch.manager.client())
        self._conversation.open()
        ended = asyncio.ensure_future(self._has_ended())
        try:
            await asyncio.wait_for(self._conversation.meet(ended), _START_S)
        except (ConnectionError, TimeoutError) as error:
            raise InfrastructureError(
                "MNB403",
                f"kernel {self._launch.kernel_name!r}",
                f"it would not start: {self._launch.describe_end()}.",
                "Run a notebook with it to see why.",
            ) from error
        finally:
            ended.cancel()
        await self._inject(self._conversation)

    async def _inject(self, conversation: Conversation) -> None:
        for has_sources in (False, True):
            source = injection_source(
                handover_dir=None, show_line="off", watch=self._watch, has_sources=has_sources
            )
            exchange = conversation.execute(source, silent=True, expressions=EXPRESSIONS)
            await self._finished(exchange)
            reply = exchange.reply or {}
            check_version(reply, kernel_name=self._launch.kernel_name)
            if not lacks_session(reply):
                return

    async def _has_ended(self) -> None:
        while self._launch.exit_status() is None:
            await asyncio.sleep(_LOOK_S)

    async def _finished(self, exchange: Any) -> None:
        """Wait until a request is answered or the kernel is gone."""
        ended = asyncio.ensure_future(self._has_ended())
        try:
            await asyncio.wait({exchange.finished, ended}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended.cancel()
        if not exchange.finished.done():
            raise InfrastructureError(
                "MNB412",
                f"kernel {self._launch.kernel_name!r}",
                f"{self._launch.describe_end()}.",
                "Start the debugger again.",
            )

    async def _prepare(self, until: int) -> Prepared:
        prepared, ledger = Prepared(), Ledger(lambda fact: None)
        for cell in self._values.cells:
            if cell.position >= until:
                break
            if cell.status in IDLE:
                continue
            is_kept = self._values.trace_of(cell) is not None
            if self._kinds.get(cell.position) in _BEFORE or not (is_kept or cell.stage):
                await self._again(cell, ledger, prepared)
            elif not self._values.take(cell, ledger):
                told = f"nothing is kept of stage '{cell.stage}', cell {cell.position}"
                prepared.miss(sorted(cell.touches), told)
        await self._supply(ledger, ledger.names(), prepared)
        return prepared

    async def _again(self, cell: PastCell, ledger: Ledger, prepared: Prepared) -> None:
        """Execute a cell of no stage, with the values that the run had there."""
        await self._supply(ledger, cell.reads, prepared)
        if await self._execute(cell.source, None):
            prepared.executed.append(cell.position)
        else:
            told = f"cell {cell.position}, executed again, failed"
            prepared.miss(sorted(cell.touches) or [f"cell {cell.position}"], told)
        self._values.take(replace(cell, trace=""), ledger)

    async def _supply(self, ledger: Ledger, names: Iterable[str], prepared: Prepared) -> None:
        wanted = set(names)
        loads, found = self._manifests(ledger, wanted, prepared)
        while more := {r for m, own in found for r in references_of(m["manifest"], own)} - wanted:
            wanted |= more
            loads, found = self._manifests(ledger, wanted, prepared)
        states = ledger.unsettled()
        effects = {
            str(fact): trace.effects["facts"][str(fact)]
            for fact, trace in states
            if str(fact) in trace.effects.get("facts", {})
        }
        for fact, trace in states:
            if str(fact) not in effects:
                where = trace.place.get("cell") or "a cell"
                prepared.miss([phrase_fact(fact)], f"{where} did, and it cannot be set here")
        order = {
            "count": self._count,
            "drops": ledger.stale(),
            "loads": [manifest for manifest, _ in found],
            "effects": effects,
        }
        told = (await self._ask(f"{_SESSION}.supply({json.dumps(order)!r})")).get("supplied", {})
        faults = told.get("faults", {})
        for name, reason in faults.items():
            prepared.miss([name], reason)
        prepared.miss(told.get("failed", ()), "it cannot be set here")
        for load in loads:
            if not faults.keys() & set(load.names):
                prepared.restored += load.names
        ledger.dropped()
        ledger.settle(Fact(FactKind.NAME, name) for load in loads for name in load.names)
        ledger.settle(fact for fact, _ in states)

    def _manifests(
        self, ledger: Ledger, names: set[str], prepared: Prepared
    ) -> tuple[list[Load], list[tuple[dict[str, Any], list[str]]]]:
        """Return what the kernel is to load, and each as it is told it."""
        loads, found = [], []
        for load in ledger.loads(names):
            try:
                manifest = self._values.manifest(load.trace, load.names[0])
            except MissingValueError as error:
                prepared.miss(load.names, error.args[1])
                continue
            own = list(load.names)
            trusted = self._values.is_trusted(load.trace)
            found.append(({"manifest": manifest, "names": own, "trusted": trusted}, own))
            loads.append(load)
        return loads, found

    async def _ask(self, code: str) -> dict[str, Any]:
        assert self._conversation is not None
        told: dict[str, Any] = {}

        def take(message: Message) -> None:
            if "comm_id" in message["content"]:
                told.update(read_told(message["content"]))

        exchange = self._conversation.execute(code, silent=True, on_message=take)
        await self._finished(exchange)
        return told

    async def _execute(self, code: str, tell: Callable[[dict[str, Any]], None] | None) -> bool:
        assert self._conversation is not None

        def take(message: Message) -> None:
            if tell is not None and message["msg_type"] in _OUTPUTS:
                tell({"output_type": message["msg_type"], **message["content"]})

        exchange = self._conversation.execute(code, on_message=take)
        await self._finished(exchange)
        self._count += 1
        return bool(exchange.reply and exchange.reply.get("status") == "ok")
