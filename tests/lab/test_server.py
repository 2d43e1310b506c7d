"""The server over real sockets: who is let in, what is answered, and what hostile pages cannot do."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

import convolens as cl
from convolens.errors import FileError
from convolens.lab.clients import lane_of
from convolens.lab.limits import Limits
from convolens.lab.messages import Filter, Open, Region, Times
from convolens.lab.pages import built_files, missing_page
from convolens.lab.server import listen
from convolens.lab.session import MISTAKE, NO_MEMORY
from convolens.lab.states import Numbers
from lab.running import Page, Running, running
from lab.uploads import GREY, HOSTILE, picture_file, png_bomb


@pytest.fixture(scope="module")
def lab() -> Iterator[Running]:
    """Run one lab for this file."""
    with running() as found:
        yield found


@pytest.fixture
def page(lab: Running) -> Iterator[Page]:
    """Open one page."""
    with lab.page() as found:
        yield found


MEASURE = {"kind": "times", "key": "t", "input_shape": [8, 64, 56, 56], "weight_shape": [64, 64, 3, 3]}


def slow_filter(name: str, number: int, key: str = "slow") -> dict[str, Any]:
    """Return a request that takes a while: its kernel has no short cut."""
    weights = np.random.default_rng(0).normal(size=(63, 63))
    kernel = {"shape": [63, 63], "data": weights.ravel().tolist()}
    return {"kind": "filter", "id": number, "key": key, "photograph": name, "kernel": kernel, "fit": 16}


# Who is let in


def test_without_token(lab: Running) -> None:
    """Nothing is served to who has neither token nor cookie, nor to who has wrong ones."""
    for path in ("/", "/sliding-window", "/static/page.js", "/nowhere", "/?token=", "/?token=wrong", "/sign-in"):
        answer = lab.request(path, cookie=None)
        assert answer.status == 403, path
        assert b"convolens lab" in answer.body
    assert lab.request("/", cookie=f"{lab.lab.access.cookie}=wrong").status == 403
    assert lab.request("/?token=wr%FFong", cookie=None).status == 403


def test_token_becomes_a_cookie(lab: Running) -> None:
    """The link lets in once, and the token does not stay in the address."""
    answer = lab.request(f"/sliding-window?token={lab.lab.access.token}", cookie=None)
    assert answer.status == 303
    assert answer.headers["location"] == "/sliding-window"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert lab.lab.access.token not in cookie
    assert lab.request("/", cookie=cookie.partition(";")[0]).status == 200
    away = lab.request(f"//evil.example/%5C?token={lab.lab.access.token}", cookie=None).headers["location"]
    assert away.startswith("/evil.example/")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "192.168.0.1", "", "a@127.0.0.1", None]
)
def test_foreign_hosts(lab: Running, host: str | None) -> None:
    """A name that was made to lead here (DNS rebinding) is refused, cookie or not; so is none."""
    answer = lab.request("/", host=host)
    assert answer.status in (400, 421)  # without any Host, HTTP/1.1 itself is broken
    if host:
        with pytest.raises(InvalidStatus), lab.page(host=host, origin=f"http://{host}"):
            pass


@pytest.mark.parametrize("host", ["localhost:{}", "LOCALHOST:{}", "127.0.0.1:{}", "[::1]:{}", "127.0.0.2:9000"])
def test_own_hosts(lab: Running, host: str) -> None:
    """Every name of the loopback is this lab's, behind a forwarded port too."""
    assert lab.request("/", host=host.format(lab.port)).status == 200


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", None, "http://127.0.0.1:1", "http://localhost", "file://", "http://[", ""],
)
def test_foreign_origins(lab: Running, origin: str | None) -> None:
    """A page of another origin opens no socket, though the browser sends the cookie along."""
    with pytest.raises(InvalidStatus) as caught, lab.page(origin=origin):
        pass
    assert caught.value.response.status_code == 403


def test_sockets_need_the_cookie(lab: Running) -> None:
    """A socket without it is refused, with the token in the address too."""
    with pytest.raises(InvalidStatus), lab.page(cookie=None):
        pass


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_other_methods(lab: Running, method: str) -> None:
    """Pages are read, nothing else."""
    assert lab.request("/", method=method).status == 403
    assert lab.request("/", method=method, origin=f"http://{lab.host}").status == 405


