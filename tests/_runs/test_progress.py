import logging
import signal
import threading

import pytest

from lenet_sklearn._runs.progress import progress_bar, stoppable


def test_ctrl_c_passes_what_catches_keyboard_interrupts():
    handler = signal.getsignal(signal.SIGINT)
    caught = []

    def run():
        with stoppable():
            try:
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt:
                caught.append(True)

    with pytest.raises(KeyboardInterrupt):
        run()
    assert not caught
    assert signal.getsignal(signal.SIGINT) is handler


def test_in_another_thread_the_handler_stays():
    handler, seen = signal.getsignal(signal.SIGINT), []

    def run():
        with stoppable():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [handler]


def test_news_is_logged_and_nothing_is_shown_without_a_terminal(capfd, caplog):
    caplog.set_level(logging.INFO, logger="lenet_sklearn")
    with progress_bar("rows", total=2, done=0, enabled=True) as advance:
        advance("the first", 1)
        advance("the second", 1)
        advance("the third", 0)  # begins
    assert caplog.messages == ["the first", "the second"]
    assert capfd.readouterr() == ("", "")
