"""Listening on an address."""

import socket

import pytest

from lenet_sklearn.demo.server import bind, host_names, is_loopback, url


def test_a_free_port():
    with bind("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        assert url(listener) == f"http://127.0.0.1:{port}"
        assert is_loopback(listener)
        assert host_names(listener, "127.0.0.1") == ["127.0.0.1", "localhost", "[::1]"]
        socket.create_connection(("127.0.0.1", port), 1).close()


def test_every_address_of_the_machine():
    with bind("0.0.0.0", 0) as listener:
        assert url(listener) == f"http://localhost:{listener.getsockname()[1]}"
        assert not is_loopback(listener)
        assert host_names(listener, "0.0.0.0") is None


@pytest.mark.skipif(not socket.has_ipv6, reason="needs IPv6")
def test_ipv6():
    try:
        listener = bind("::1", 0)
    except ValueError:
        pytest.skip("this machine has no IPv6 address")
    with listener:
        assert url(listener).startswith("http://[::1]:")
        assert host_names(listener, "::1")[0] == "[::1]"


def test_a_port_in_use_names_another(taken_port):
    with pytest.raises(ValueError, match=rf"port {taken_port} .* in use .* {taken_port + 1}"):
        bind("127.0.0.1", taken_port)


@pytest.mark.parametrize("host", ["not a name", "no.such.name.invalid", "192.0.2.1", "a" * 300])
def test_an_address_of_another_machine(host):
    with pytest.raises(
        ValueError, match=r"host must be a name or an address of this machine\. Got"
    ):
        bind(host, 0)
