"""What plans go by beside the spec, and how they are kept the same."""

import pytest

from convolens.planning.circumstances import circumstances, steady
from convolens.planning.gradients import plan_weight_gradient
from convolens.planning.measured import remember
from convolens.planning.plan import plan_conv
from convolens.runtime import cache, compile
from convolens.runtime.threads import thread_count
from convolens.spec.geometry import ConvSpec

SMALL = ConvSpec((4, 8, 12, 12), (8, 8, 3, 3), padding=1)


def test_steady_plans_do_not_depend_on_what_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether code is kept or has to be compiled changes a plan for few calls, but not within ``steady``."""
    found = []
    for ready in (True, False):
        monkeypatch.setattr(compile, "ready", lambda *_, ready=ready, **__: ready)
        monkeypatch.setattr(compile, "loaded", lambda ready=ready: int(ready))
        with steady():
            plans = plan_conv(SMALL, calls=20), plan_weight_gradient(SMALL)
        found.append([plan.chosen.algorithm for plan in (*plans, plan_conv(SMALL, calls=20))])
    assert found[0][:2] == found[1][:2]
    assert not compile.available() or found[0][2] != found[1][2]


def test_steady_plans_do_not_go_by_measured_times(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A measured time decides which algorithm is chosen, but not within ``steady``."""
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path_factory.mktemp("times") / "compiled"))
    with steady():
        before = plan_conv(SMALL).chosen.algorithm
    other = next(e.algorithm for e in plan_conv(SMALL).estimates if e.algorithm != before and not e.refusal)
    remember(SMALL, thread_count(), {other: 1e-9})
    with steady():
        assert plan_conv(SMALL).chosen.algorithm == before
    assert plan_conv(SMALL).chosen.algorithm == other


def test_steady_ends() -> None:
    """Afterwards, also after a failure, plans go by all that is known again."""
    usual = circumstances()
    with steady():
        assert circumstances() != usual
    assert circumstances() == usual
    with pytest.raises(ZeroDivisionError), steady():
        1 / 0  # noqa: B018
    assert circumstances() == usual
