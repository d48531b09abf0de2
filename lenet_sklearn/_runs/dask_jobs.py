"""Compute jobs on a Dask cluster. What they share is sent once to each worker.

joblib's own backend for Dask sends it to one worker, from which the others take it. If that worker
dies, the whole call ends with an error.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from typing import Any

from joblib.parallel import get_active_backend

from lenet_sklearn._files.fingerprint import differences, package_versions
from lenet_sklearn._files.optional import import_optional
from lenet_sklearn._messages import count
from lenet_sklearn._runs.jobs import numbered

# How often data that all its workers have taken with them is sent again.
_ATTEMPTS = 3


def active_client() -> Any | None:
    """Return the client of Dask, if `joblib.parallel_config` has made that the backend."""
    backend, _ = get_active_backend()
    if type(backend).__name__ != "DaskDistributedBackend":
        return None
    try:
        _distributed().get_worker()
    except ValueError:
        return backend.client
    return None  # this is a job itself: joblib knows how a job waits for others


def compute_on_dask(
    client: Any,
    jobs: Mapping[str, Callable[..., Any]],
    shared: Sequence[Any],
    *,
    remedy: str = "Repeat the call.",
) -> Generator[tuple[str, Any]]:
    """Yield the name of each job, and its result, as soon as that is known.

    Parameters
    ----------
    client : distributed.Client
    jobs : mapping of str to callable
        A job is called with `shared`. A worker that dies has its jobs computed by others.
    shared : sequence
        Sent once to each worker; one that joins late gets it from another.
    remedy : str, default="Repeat the call."
        What the user can do if the scheduler goes away.

    Raises
    ------
    ConnectionError
        If the scheduler goes away.
    RuntimeError
        If a job ends the processes of several workers; if a worker has other versions of the
        packages.
    """
    left = dict(jobs)
    for _ in range(_ATTEMPTS):
        try:
            for name, result in _attempt(client, left, shared):
                del left[name]
                yield name, result
        except _SchedulerLostError as error:
            raise ConnectionError(
                f"The Dask scheduler at {_address(client)} went away when "
                f"{count(len(left), 'job')} of {len(jobs)} were not finished. {remedy}"
            ) from error
        if not left:
            return
    raise RuntimeError(
        f"All workers of Dask were lost {_ATTEMPTS} times, with "
        f"{count(len(left), 'job')} of {len(jobs)} not finished. Is their memory too small? "
        f"{remedy}"
    )


class _SchedulerLostError(Exception):
    """The client has no connection to its scheduler."""


def _attempt(
    client: Any, jobs: Mapping[str, Callable[..., Any]], shared: Sequence[Any]
) -> Iterator[tuple[str, Any]]:
    """Yield what is computed until all data is lost, or all jobs are finished."""
    distributed = _distributed()
    versions = package_versions()
    futures: dict[Any, str] = {}
    try:
        try:
            held = _send(client, shared)
            for number, (name, job) in enumerate(jobs.items()):
                future = client.submit(_compute, number, job, versions, *held, pure=False)
                futures[future] = name
        except (OSError, CancelledError) as error:
            raise _SchedulerLostError from error
        for future in distributed.as_completed(list(futures), loop=client.loop):
            name = futures.pop(future)
            try:
                result = future.result()
            except distributed.comm.CommClosedError as error:  # while the scheduler sent it
                raise _SchedulerLostError from error
            except CancelledError as error:
                if _is_lost(client, error):
                    raise _SchedulerLostError from error
                continue  # a worker took the data with it: the next attempt computes this
            except distributed.KilledWorker as error:
                raise RuntimeError(
                    f"{name}: each worker of Dask that computed it ended. Is their memory too "
                    "small? Finished jobs are not lost."
                ) from error
            del future  # Dask keeps its result until then
            yield name, result
    finally:
        if futures and client.status == "running":
            with contextlib.suppress(OSError, CancelledError):
                client.cancel(list(futures))


def _send(client: Any, shared: Sequence[Any]) -> list[Any]:
    if not shared:
        return []
    if client.status != "running":
        raise _SchedulerLostError
    # hash=False: a digest of the data would cost more time than it saves.
    return client.scatter(list(shared), broadcast=True, hash=False)


def _is_lost(client: Any, error: CancelledError) -> bool:
    reason = getattr(error, "reason", "")
    return client.status != "running" or reason == "scheduler-connection-lost"


def _address(client: Any) -> str:
    return getattr(client.scheduler, "address", "an unknown address")


def _compute(
    number: int, job: Callable[..., Any], versions: Mapping[str, str], *shared: Any
) -> Any:
    """Compute a job in a worker."""
    if others := differences(versions, package_versions()):
        address = _distributed().get_worker().address
        raise RuntimeError(
            f"The worker {address} of Dask must have the packages of this process, or scores are "
            f"not comparable: {'; '.join(others)} there."
        )
    with numbered(number):
        return job(*shared)


def _distributed() -> Any:
    return import_optional("distributed", extra="scale", purpose="The Dask backend")
