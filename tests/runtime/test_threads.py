"""Threads: their number, forks, and calls from several Python threads at once."""

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from convolens.errors import SpecError
from convolens.ops.prepared import prepare_conv
from convolens.runtime import compile as compiler
from convolens.runtime.threads import thread_count, threads


def test_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """A block ends where it began; the environment decides in between calls; nonsense is refused."""
    for name in ("_count", "_given", "_library"):  # whatever tests before this one left
        monkeypatch.setattr(f"convolens.runtime.threads.{name}", None)
    monkeypatch.setenv("CONVOLENS_THREADS", "3")
    assert thread_count() == 3
    with threads(2):
        assert thread_count() == 2
        with threads(5):
            assert thread_count() == 5
        assert thread_count() == 2
    assert thread_count() == 3
    for wrong in (0, -1, 1.5, True, "2 "):
        with pytest.raises(SpecError, match="whole number"):
            threads(wrong)  # type: ignore[arg-type]
    monkeypatch.setenv("CONVOLENS_THREADS", "many")
    with pytest.raises(SpecError, match="CONVOLENS_THREADS"):
        thread_count()


def test_threads_are_started_as_told(warm: Path, run: Callable[..., str]) -> None:
    """The process has as many threads as it was told to use, after raising and after lowering the number."""
    if not Path("/proc/self/task").is_dir():
        pytest.skip("counts threads in /proc")
    text = """
import os
from convolens.runtime.threads import threads
for count in (1, 4, 2, 1):
    threads(count)
    for _ in range(20):
        compute()
    print(len(os.listdir("/proc/self/task")))
"""
    assert run(text, OPENBLAS_NUM_THREADS="1").split() == ["1", "4", "2", "1"]


def test_cores_of_the_process_stay_its_own(warm: Path, run: Callable[..., str]) -> None:
    """However often the number of threads changes, the calling thread may run on the cores that it began with."""
    if not hasattr(os, "sched_getaffinity"):
        pytest.skip("reads which cores a thread may use")
    text = """
from convolens.runtime.threads import threads
before = os.sched_getaffinity(0)
function = load("scaled", rounds=3)
image = np.zeros((3, 4), np.float32)
for i in range(2000):
    threads(7 + i % 2)
    function(image, np.empty_like(image), scalars=(5, 2.0))
    assert os.sched_getaffinity(0) == before, i
"""
    run("import os\n" + text)


def test_fork(warm: Path, run: Callable[..., str]) -> None:
    """Parent computes on threads, forks, both compute on, on as many threads; children of children too."""
    if not hasattr(os, "fork"):
        pytest.skip("needs fork")
    text = """
import os, sys, warnings
from convolens.runtime.threads import threads
warnings.simplefilter("ignore")
threads(4)
compute()
for generation in range(3):
    child = os.fork()
    for _ in range(50):
        compute()
    if os.path.isdir("/proc/self/task"):
        assert len(os.listdir("/proc/self/task")) == 4, "the workers are gone"
    if child:
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        break
print("right") if generation == 0 else os._exit(0)
"""
    assert run(text, OPENBLAS_NUM_THREADS="1").strip() == "right"


def test_fork_while_other_threads_compute(warm: Path, run: Callable[..., str]) -> None:
    """Forks wait for the calls of other threads, and hold back new ones."""
    if not hasattr(os, "fork"):
        pytest.skip("needs fork")
    text = """
import os, threading, warnings
from convolens.runtime.threads import threads
warnings.simplefilter("ignore")
threads(3)
compute()
stop, rounds = threading.Event(), []
def work():
    while not stop.is_set():
        compute()
        rounds.append(1)
workers = [threading.Thread(target=work) for _ in range(3)]
for worker in workers: worker.start()
for _ in range(20):
    child = os.fork()
    if not child:
        for _ in range(5): compute()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
stop.set()
for worker in workers: worker.join()
print("right" if rounds else "idle")
"""
    assert run(text).strip() == "right"


def test_in_process_code_starts_no_threads_and_survives_a_fork(warm: Path, run: Callable[..., str]) -> None:
    """Without a linker there is nothing that a fork could break."""
    if not hasattr(os, "fork"):
        pytest.skip("needs fork")
    text = """
import os
compute()
child = os.fork()
compute()
if not child:
    os._exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
print("right")
"""
    assert run(text, PATH="").strip() == "right"


