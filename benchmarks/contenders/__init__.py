"""
Ours and the peers, each at its best.

A contender may know several ways of solving a case; the quickest one that is right takes part. Arrays are
placed, weights packed and graphs compiled before the clock starts, and who can write into a given output may.

Where a case has its channels last, a peer may take input and give output in whichever layout it likes best. Where
they come first, input and output come first for everyone: who wants another layout converts within the clock.
"""

from benchmarks.contenders.base import MISSING, Contender, Unable, Variant
from benchmarks.contenders.registry import OURS, PEERS, load

__all__ = ["MISSING", "OURS", "PEERS", "Contender", "Unable", "Variant", "load"]
