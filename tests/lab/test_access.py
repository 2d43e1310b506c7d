"""Hosts and origins of a lab that others can reach."""

import socket

import pytest

from convolens.lab.access import Access, is_loopback


@pytest.mark.parametrize(
    ("host", "header", "allowed"),
    [
        ("0.0.0.0", "10.1.2.3:8600", True),
        ("0.0.0.0", "[fe80::1]:8600", True),
        ("0.0.0.0", "localhost", True),
        ("0.0.0.0", "evil.example", False),
        ("lab.example", "lab.example:1", True),
        ("lab.example", "LAB.example.", True),
        ("lab.example", "x.lab.example", False),
        ("127.0.0.1", "10.1.2.3", False),
        ("127.0.0.1", "127.0.0.1:x", False),
        ("127.0.0.1", "[::1", False),
    ],
)
def test_hosts(host: str, header: str, allowed: bool) -> None:
    """Addresses are no names that could lead elsewhere; names must be this machine's."""
    assert Access(host, 8600).allows_host(header) == allowed


def test_own_name() -> None:
    """A lab for others answers to the machine's name, one for this machine does not need to."""
    assert Access("0.0.0.0", 1).allows_host(socket.gethostname())


def test_secrets() -> None:
    """Tokens are long, new each time, and compared whole; a lab without a password takes none."""
    one, other = Access("127.0.0.1", 1), Access("127.0.0.1", 1)
    assert len({one.token, other.token, one.secret, other.secret}) == 4
    assert min(len(one.token), len(one.secret)) >= 32
    assert one.takes_token(one.token)
    assert not any(map(one.takes_token, ("", one.token[:-1], one.token + "x", one.secret, "\udcff")))
    assert not one.takes_password("")
    assert not one.knows({})
    assert [is_loopback(host) for host in ("127.9.9.9", "::1", "::", "lab.example")] == [True, True, False, False]
