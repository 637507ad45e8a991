"""Workers: as if each piece of work had a task of its own."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

import trio
from trio.testing import wait_all_tasks_blocked

from flowlang.engine.workers import Workers

SEEN: ContextVar[str] = ContextVar("SEEN", default="nothing")


async def test_work_is_done_beside_and_a_worker_does_more_than_one() -> None:
    tasks: list[trio.lowlevel.Task] = []

    async def work() -> None:
        tasks.append(trio.lowlevel.current_task())

    async with trio.open_nursery() as nursery:
        workers = Workers(nursery)
        for _ in range(3):
            workers.begin(work)
            await wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    assert len(tasks) == 3
    assert len(set(tasks)) == 1


async def test_a_cancel_ends_that_work_alone_and_nothing_once_it_is_done() -> None:
    done: list[str] = []

    async def work(name: str, event: trio.Event) -> None:
        await event.wait()
        done.append(name)

    async with trio.open_nursery() as nursery:
        workers = Workers(nursery)
        go = trio.Event()
        cancel = [workers.begin(lambda name=name: work(name, go)) for name in "abc"]
        await wait_all_tasks_blocked()
        cancel[1]()
        go.set()
        await wait_all_tasks_blocked()
        assert sorted(done) == ["a", "c"]
        cancel[0]()
        cancel[2]()
        for name in "def":
            workers.begin(lambda name=name: work(name, go))
        await wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    assert sorted(done) == ["a", "c", "d", "e", "f"]


async def test_work_that_hides_its_cancel_is_the_last_of_its_worker() -> None:
    ended: list[bool] = []

    async def stubborn() -> None:
        try:
            await trio.sleep_forever()
        except trio.Cancelled:
            ended.append(True)

    async def other() -> None:
        await trio.lowlevel.checkpoint()
        ended.append(False)

    async with trio.open_nursery() as nursery:
        workers = Workers(nursery)
        cancel = workers.begin(stubborn)
        await wait_all_tasks_blocked()
        cancel()
        await wait_all_tasks_blocked()
        workers.begin(other)
        await wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    assert ended == [True, False]


async def test_context_variables_are_those_of_who_began_it() -> None:
    seen: list[str] = []

    async def work() -> None:
        seen.append(SEEN.get())
        SEEN.set("left behind")

    async with trio.open_nursery() as nursery:
        workers = Workers(nursery)
        for name in ("one", "two"):
            SEEN.set(name)
            workers.begin(work)
            await wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    assert seen == ["one", "two"]


async def test_work_that_comes_while_the_nursery_ends_is_cancelled() -> None:
    ended: list[str] = []

    async def work() -> None:
        await trio.lowlevel.checkpoint()
        ended.append("done")

    async with trio.open_nursery() as nursery:
        workers = Workers(nursery)
        workers.begin(work)
        await wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
        workers.begin(work)
    assert ended == ["done"]


async def test_what_waits_for_nothing_is_done_by_one_worker_and_what_waits_holds_up_none() -> None:
    tasks: dict[int, trio.lowlevel.Task] = {}
    done: list[int] = []
    go = trio.Event()

    async def work(number: int, *, waits: bool) -> None:
        tasks[number] = trio.lowlevel.current_task()
        if waits:
            await go.wait()
        done.append(number)

    async with trio.open_nursery() as nursery:
        workers = Workers(nursery)
        for number in range(6):
            workers.begin(lambda number=number: work(number, waits=number in (2, 3)))
        await wait_all_tasks_blocked()
        assert done == [0, 1, 4, 5]
        assert tasks[0] is tasks[1] is tasks[2]
        assert len({tasks[2], tasks[3], tasks[4]}) == 3
        go.set()
        await wait_all_tasks_blocked()
        assert sorted(done) == list(range(6))
        nursery.cancel_scope.cancel()


async def test_a_kind_that_waited_has_a_worker_each() -> None:
    async def tasks(workers: Workers, kind: str, *, wait: bool) -> int:
        used: set[trio.lowlevel.Task] = set()
        go = trio.Event()

        async def work() -> None:
            used.add(trio.lowlevel.current_task())
            if wait:
                await go.wait()

        for _ in range(3):
            workers.begin(work, kind)
        await wait_all_tasks_blocked()
        go.set()
        await wait_all_tasks_blocked()
        return len(used)

    async with trio.open_nursery() as nursery:
        workers = Workers(nursery)
        assert await tasks(workers, "slow", wait=True) == 3
        assert await tasks(workers, "quick", wait=False) == 1
        assert await tasks(workers, "slow", wait=False) == 3
        nursery.cancel_scope.cancel()


async def test_one_that_is_cancelled_before_it_began_does_not_begin() -> None:
    done: list[str] = []

    async def work(name: str) -> None:
        done.append(name)

    async with trio.open_nursery() as nursery:
        workers = Workers(nursery)
        cancel = [workers.begin(lambda name=name: work(name)) for name in "abc"]
        cancel[1]()
        await wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    assert done == ["a", "c"]


async def test_context_variables_stay_over_a_wait() -> None:
    seen: list[str] = []

    async def work() -> None:
        before = SEEN.get()
        await trio.lowlevel.checkpoint()
        seen.extend((before, SEEN.get()))

    async with trio.open_nursery() as nursery:
        workers = Workers(nursery)
        for name in ("one", "two"):
            SEEN.set(name)
            workers.begin(work)
        SEEN.set("later")
        await wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    assert sorted(seen) == ["one", "one", "two", "two"]


async def test_one_that_cancels_itself_takes_none_behind_it_along() -> None:
    done: list[str] = []
    cancel: list[Callable[[], None]] = []

    async def first() -> None:
        cancel[0]()

    async def second() -> None:
        await trio.lowlevel.checkpoint()
        done.append("second")

    async with trio.open_nursery() as nursery:
        workers = Workers(nursery)
        cancel.append(workers.begin(first, "first"))
        workers.begin(second, "second")
        await wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    assert done == ["second"]
