"""Where maps lie: where they are joined, if all who write and read them can leave gaps; where added to."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from convolens.nn.graph import INPUT
from convolens.nn.layer import Shape
from convolens.nn.map_passes import Concatenation
from convolens.nn.passes import DType, Pass


@dataclass(frozen=True)
class Home:
    """
    Where the output of a node lies.

    Attributes
    ----------
    root : str
        The node whose memory it is.
    first : int, optional
        The first of its channels there; None where it has all of that memory.
    """

    root: str
    first: int | None = None


def find_homes(
    passes: Sequence[Pass], last: str, shapes: Mapping[str, Shape], dtypes: Mapping[str, DType]
) -> dict[str, Home]:
    """Give every output, and the input, a home: a place of its own, or in what it is seen as, or joined to."""
    homes = {INPUT: Home(INPUT)}
    for number, one in enumerate(passes):
        homes[one.name] = homes[one.inputs[0]] if one.is_view else Home(one.name)
        added = one.adds_to
        if added and shapes[added] == shapes[one.name] and dtypes[added] == dtypes[one.name]:
            wanted = [last, *(source for later in passes[number + 1 :] for source in later.inputs)]
            homes[one.name] = homes[added] if _is_free(added, one.inputs, wanted, homes) else homes[one.name]
    moving = _Moving(passes, last, shapes, dtypes, homes)
    for one in reversed(passes):  # the widest of maps that begin alike comes last
        if isinstance(one, Concatenation) and one.axis == 1 and len(shapes[one.name]) > 1:
            moving.join(one)
    return homes


def _is_free(added: str, inputs: Sequence[str], wanted: Sequence[str], homes: Mapping[str, Home]) -> bool:
    """Whether nobody else reads the memory of what a pass adds, now or later."""
    read = [*inputs, *wanted]
    read.remove(added)
    home = homes[added]
    return home != Home(INPUT) and home.first is None and all(homes.get(name) != home for name in read)


class _Moving:
    """Moves outputs to where they are joined."""

    def __init__(
        self,
        passes: Sequence[Pass],
        last: str,
        shapes: Mapping[str, Shape],
        dtypes: Mapping[str, DType],
        homes: dict[str, Home],
    ) -> None:
        self.shapes, self.dtypes, self.homes = shapes, dtypes, homes
        self.makers = {one.name: one for one in passes}
        self.users: dict[str, list[Pass]] = defaultdict(list)
        for one in passes:
            for source in one.inputs:
                self.users[source].append(one)
        self.staying = {last} | {one.inputs[0] for one in passes if one.is_view}

    def join(self, one: Concatenation) -> None:
        """Move what is joined there; or if it lies side by side elsewhere, as it should, what it is joined to."""
        channels = [self.shapes[source][0] for source in one.inputs]
        starts = [sum(channels[:i]) for i in range(len(channels))]
        found = [self.homes[source] for source in one.inputs]
        root, start = found[0].root, found[0].first
        together = [Home(root, (start or 0) + offset) for offset in starts]
        if start is not None and found == together and self._may_move(one.name, root):
            self.homes[one.name] = Home(root, start)
            return
        home = self.homes[one.name]
        for source, offset in zip(one.inputs, starts, strict=True):
            if self.homes[source] == Home(source) and self._may_move(source, home.root):
                self.homes[source] = Home(home.root, (home.first or 0) + offset)

    def _may_move(self, name: str, root: str) -> bool:
        """Whether an output may be some channels of another; who reads it writes elsewhere."""
        maker, users = self.makers.get(name), self.users[name]
        if maker is None or name in self.staying or not maker.writes_parts:
            return False
        others = [user for user in users if not isinstance(user, Concatenation)]
        read = set() if isinstance(maker, Concatenation) else set(maker.inputs)
        beside = {self.homes[other].root for other in (*read, *(user.name for user in others))}
        alike = self.dtypes[name] == self.dtypes[root]
        return alike and root not in beside and all(user.reads_parts for user in others)
