"""All borders of one picture in a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from convolens.kernels import NamedKernel
from convolens.lab import states
from convolens.lab.pages import module_text
from convolens.lab.records import plain
from convolens.lab.states.numbers import Numbers
from convolens.lab.states.presets import BORDERS
from convolens.lab.widgets.exhibit import Exhibit, example, kernel_numbers
from convolens.spec.padding import per_dimension


class Borders(Exhibit[states.Borders]):
    """
    A picture with every border side by side, and what the same kernel makes of each.

    Parameters
    ----------
    image : array_like, optional
        A row of up to 32 cells, or a picture of up to 16 cells a side. By default 1 to 12.
    kernel : array_like, str or NamedKernel, optional
        Weights of as many dimensions, or what `convolens.parse_kernel` understands. By default ones.
    pad : int or tuple of int, optional
        Cells of border on either side, up to 8 in a picture and 32 in a row; there may be more than cells.
    value : float, optional
        The number outside with the border "constant".
    preset : str, optional
        An example to begin with; whatever else is given changes it.
    locked, hidden : sequence of str
        Controls that whoever looks at it cannot change, or does not see.

    Raises
    ------
    ConvolensError
        If something does not fit.

    Examples
    --------
    >>> widget = Borders([1, 2, 3], [1, 0, 0], pad=1)
    >>> {name: output.tolist() for name, output in widget.outputs.items()}  # doctest: +NORMALIZE_WHITESPACE
    {'none': [1], 'constant': [0, 1, 2], 'edge': [1, 1, 2], 'reflect': [2, 1, 2], 'symmetric': [1, 1, 2],
     'wrap': [3, 1, 2]}
    """

    state_class = states.Borders
    _esm = module_text("borders")

    def __init__(
        self,
        image: npt.ArrayLike | None = None,
        kernel: npt.ArrayLike | NamedKernel | str | None = None,
        *,
        pad: int | tuple[int, ...] | None = None,
        value: float | None = None,
        preset: str | None = None,
        locked: Sequence[str] = (),
        hidden: Sequence[str] = (),
    ) -> None:
        state = states.Borders() if preset is None else example(BORDERS, preset)
        changes: dict[str, Any] = {"locked": list(locked), "hidden": list(hidden)}
        if image is not None:
            changes["input"] = plain(Numbers.of(image, "image"))
        dims = len(changes["input"]["shape"]) if image is not None else state.dims
        if dims != state.dims:
            changes |= {"dims": dims, "kernel": plain(Numbers.of(np.ones((3,) * dims, np.int64))), "cell": None}
            changes["pad"] = [2] * dims
        if kernel is not None:
            changes["kernel"] = plain(kernel_numbers(kernel, dims))
        if pad is not None:
            changes["pad"] = list(per_dimension(pad, dims, "pad", least=0))
        if value is not None:
            changes["border_value"] = value
        super().__init__(states.Borders.from_json({**state.to_json(), **changes}))

    @property
    def image(self) -> npt.NDArray[Any]:
        """The picture as it stands, edited or not."""
        return self._read().input.array()

    @property
    def kernel(self) -> npt.NDArray[Any]:
        """The kernel as it stands, edited or not."""
        return self._read().kernel.array()

    @property
    def outputs(self) -> dict[str, npt.NDArray[Any]]:
        """What the engine computes with every border, and without one as "none"."""
        return self._read().results()