def test_headers(lab: Running) -> None:
    """Every answer forbids what no page of the lab needs."""
    for path in ("/", "/static/page.js", "/nowhere"):
        headers = lab.request(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self' 'wasm-unsafe-eval';" in policy
        assert "unsafe" not in policy.replace("'wasm-unsafe-eval'", "")
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert "server" not in headers


def test_files_come_from_a_table(lab: Running) -> None:
    """The built front end is served, and nothing else, whatever the path says."""
    for name, file in built_files().items():
        answer = lab.request(f"/static/{name}")
        assert answer.body == file.content
        assert lab.request(f"/static/{name}", if_none_match=answer.headers["etag"]).status == 304
    for path in (
        "/static/../server.py", "/static/..%2fserver.py", "/static/%2e%2e/server.py", "/static//etc/passwd",
        "/static/%2fetc%2fpasswd", "/static/page.js/", "/static/", "/static/page.js%00", "/etc/passwd",
    ):  # fmt: skip
        assert lab.request(path).status == 404, path


@pytest.mark.parametrize("path", ["/nowhere", "/%3Cscript%3Ealert(1)", "/sliding-window//", "/nowhere/?x=%3Cb%3E"])
def test_there_is_a_way_home(lab: Running, path: str) -> None:
    """Where there is no page a plain one leads to the exhibits, and holds nothing of what was asked for."""
    answer = lab.request(path)
    assert (answer.status, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert answer.body == missing_page().encode()
    assert lab.request(path, cookie=None).status == 403


def test_slash_behind_an_exhibit(lab: Running) -> None:
    """It is taken off; the way stays on this server, and a token in it lets in as ever."""
    answer = lab.request("/sliding-window/?theme=dark%0d%0ax")
    assert (answer.status, answer.headers["location"]) == (307, "/sliding-window?theme=dark%0d%0ax")
    assert lab.request("/sliding-window/").headers["location"] == "/sliding-window"
    assert lab.request("//evil.example/sliding-window/").status == 404
    token = lab.lab.access.token
    assert lab.request(f"/sliding-window/?token={token}", cookie=None).headers["location"] == "/sliding-window/"
    assert lab.request("/sliding-window/", cookie=None).status == 403


def test_password() -> None:
    """A password opens the lab, a wrong one does not, and costs a second."""
    with running(password="correct horse") as lab:
        assert lab.request("/", cookie=None).headers["location"] == "/sign-in"
        assert b"password" in lab.request("/sign-in", cookie=None).body

        def sign_in(password: bytes, origin: str | None = None) -> Any:
            origin = origin or f"http://{lab.host}"
            return lab.request("/sign-in", method="POST", body=b"password=" + password, cookie=None, origin=origin)

        start = time.monotonic()
        assert sign_in(b"wrong").status == 403
        assert time.monotonic() - start >= 1
        assert sign_in(b"x" * 10_000).status == 413
        assert sign_in(b"correct+horse", origin="http://evil.example").status == 403
        answer = sign_in(b"correct+horse")
        assert answer.status == 303
        assert lab.request("/", cookie=answer.headers["set-cookie"].partition(";")[0]).status == 200


# What is answered


def test_a_photograph_is_filtered(page: Page) -> None:
    """The answer over the socket is what the engine computes."""
    pixels = np.random.default_rng(0).integers(0, 256, (60, 80, 3)).astype(np.uint8)
    opened = page.ask({"kind": "open", "id": 3, "key": "open", "name": "a.png"}, picture_file(pixels))
    assert (opened["kind"], opened["id"], opened["name"]) == ("opened", 3, "a.png")
    page.send({"kind": "filter", "id": 4, "key": "f", "photograph": opened["photograph"], "kernel": "sobel-x"})
    answer, (buffer,) = page.receive()
    assert answer["id"] == 4
    expected = cl.filter_image(pixels, "sobel-x")
    np.testing.assert_array_equal(np.frombuffer(buffer, np.uint8).reshape(pixels.shape), expected)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_uploads(page: Page, name: str) -> None:
    """Each gets its one line, and the page goes on."""
    data, said = HOSTILE[name]
    answer = page.ask({"kind": "open", "id": 3, "key": "open", "name": "x"}, data)
    assert (answer["kind"], answer["id"], answer["reason"]) == ("failure", 3, "refused")
    assert said.replace("hostile", "x") in answer["message"]
    assert page.ask({"kind": "hello", "id": 4, "key": "hello"})["kind"] == "welcome"


@pytest.mark.parametrize("frame", [b"", b"\xff" * 9, "text", b"\2\0\0\0{}", b"\4\0\0\0null", "\u2603"])
def test_broken_frames(page: Page, frame: bytes | str) -> None:
    """What is no request gets one line, and the page goes on."""
    page.socket.send(frame)
    answer, _ = page.receive()
    assert (answer["kind"], answer["id"]) == ("failure", 0)
    assert page.ask({"kind": "hello", "id": 4, "key": "hello"})["kind"] == "welcome"


def test_photographs_are_private(lab: Running, page: Page) -> None:
    """No page sees what another has open, and a page's folder goes with it."""
    assert lab.lab._root is not None
    page.ask({"kind": "hello", "id": 1, "key": "hello"})  # its folder is there
    before = set(lab.lab._root.iterdir())
    with lab.page() as other:
        name = other.open()
        (folder,) = set(lab.lab._root.iterdir()) - before
        assert [path.name for path in folder.iterdir()] == [f"{name}.npy"]
        assert folder.stat().st_mode & 0o077 == 0
        answer = page.ask({"kind": "filter", "id": 2, "key": "f", "photograph": name})
        assert "is not open" in answer["message"]
    for _ in range(200):
        if not folder.exists():
            break
        time.sleep(0.02)
    assert not folder.exists()


def test_newer_requests_replace_older_ones(page: Page) -> None:
    """Of many requests of one key few are computed, the last among them; every one is answered, once."""
    name = page.open()
    numbers = list(range(10, 40))
    for number in numbers:
        page.send(slow_filter(name, number))
    answers = [page.receive()[0] for _ in numbers]
    assert sorted(answer["id"] for answer in answers) == numbers
    kinds = {answer["id"]: answer["kind"] for answer in answers}
    assert kinds[39] == "picture"
    assert sum(kind == "replaced" for kind in kinds.values()) >= 20
    replaced = [answer for answer in answers if answer["kind"] == "replaced"]
    assert all(answer["by"] > answer["id"] for answer in replaced)


def test_a_killed_worker_is_replaced(lab: Running, page: Page) -> None:
    """The request that it worked on gets a failure, another page's does not, and the next is answered."""
    name = page.open()
    (worker,) = lab.lab.pool.workers["slow"]
    page.send({**MEASURE, "id": 5})
    time.sleep(0.3)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    with lab.page() as other:
        assert other.ask({"kind": "hello", "id": 1, "key": "hello"})["kind"] == "welcome"
    answer, _ = page.receive()
    assert (answer["kind"], answer["id"], answer["reason"]) == ("failure", 5, "died")
    small = {**MEASURE, "input_shape": [1, 1, 8, 8], "weight_shape": [1, 1, 3, 3]}
    assert page.ask({**small, "id": 6})["kind"] == "timed"
    (quick,) = lab.lab.pool.workers["quick"]
    assert quick.pid is not None
    os.kill(quick.pid, signal.SIGKILL)  # while it waits: nobody hears of it
    time.sleep(0.1)
    assert page.ask({"kind": "filter", "id": 7, "key": "f", "photograph": name})["kind"] == "picture"


def test_who_leaves_stops_its_work(lab: Running, page: Page) -> None:
    """A long measurement is broken off when its page has gone, and whoever waited behind it is answered."""
    (worker,) = lab.lab.pool.workers["slow"]
    file = picture_file(np.random.default_rng(0).integers(0, 256, (2100, 2000)))
    with lab.page() as leaving:
        leaving.send({**MEASURE, "input_shape": [32, 64, 56, 56], "id": 5})
        while worker._job is None:
            time.sleep(0.01)
        busy = worker.pid
        page.send({"kind": "open", "id": 6, "key": "open"}, file)
    assert page.receive()[0]["kind"] == "opened"
    assert worker.pid != busy


def test_no_process_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where none can be started the request gets a failure, and the next one tries again."""
    with running() as lab, lab.page() as page:
        assert page.ask({"kind": "hello", "id": 1, "key": "k"})["kind"] == "welcome"
        (quick,) = lab.lab.pool.workers["quick"]
        with monkeypatch.context() as patched:
            patched.setattr(subprocess, "Popen", Mock(side_effect=BlockingIOError("no more processes")))
            assert quick.pid is not None
            assert os.getpgid(quick.pid) != os.getpgid(0)  # Ctrl-C is not for it
            os.kill(quick.pid, signal.SIGKILL)
            time.sleep(0.1)
            assert page.ask({"kind": "hello", "id": 2, "key": "k"})["reason"] == "died"
        assert page.ask({"kind": "hello", "id": 3, "key": "k"})["kind"] == "welcome"


def test_slow_work_does_not_stand_before_sliders(page: Page) -> None:
    """While something slow is measured, a filter is answered; the slow answer comes later."""
    name = page.open()
    page.send(
        {"kind": "times", "id": 5, "key": "t", "input_shape": [4, 64, 56, 56], "weight_shape": [64, 64, 3, 3]}
    )
    page.send({"kind": "filter", "id": 6, "key": "f", "photograph": name})
    assert [page.receive()[0]["id"] for _ in range(2)] == [6, 5]


def test_lanes() -> None:
    """What takes long goes to the slow lane: by size of file, picture, region and kernel."""
    sizes = {"a": 100_000_000, "b": 250_000}
    region = Region(0, 0, 100, 100)
    kernel = Numbers.of(np.ones((64, 64)))

    def lane(**fields: Any) -> str:
        return lane_of(Filter(id=1, key="f", **fields), [], sizes)

    assert lane(photograph="a") == "slow"
    assert lane(photograph="a", region=region) == "quick"
    assert lane(photograph="a", region=region, channels="luminance") == "slow"
    assert lane(photograph="b", kernel="gaussian:sigma=2.5") == "quick"
    assert lane(photograph="b", kernel="gaussian:sigma=90") == "slow"
    assert lane(photograph="b", kernel="box:size=301") == "slow"
    for small in ("edge-135", "gabor:orientation=135", "gaussian:sigma=1.125"):
        assert lane(photograph="b", kernel=small) == "quick"
    assert lane(photograph="b", kernel="gaussian:sigma=1e9") == "quick"
    assert lane(photograph="b", kernel=kernel) == "quick"
    for rows, expected in ((1000, "quick"), (10_000, "slow")):  # in as many bytes
        assert lane_of(Open(id=1, key="o"), [memoryview(png_bomb(rows, 4000))], {}) == expected
    assert lane_of(Open(id=1, key="o"), [memoryview(bytes(2 << 20))], {}) == "slow"
    assert lane_of(Open(id=1, key="o", sample="rings"), [], {}) == "quick"
    assert lane_of(Times(id=1, key="t", input_shape=(1, 1, 8, 8), weight_shape=(1, 1, 3, 3)), [], {}) == "slow"


# Limits


def test_deep_requests(page: Page) -> None:
    """Lists in lists are refused, once, where reading them goes out of its depth; the page goes on."""
    deep: Any = "x"
    for _ in range(600):
        deep = [deep]
    answer = page.ask({"kind": "close", "id": 5, "key": "k", "photograph": deep})
    assert (answer["kind"], answer["id"]) == ("failure", 5)
    assert "request.photograph must be a text" in answer["message"]
    assert page.ask({"kind": "hello", "id": 6, "key": "k"})["kind"] == "welcome"


def test_mistakes(page: Page, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A request that the program stumbles over is answered, and not read again and again."""
    read: list[Any] = []

    def stumble(content: Any) -> None:
        read.append(content)
        raise ZeroDivisionError

    monkeypatch.setattr("convolens.lab.clients.read_request", stumble)
    answer = page.ask({"kind": "hello", "id": 5, "key": "k"})
    assert (answer["id"], answer["message"]) == (5, MISTAKE)
    assert len(read) == 1
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_long_requests(page: Page) -> None:
    """JSON that would keep the server, and all other pages, waiting is not read."""
    answer = page.ask({"kind": "hello", "id": 5, "key": "k", "more": [0] * 200_000})
    assert (answer["kind"], answer["id"]) == ("failure", 0)
    assert "bytes; up to 262,144 are read" in answer["message"]
    numbers = {"shape": [64, 64], "data": [-1.2345678901234567e-300] * 4096}
    answer = page.ask({"kind": "filter", "id": 6, "key": "k", "photograph": "x", "kernel": numbers})
    assert "is not open" in answer["message"]


def test_floods() -> None:
    """Too many requests are refused one by one, and who does not stop is sent away."""
    with running(Limits(requests_a_second=1, most_requests=5)) as lab, lab.page() as page:
        for number in range(8):
            page.send({"kind": "hello", "id": number, "key": f"k{number}"})
        answers = [page.receive()[0] for _ in range(8)]
        refused = {answer["id"] for answer in answers if answer.get("reason") == "too-many"}
        assert refused == {5, 6, 7}
        with pytest.raises(ConnectionClosed) as caught:  # noqa: PT012  (which of them it is depends on time)
            while True:
                page.ask({"kind": "hello", "id": 9, "key": "k"})
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1008
    with running() as lab, lab.page() as page, pytest.raises(ConnectionClosed):  # noqa: PT012
        end = time.monotonic() + 20
        while time.monotonic() < end:  # many more than are allowed, some of which are answered between
            for number in range(200):
                page.send({"kind": "filter", "id": number, "key": "k", "photograph": "x"})
            time.sleep(0.01)
            for _ in range(200):
                page.receive()


def test_more_limits() -> None:
    """Keys that wait, pages, bytes of a frame, room for photographs, and time."""
    limits = Limits(waiting=2, at_once=1, clients=1, upload_bytes=100_000, all_bytes=1, seconds=0.5)
    with running(limits) as lab:
        with lab.page() as page:
            name = page.open()
            answer = page.ask({"kind": "open", "id": 2, "key": "open"}, picture_file(GREY))
            assert "the lab is full" in answer["message"]
            with lab.page() as other, pytest.raises(ConnectionClosed):
                other.receive()
            for number in range(4):
                page.send({**MEASURE, "id": number, "key": f"k{number}"})
            answers = {answer["id"]: answer for answer in (page.receive()[0] for _ in range(4))}
            assert answers[0]["reason"] == "too-long"
            assert answers[3]["reason"] == "too-many"
            assert page.ask({"kind": "filter", "id": 9, "key": "f", "photograph": name})["kind"] == "picture"
        for _ in range(100):
            if not lab.lab._clients:
                break
            time.sleep(0.02)
        with lab.page() as page, pytest.raises(ConnectionClosed):
            page.ask({"kind": "open", "id": 1, "key": "open"}, bytes(300_000))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to so much memory")
def test_memory() -> None:
    """What wants more memory than a process may have gets one error; process and page go on."""
    with running(Limits(memory_bytes=256 << 20)) as lab, lab.page() as page:
        name = page.open()
        (worker,) = lab.lab.pool.workers["quick"]
        process = worker.pid
        answer = page.ask({"kind": "open", "id": 2, "key": "open"}, png_bomb(10_000, 10_000, colours=3))
        assert (answer["id"], answer["message"]) == (2, NO_MEMORY)
        assert page.ask({"kind": "filter", "id": 3, "key": "f", "photograph": name})["kind"] == "picture"
        assert worker.pid == process


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="the system keeps such connections")
def test_who_never_reads() -> None:
    """The system ends a connection whose page leaves unread what is sent to it, and so what waits for it."""
    with (
        listen("127.0.0.1", 0) as listening,
        socket.create_connection(listening.getsockname()),
        listening.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000


# Beginning and end


def test_port_in_use() -> None:
    """The message says what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(FileError, match=f"port {port} of 127.0.0.1 is in use; choose another with --port"):
            listen("127.0.0.1", port)
    with pytest.raises(FileError, match="cannot listen at"):
        listen("no.such.host.invalid", 0)
    with pytest.raises(FileError, match="the host is empty; name one"):
        listen("", 0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_end_it_cleanly(number: int, tmp_path: Path) -> None:
    """
    It ends at once with exit code 0 and leaves no files; an open connection does not hold it.

    The signal goes to its whole group, as Ctrl-C and a terminal that is closed send it, while the workers load.
    """
    if signal.getsignal(number) is signal.SIG_IGN:
        pytest.skip("whoever started the tests has it ignored, as nohup does, and so does what they start")
    command = [sys.executable, "-m", "convolens", "lab", "--port", "0", "--no-browser"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        link = process.stdout.readline().split()[-1]
        port, token = int(link.split(":")[2].split("/")[0]), link.partition("=")[2]
        with socket.create_connection(("127.0.0.1", port)) as open_page:
            open_page.sendall(f"GET /?token={token} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            assert b"303" in open_page.recv(1000)
            assert [path.name.startswith("convolens-lab-") for path in tmp_path.iterdir()] == [True]
            os.killpg(process.pid, number)
            out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")
    assert "The lab is closed." in out
    assert list(tmp_path.iterdir()) == []
