"""The cases say what they mean, and are legal."""

import collections
import math

import pytest
from benchmarks.cases import BY_NAME, CASES, FIRST_CALLS, MEMORY, MEMORY_IMAGES
from benchmarks.contenders import ours
from benchmarks.groups import GROUPS
from benchmarks.processes import NAMES
from benchmarks.training import COURSES

LAYERS = [case for case in CASES if case.operation in ("conv", "gradients", "deformable")]


def test_names_are_unique() -> None:
    """A name stands for one case, or for one step of training."""
    assert len(BY_NAME) == len(CASES)
    assert not BY_NAME.keys() & COURSES.keys()


def test_every_group_has_cases() -> None:
    """No target goes unmeasured, and no case belongs nowhere."""
    assert {case.group for case in CASES} | {"training", *NAMES} == set(GROUPS)


def test_process_cases_exist() -> None:
    """What is run again in fresh processes is among the cases."""
    assert set(FIRST_CALLS + MEMORY + MEMORY_IMAGES) <= set(BY_NAME)


@pytest.mark.parametrize("case", LAYERS, ids=lambda case: case.name)
def test_geometry_is_that_of_the_library(case) -> None:
    """The spec takes the geometry, and finds the same output and as many operations."""
    spec = ours.spec(case)
    n, k, *size = case.output_shape
    assert spec.output_shape == ((n, *size, k) if case.channels_last else case.output_shape)
    assert case.operations == 2 * spec.macs * (2 if case.operation == "gradients" else 1)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_shrunk_copies_are_of_the_same_kind(case) -> None:
    """A small copy keeps operation, dimensions, steps and whether it is grouped, and costs little."""
    small = case.shrunk()
    same = ("operation", "stride", "dilation", "dtype", "channels_last", "filter", "dims", "group")
    assert all(getattr(small, name) == getattr(case, name) for name in same)
    assert (small.groups > 1) == (case.groups > 1)
    assert min(small.output_shape) >= 1
    assert small.operations < 1e9


@pytest.mark.parametrize("group", ["3x3-nhwc", "3x3-nchw"])
def test_plain_layers_are_those_of_the_target(group: str) -> None:
    """At least 32 channels, maps of 28² and up, stride 1."""
    for case in (case for case in CASES if case.group == group):
        assert (case.kernel, case.stride, case.dtype) == ((3, 3), 1, "float32")
        assert case.shape[1] >= 32
        assert min(case.size) >= 28
        assert case.channels_last == (group == "3x3-nhwc")


def test_photographs_have_their_megapixels() -> None:
    """1, 12 and 33 megapixels, in all three data types, in grey and in colour."""
    images = [case for case in CASES if case.group == "images"]
    counts = collections.Counter(round(math.prod(case.size) / 1e6) for case in images)
    assert set(counts) == {1, 12, 33}
    assert {case.dtype for case in images} == {"uint8", "uint16", "float32"}
    assert {len(case.shape) for case in images} == {2, 3}
