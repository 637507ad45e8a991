"""What each statement of a test does to the world, and when it is not met."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flowlang.compile import evaluate, evaluate_arguments
from flowlang.compile.runtime.faults import Fault
from flowlang.compile.runtime.texts import shown
from flowlang.core import Opening
from flowlang.core.routing import Bystander
from flowlang.model.actions import REQUIRED
from flowlang.model.addresses import matches
from flowlang.model.test_calls import ROUTED_CALLS, TEST_CALLS
from flowlang.model.values import DAY, Duration, Regex, Value, type_name
from flowlang.syntax import ast
from flowlang.syntax.ast import tests

from .clock import instant
from .coming_in import COMING_IN
from .going_out import GoingOut
from .parties import Callee, CannotError, Party, Phone
from .timeline import SeenFault
from .unmet import Unmet
from .world import RunawayError, World

_PATIENCE = 30 * DAY  # of the virtual clock: longer than any deadline of a conversation with people


class Statements:
    """Runs the statements of one test in its world, one after the other."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._parties: dict[str, Party] = {}
        self._variables: dict[str, Value] = {}
        self._expected_faults: set[SeenFault] = set()
        self._does: dict[type, Callable[[Any], None]] = {
            tests.TestLet: self._let,
            ast.CallStatement: self._call_statement,
            tests.Act: self._act,
            tests.ExpectHeard: self._expect_heard,
            tests.ExpectDial: self._expect_dial,
            tests.ExpectStopped: self._expect_stopped,
            tests.ExpectFault: self._expect_fault,
            tests.At: self._at,
            tests.After: self._after,
        }
        self._does.update(GoingOut(world, self._value, self._duration, self._until).does)

    def run(self, statement: ast.Node) -> None:
        """Does one. Raises `Unmet`."""
        try:
            self._does[type(statement)](statement)
        except Fault as fault:
            raise Unmet(statement.span, f"fault `{fault.code}`: {fault.text}") from None
        except RunawayError as error:
            raise Unmet(statement.span, str(error)) from None
        except CannotError as error:
            party = statement.party if isinstance(statement, tests.Act) else "this"
            raise Unmet(statement.span, f"{party}: {error}") from None

    def unexpected_fault(self) -> SeenFault | None:
        """The first fault that ended an activeflow and that no `expect fault` named."""
        found = (each for each in self.world.faults if each.ended and each not in self._expected_faults)
        return next(found, None)

    # -- values and names

    def _value(self, node: ast.Expression) -> Value:
        bystander = Bystander(Opening("test", "", {}, self.world.at, 0))
        return evaluate(self.world.script, node, self._variables, bystander)

    def _duration(self, node: ast.Expression) -> int:
        value = self._value(node)
        if not isinstance(value, Duration) or value.microseconds < 0:
            raise Unmet(node.span, f"this is no length of time but {type_name(value)}: {shown(value)}")
        return value.microseconds

    def _let(self, statement: tests.TestLet) -> None:
        value = statement.value
        if isinstance(value, tests.ExpectDial):
            self._parties[statement.name] = self._dialled(value, statement.name)
        elif isinstance(value, ast.Start):
            self._variables[statement.name] = self._start(value)
        elif isinstance(value, ast.Call) and (kind := _test_call(self.world, value)) is not None:
            came = self._come_in(value, kind, statement.name)
            if came is not None:
                self._parties[statement.name] = came
        else:
            self._variables[statement.name] = self._value(value)

    def _call_statement(self, statement: ast.CallStatement) -> None:
        call = statement.call
        if isinstance(call, ast.Start):
            self._start(call)
        elif (kind := _test_call(self.world, call)) is not None:
            self._come_in(call, kind, "somebody")
        else:
            self._value(call)

    def _start(self, node: ast.Start) -> str:
        bystander = Bystander(Opening("test", "", {}, self.world.at, 0))
        arguments = evaluate_arguments(self.world.script, node.target, self._variables, bystander)
        activeflow = self.world.start(self.world.script.program.target(node.target).key, arguments)
        self.world.settle()
        return activeflow

    def _come_in(self, call: ast.Call, kind: str, name: str) -> Party | None:
        declared = TEST_CALLS[kind]
        given: dict[str, Value] = {
            each.name: each.default for each in declared.parameters if each.default is not REQUIRED
        }
        by_place = [each.name for each in declared.parameters if each.by_place]
        for place, argument in enumerate(call.arguments):
            given[argument.name or by_place[place]] = self._value(argument.value)
        party = COMING_IN[kind](self.world, name, given)
        refused = self.world.why_refused() if kind in ROUTED_CALLS else None
        if refused is not None:
            raise Unmet(call.span, f"no route takes this: {refused}")
        self.world.settle()
        return party

    # -- parties act, time passes

    def _act(self, statement: tests.Act) -> None:
        if statement.verb == "waits":
            assert statement.value is not None
            self.world.run_to(self.world.at + self._duration(statement.value))
            return
        party = self._parties[statement.party]
        if isinstance(statement.value, ast.Name) and statement.value.name in self._parties:
            other = self._parties[statement.value.name]  # of `transfers to` alone
            if not isinstance(party, Phone) or not isinstance(other, Phone):
                raise CannotError("only one call is transferred to another")
            party.transfer_to(other)
            return
        value = self._value(statement.value) if statement.value is not None else None
        party.act(statement.verb, value)

    def _at(self, statement: tests.At) -> None:
        value = self._value(statement.time)
        try:
            at = instant(str(value))
        except ValueError as error:
            raise Unmet(statement.time.span, str(error)) from None
        if not self.world.begun and self.world.next_at() is None:
            self.world.set_clock(at)
        elif at < self.world.at:
            raise Unmet(statement.span, "the clock cannot go back: it is later already")
        else:
            self.world.run_to(at)

    def _after(self, statement: tests.After) -> None:
        self.world.run_to(self.world.at + self._duration(statement.duration))

    # -- expectations

    def _until(self, met: Callable[[], bool], hopeless: Callable[[], bool] = lambda: False) -> bool:
        """Lets time pass until something is so; false if it never is."""
        limit = self.world.at + _PATIENCE
        while not met():
            following = self.world.next_at()
            if following is None or following > limit or hopeless():
                return False
            self.world.step()
        return True

    def _expect_heard(self, statement: tests.ExpectHeard) -> None:
        party = self._parties[statement.party]
        wanted = self._value(statement.value)
        if not isinstance(wanted, str | Regex):
            raise Unmet(statement.value.span, f"nobody hears {type_name(wanted)}; write it as a text")
        if self._until(lambda: party.finds(wanted), lambda: party.over is not None):
            return
        why = party.over or "nothing more happens" + (" within 30 days" if self.world.next_at() else "")
        expected = f'"{wanted}"' if isinstance(wanted, str) else str(wanted)
        verb = statement.verb.removesuffix("s")
        message = f"{party.name} did not {verb} {expected}: {why}"
        raise Unmet(statement.span, message, expected, party.unfound)

    def _expect_dial(self, statement: tests.ExpectDial) -> None:
        self._dialled(statement, None)

    def _dialled(self, statement: tests.ExpectDial, name: str | None) -> Callee:
        """The next who is called at that address."""
        wanted = str(self._value(statement.address))

        def found() -> Callee | None:
            fits = (each for each in self.world.callees if matches(wanted, each.outgoing.to))
            return next((each for each in fits if not each.claimed), None)

        if not self._until(lambda: found() is not None):
            called = [each.name for each in self.world.callees if not each.claimed]
            instead = f"; there was {', '.join(called)}" if called else ""
            raise Unmet(statement.span, f"nobody calls {wanted}{instead}", f"a call to {wanted}")
        callee = found()
        assert callee is not None
        callee.claim(name or callee.name)
        return callee

    def _expect_stopped(self, statement: tests.ExpectStopped) -> None:
        begun = self.world.begun
        if not begun:
            raise Unmet(statement.span, "nothing has come in yet that could have stopped")
        if not self._until(lambda: all(each.ending is not None for each in begun)):
            waiting = "still runs, and nothing more happens"
            alive = next(each for each in begun if each.ending is None)
            raise Unmet(statement.span, f"the flow `{alive.flow}` {waiting}", "the end of what came in")

    def _expect_fault(self, statement: tests.ExpectFault) -> None:
        def finds() -> bool:
            for each in self.world.faults:
                if each.code == statement.fault and each not in self._expected_faults:
                    self._expected_faults.add(each)
                    return True
            return False

        if not self._until(finds):
            others = [each.code for each in self.world.faults if each not in self._expected_faults]
            came = f"there was {', '.join(f'`{each}`' for each in others)}" if others else "there was none"
            message = f"the fault `{statement.fault}` did not come: {came}"
            raise Unmet(statement.span, message, f"fault {statement.fault}")


def _test_call(world: World, call: ast.Call) -> str | None:
    """What comes in by a call, unless the script has a `func` of that name."""
    if isinstance(call.callee, ast.Name):
        name = call.callee.name
        if name in COMING_IN and name not in world.script.program.functions:
            return name
    return None
