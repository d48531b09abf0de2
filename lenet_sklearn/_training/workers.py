"""Threads that compute the parts of a batch, so that their number changes no result.

Torch cuts an operation among its own threads. They wait for one another after each of hundreds of
short operations in a step: on a busy machine most of the time goes there, and sums depend on the
number of threads. Here each part of a batch is computed by one thread alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Lock, Thread, local
from typing import Any, NamedTuple

import joblib
import torch
from torch import Tensor

from lenet_sklearn._training.allocator import keep_freed_memory

# Images that one thread computes at once: the maps of a layer then fit its cache.
PART = 64


def n_parts(n_images: int, device: torch.device) -> int:
    """Return the number of parts of a batch; it depends on nothing else, least of all on threads.

    Examples
    --------
    >>> import torch
    >>> from lenet_sklearn._training.workers import n_parts
    >>> [n_parts(n, torch.device("cpu")) for n in (1, 64, 128, 130)]
    [1, 1, 2, 3]
    """
    return -(-n_images // PART) if device.type == "cpu" else 1


class Part(NamedTuple):
    """Some images of a batch of `of_images`, and what their random numbers are drawn from."""

    images: Tensor
    target: Tensor
    weight: Tensor | None
    of_images: int
    generator: torch.Generator | None


def cut(
    images: Tensor, target: Tensor, weight: Tensor | None, generator: torch.Generator | None = None
) -> Iterator[Part]:
    """Cut a batch into parts; with several, each has a generator of its own."""
    n, count = len(images), n_parts(len(images), images.device)
    if count == 1:
        yield Part(images, target, weight, n, generator)
        return
    own: list[torch.Generator | None] = [None] * count
    if generator is not None:
        seeds = torch.randint(2**62, (count,), generator=generator).tolist()
        own = [torch.Generator().manual_seed(seed) for seed in seeds]
    weights = [None] * count if weight is None else weight.tensor_split(count)
    cut = zip(images.tensor_split(count), target.tensor_split(count), weights, own, strict=True)
    for part_images, part_target, part_weight, part_generator in cut:
        yield Part(part_images, part_target, part_weight, n, part_generator)


class Workers:
    """The calling thread and its helpers.

    Each takes the next part that nobody has taken. So a helper that the system does not run holds
    nobody up for longer than the part that it has begun.
    """

    def __init__(self, n_threads: int) -> None:
        self._jobs: list[SimpleQueue[Callable[[], None] | None]] = []
        self._threads: list[Thread] = []
        for _ in range(n_threads - 1):
            jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
            thread = Thread(target=_work, args=(jobs,), daemon=True)
            thread.start()
            self._jobs.append(jobs)
            self._threads.append(thread)

    def map(self, function: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
        """Return the function's result for each item, in order; its first error is raised."""
        if len(items) == 1 or not self._jobs:
            return [function(item) for item in items]
        waiting = deque(enumerate(items))
        results: list[Any] = [None] * len(items)
        finished: SimpleQueue[BaseException | None] = SimpleQueue()

        def help_out() -> None:
            while waiting:
                try:
                    place, item = waiting.popleft()
                except IndexError:  # another thread was faster
                    return
                try:
                    results[place] = function(item)
                    finished.put(None)
                except BaseException as error:  # raised again by the calling thread
                    finished.put(error)

        for jobs in self._jobs[: len(items) - 1]:
            jobs.put(help_out)
        try:
            help_out()
            for error in [finished.get() for _ in items]:
                if error is not None:
                    raise error
        finally:
            waiting.clear()
        return results

    def close(self) -> None:
        """Wait until the helpers have ended: a program that exits before them would abort."""
        for jobs in self._jobs:
            jobs.put(None)
        for thread in self._threads:
            thread.join()


def _work(jobs: SimpleQueue[Callable[[], None] | None]) -> None:
    torch.set_num_threads(1)
    while (job := jobs.get()) is not None:
        job()


@contextmanager
def workers_for(device: torch.device, n_items: int) -> Iterator[Workers]:
    """Give the workers of a fit or a prediction; torch uses one thread in each meanwhile.

    There are as many as torch has threads, but no more than there are items at a time, or cores
    that this process may use: by its affinity, the quota of its container, or joblib's share for a
    worker. Fits that run at the same time in threads of this process divide them.
    """
    if device.type != "cpu":
        yield Workers(1)
        return
    keep_freed_memory()
    with _at_work() as (n_threads, n_fits):
        n_workers = min(n_threads, n_items)
        if n_workers > 1:
            n_workers = min(n_workers, max(1, min(n_threads, joblib.cpu_count()) // n_fits))
        workers = Workers(n_workers)
        try:
            with one_thread(n_threads):
                yield workers
        finally:
            workers.close()


_lock = Lock()
_inside = local()
_n_fits = _n_threads = 0


@contextmanager
def _at_work() -> Iterator[tuple[int, int]]:
    """Count the fits that run at the same time; yield torch's threads, and that number."""
    # A thread that starts while another fits finds one thread of torch: the other has set that.
    global _n_fits, _n_threads
    if getattr(_inside, "a_fit", False):  # a prediction in a fit, which has its share
        yield torch.get_num_threads(), 1
        return
    with _lock:
        if _n_fits == 0:
            _n_threads = torch.get_num_threads()
        _n_fits += 1
        now = _n_threads, _n_fits
    _inside.a_fit = True
    try:
        yield now
    finally:
        _inside.a_fit = False
        with _lock:
            _n_fits -= 1


@contextmanager
def one_thread(n_after: int | None = None) -> Iterator[None]:
    """Let torch use one thread, so that the order of its sums does not depend on the machine.

    Afterwards it uses `n_after` threads; None: as many as before.
    """
    n_threads = n_after or torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(n_threads)
