"""How much one client may ask for."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """
    What the lab takes from one client, and from all together.

    Attributes
    ----------
    upload_bytes, upload_pixels : int
        The largest file, and the largest picture in one; both are known before anything is decoded.
    photographs, photograph_bytes : int
        How many photographs a client may have open, and how many bytes they may take; the oldest make room.
    download_bytes : int
        The largest file that is made for a client.
    message_bytes : int
        The longest JSON of a request: the server itself reads it, and all pages wait meanwhile.
    requests_a_second, most_requests : float, int
        How fast requests may come on average, and how many at once.
    waiting, at_once : int
        How many requests of different keys may wait, and how many are worked on at a time.
    seconds, memory_bytes : float, int
        How long one request may take before its process is ended, and how much memory a process may take, where
        the system can hold it to that (Linux).
    clients, all_bytes : int
        How many pages may be connected, and how many bytes all their photographs may take.
    """

    upload_bytes: int = 64 << 20
    upload_pixels: int = 100_000_000
    photographs: int = 4
    photograph_bytes: int = 1 << 30
    download_bytes: int = 1 << 29
    message_bytes: int = 1 << 18
    requests_a_second: float = 120.0
    most_requests: int = 240
    waiting: int = 32
    at_once: int = 3
    seconds: float = 60.0
    memory_bytes: int = 4 << 30
    clients: int = 200
    all_bytes: int = 4 << 30