def test_several_threads_at_once(warm: Path) -> None:
    """Many Python threads load and call the same function with shapes of their own, while the number changes."""
    barrier = threading.Barrier(6)

    def work(index: int) -> bool:
        barrier.wait()
        function = compiler.load("scaled", rounds=3)
        image = np.full((2 + index, 50), index, np.float32)
        right = True
        for shift in range(200):
            out = np.empty_like(image)
            function(image, out, scalars=(shift, 2.0))
            right &= bool((out == 2 * index + shift).all())
            if index == 0 and shift % 20 == 0:
                threads(1 + shift // 20 % 3)
        return right

    with threads(2), ThreadPoolExecutor(6) as executor:
        assert all(executor.map(work, range(6)))


def test_compiled_code_runs_without_the_gil(warm: Path) -> None:
    """While one thread computes, another goes on in Python."""
    function = compiler.load("scaled", rounds=3)
    image = np.zeros((4000, 4000), np.float32)
    steps, done = [0], threading.Event()

    def count() -> None:
        while not done.is_set():
            steps[0] += 1

    def compute() -> None:
        function(image, np.empty_like(image), scalars=(0, 1.0))

    function(image[:1, :1], np.empty((1, 1), np.float32), scalars=(0, 1.0))
    counter = threading.Thread(target=count)
    worker = threading.Thread(target=compute)
    with threads(1):
        worker.start()
        counter.start()
        worker.join()
        done.set()
        counter.join()
    assert steps[0] > 1000


def test_threads_that_change_the_number_take_turns() -> None:
    """Several Python threads change it and compute at the same time; nothing ends, hangs or goes wrong."""
    prepared = prepare_conv(np.ones((16, 16, 3, 3), "f4"), padding=1, algorithm="tiled")
    image = np.ones((1, 16, 64, 64), "f4")
    wanted = prepared(image)

    def change(count: int) -> bool:
        right = True
        for _ in range(20):
            with threads(count):
                right &= bool((prepared(image) == wanted).all())
        return right

    with threads(2), ThreadPoolExecutor(4) as pool:  # the number is as before at the end, whoever was last
        assert all(pool.map(change, (1, 2, 3, 4)))


def test_an_interrupted_call_is_not_counted_for_ever(warm: Path, run: Callable[..., str]) -> None:
    """After many a Ctrl-C in small calls, other threads can still change the number, and the process can fork."""
    if not hasattr(signal, "setitimer"):
        pytest.skip("there is no timer to interrupt with")
    script = """
import os, random, signal, threading, time
import numpy as np
import convolens as cl

def interrupt(*_):
    raise KeyboardInterrupt

x = np.ones((1, 8, 8, 8), "f4")
conv = cl.prepare_conv(np.ones((8, 8, 3, 3), "f4"), padding=1, algorithm="tiled")
conv(x), conv(x)
signal.signal(signal.SIGALRM, interrupt)
for _ in range(3000):
    try:
        signal.setitimer(signal.ITIMER_REAL, random.uniform(5e-5, 4e-4))
        for _ in range(1000):
            conv(x)
    except KeyboardInterrupt:
        pass
    signal.setitimer(signal.ITIMER_REAL, 0)
thread = threading.Thread(target=lambda: cl.threads(1), daemon=True)
thread.start()
thread.join(20)
print("hangs" if thread.is_alive() else "goes on", flush=True)
os._exit(0)
"""
    assert run(script) == "goes on\n"


def test_interrupts_while_threads_change_and_the_process_forks(warm: Path, run: Callable[..., str]) -> None:
    """Ctrl-C at any time leaves other threads' calls, and later changes, as they were."""
    if not hasattr(os, "fork"):
        pytest.skip("nothing forks here")
    script = """
import os, signal, threading, time
import numpy as np
import convolens as cl

x = np.ones((1, 16, 64, 64), "f4")
conv = cl.prepare_conv(np.ones((16, 16, 3, 3), "f4"), padding=1, algorithm="tiled")
conv(x), conv(x)
done, calls = threading.Event(), [0]

def compute():
    while not done.is_set():
        conv(x)
        calls[0] += 1

def interrupt():
    while not done.is_set():
        time.sleep(0.003)
        os.kill(os.getpid(), signal.SIGINT)

def stop(*_):  # never outside the block that expects it
    if armed:
        armed.clear()
        raise KeyboardInterrupt

armed = []
signal.signal(signal.SIGINT, stop)
others = [threading.Thread(target=work, daemon=True) for work in (compute, interrupt)]
[thread.start() for thread in others]
interrupts, end = 0, time.time() + 4
while time.time() < end:
    try:
        armed.append(True)
        for count in (1, 2, 3):
            cl.threads(count)
        child = os.fork()
        if not child:
            os._exit(0)
        os.waitpid(child, 0)
        armed.clear()
    except KeyboardInterrupt:
        interrupts += 1
done.set()
before = calls[0]
thread = threading.Thread(target=lambda: (cl.threads(2), conv(x)), daemon=True)
thread.start()
thread.join(20)
print("hangs" if thread.is_alive() or not before else "goes on", interrupts > 20, flush=True)
os._exit(0)
"""
    assert run(script) == "goes on True\n"
