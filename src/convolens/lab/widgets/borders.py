"""All borders of one picture in a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from convolens.kernels import NamedKernel
from convolens.lab import states
from convolens.lab.states.numbers import Numbers
from convolens.lab.widgets.arguments import given, kernel_numbers, kernel_of, per_axis
from convolens.lab.widgets.exhibit import Exhibit, Held


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
    preset, locked, hidden
        As for every exhibit.

    Examples
    --------
    >>> widget = Borders([1, 2, 3], [1, 0, 0], pad=1)
    >>> {name: output.tolist() for name, output in widget.outputs.items()}  # doctest: +NORMALIZE_WHITESPACE
    {'none': [1], 'constant': [0, 1, 2], 'edge': [1, 1, 2], 'reflect': [2, 1, 2], 'symmetric': [1, 1, 2],
     'wrap': [3, 1, 2]}
    """

    state_class = states.Borders
    image = Held("input", "The picture as it stands, edited or not; it can be set.")
    kernel = Held("kernel", "The kernel as it stands, edited or not; it can be set.", kernel_of)
    value = Held(
        "border_value",
        'The number outside with the border "constant"; it can be set.',
        lambda value, _: value,
        lambda state: state.border_value,
    )

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
        state = self._begun(preset)
        picture = state.input if image is None else Numbers.of(image, "image", dims=2)
        dims = len(picture.shape)
        changes: dict[str, Any] = {"input": picture}
        if dims != state.dims:
            changes |= {"dims": dims, "kernel": Numbers.of(np.ones((3,) * dims, np.int64)), "cell": None}
            changes["pad"] = [2] * dims
        if kernel is not None:
            changes["kernel"] = kernel_numbers(kernel, dims)
        changes |= per_axis(dims, pad=pad) | given(border_value=value)
        super().__init__(changes, preset=preset, locked=locked, hidden=hidden)

    @property
    def outputs(self) -> dict[str, npt.NDArray[Any]]:
        """What the engine computes with every border, and without one, where it fits in, as "none"."""
        return self._read().results()
