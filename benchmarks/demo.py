"""The drawing page: its start, the bars after a stroke in Chromium, and 50 users at once.

python benchmarks/demo.py
python benchmarks/demo.py --users 50 --seconds 60
"""

from __future__ import annotations

import http.client
import io
import re
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from _arguments import fail, make_parser, parse, positive
from _report import Target, report

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
READY = "main[data-ready]"
# From the last movement of the pen to the bars that show it.
WATCH = """() => {
    const main = document.getElementById("main"), times = window.times = [];
    let lifted = null;
    addEventListener("pointerup", () => { lifted = performance.now(); }, true);
    new MutationObserver(() => {
        if (lifted !== null && main.dataset.shown === main.dataset.asked) {
            times.push(performance.now() - lifted);
            lifted = null;
        }
    }).observe(main, { attributes: true });
}"""


@contextmanager
def serving() -> Iterator[tuple[subprocess.Popen[str], str, float]]:
    """Run the command; yield the process, its address, and when it was started."""
    command = [sys.executable, "-m", "lenet_sklearn", "demo", "--port", "0"]
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        if found is None:
            raise fail("lenet-sklearn demo did not start.")
        yield process, found.group(), begin
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


@contextmanager
def browsing() -> Iterator[Any]:
    """Run headless Chromium."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise fail(f"needs a browser: none of {', '.join(BROWSERS)} is installed.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


def time_starts(browser: Any, repeats: int) -> list[float]:
    """Seconds from the command to a page that can be drawn on."""
    seconds = []
    for _ in range(repeats):
        with serving() as (_, address, begin):
            page = browser.new_page()
            page.goto(address)
            page.wait_for_selector(READY)
            seconds.append(time.perf_counter() - begin)
            page.close()
    return seconds


def time_strokes(browser: Any, address: str, strokes: int) -> list[float]:
    """Seconds from the end of each stroke to the bars that show it."""
    page = browser.new_page()
    page.goto(address)
    page.wait_for_selector(READY)
    page.evaluate(WATCH)
    box = page.locator("#pad").bounding_box()
    rng = np.random.default_rng(0)
    for i in range(strokes):
        points = box["x"] + rng.uniform(0.2, 0.8, (3, 2)) * box["width"]
        points[:, 1] += box["y"] - box["x"]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point, steps=15)
        page.mouse.up()
        page.wait_for_function("n => window.times.length === n", arg=i + 1)
        if i % 3 == 2:
            page.click("#clear")
    times = page.evaluate("window.times")
    page.close()
    return [time / 1000 for time in times]


def drawing() -> bytes:
    """Draw a seven as the page sends it."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (280, 280), "white")
    pen = ImageDraw.Draw(picture)
    pen.line([(84, 70), (196, 70), (126, 224)], fill="black", width=21, joint="curve")
    content = io.BytesIO()
    picture.save(content, "PNG")
    return content.getvalue()


def memory_mb(pid: int) -> float:
    """Resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise fail("memory is read from /proc, which is not there.")


def crowd(address: str, users: int, seconds: float) -> tuple[list[float], int]:
    """Let users ask for predictions without pause; return the seconds of each, and the errors."""
    host, content = address.removeprefix("http://"), drawing()
    headers = {"Content-Type": "application/octet-stream"}
    end = time.perf_counter() + seconds
    times: list[float] = []
    errors: list[str] = []

    def use() -> None:
        connection = http.client.HTTPConnection(host, timeout=60)
        while (begin := time.perf_counter()) < end:
            try:
                connection.request("POST", "/predict?explain=1", content, headers)
                answer = connection.getresponse()
                text = answer.read()
                if answer.status != 200 or b'"label":"7"' not in text:
                    errors.append(f"{answer.status}: {text[:80]!r}")
            except OSError as error:
                errors.append(repr(error))
                connection.close()
            times.append(time.perf_counter() - begin)

    threads = [threading.Thread(target=use) for _ in range(users)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in sorted(set(errors))[:5]:
        print(f"error: {error}", file=sys.stderr)
    return times, len(errors)


def main(argv: Sequence[str] | None = None) -> None:
    parser = make_parser(__doc__, repeats=3, data=("none",))
    parser.add_argument("--strokes", type=positive, default=60, metavar="N",
                        help="drawn in Chromium (default: %(default)s)")  # fmt: skip
    parser.add_argument("--users", type=positive, default=50, metavar="N",
                        help="at once (default: %(default)s)")  # fmt: skip
    parser.add_argument("--seconds", type=positive, default=60, metavar="N",
                        help="how long they ask (default: %(default)s)")  # fmt: skip
    args = parse(parser, argv, data="none", strokes=3, users=5, seconds=2)
    with browsing() as browser:
        starts = time_starts(browser, args.repeats)
        with serving() as (process, address, _):
            crowd(address, min(args.users, 10), min(args.seconds, 5))  # to warm up
            strokes = time_strokes(browser, address, args.strokes)
            before = memory_mb(process.pid)
            times, errors = crowd(address, args.users, args.seconds)
            after = memory_mb(process.pid)
    start, bars = statistics.median(starts), 1000 * statistics.median(strokes)
    p50, p95 = (1000 * float(np.percentile(times, q)) for q in (50, 95))
    growth = after - before
    rows = [
        ["command until the page can be drawn on", f"{start:.1f} s"],
        ["end of a stroke until the bars show it, median", f"{bars:.0f} ms"],
        ["the same, 95th percentile", f"{1000 * np.percentile(strokes, 95):.0f} ms"],
        [f"{args.users} users at once: predictions per second", f"{len(times) / args.seconds:.0f}"],
        [f"{args.users} users at once: errors in {len(times):,} predictions", f"{errors}"],
        [f"{args.users} users at once: median wait", f"{p50:.0f} ms"],
        [f"{args.users} users at once: 95th percentile", f"{p95:.0f} ms"],
        ["memory of the server before them", f"{before:.0f} MB"],
        ["memory of the server after them", f"{after:.0f} MB"],
    ]
    report(
        __file__,
        args,
        f"The drawing page: {args.strokes} strokes in Chromium, {args.users} users at once for "
        f"{args.seconds} s",
        ["", "measured"],
        rows,
        {
            "start_seconds": start,
            "bars_ms": bars,
            "predictions_per_second": len(times) / args.seconds,
            "users_p95_ms": p95,
            "errors": errors,
            "memory_before_mb": before,
            "memory_after_mb": after,
        },
        targets=[
            Target("command until the page can be drawn on", start, at_most=10, unit=" s"),
            Target("end of a stroke until the bars show it, median", bars, at_most=150,
                   unit=" ms", digits=0),
            Target("errors", errors, at_most=0, digits=0),
            Target("memory after ÷ before", after / before, at_most=1.1),
        ],
        notes=["Each user asks again as soon as the answer is there, with Grad-CAM; Chromium and "
               "the users run on the machine of the server."],
        seconds={"start": starts, "bars": strokes},
        memory_growth_mb=growth,
    )  # fmt: skip


if __name__ == "__main__":
    main()
