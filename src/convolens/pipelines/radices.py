"""How long Fourier transforms are made of short ones; apart from the loops, so that asking loads no compiler."""


def radices(length: int) -> tuple[int, ...]:
    """
    Factor the length of a transform into steps that registers hold.

    >>> radices(32), radices(96), radices(1024)
    ((4, 8), (2, 6, 8), (2, 8, 8, 8))
    """
    if length <= 8:
        return (length,)
    last = next(r for r in (8, 6, 5, 4, 3, 2) if length % r == 0)
    return (*radices(length // last), last)


def frequencies(length: int) -> list[int]:
    """
    Tell which frequency each place of a transform's result holds: the digits are reversed.

    >>> frequencies(16)
    [0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15]
    """
    places, done = [0], 1
    for radix in radices(length):
        places = [place + done * j for place in places for j in range(radix)]
        done *= radix
    return places
