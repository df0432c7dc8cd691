"""Downloads from a real server on this machine, with a certificate made for the test."""

from __future__ import annotations

import errno
import hashlib
import io
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pooch
import pytest
import trustme
from rich.console import Console

from inkling.datasets import download
from inkling.datasets.download import fetch, whole_file
from inkling.datasets.sources import PublishedFile
from inkling.errors import DownloadError, StorageError

CONTENT = bytes(range(256)) * 1000
SHA = hashlib.sha256(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """The first part of the path says what is wrong with the mirror."""

    def do_GET(self) -> None:
        kind = self.path.split("/")[1]
        self.server.asked.append((kind, self.headers["Accept-Encoding"]))  # type: ignore[attr-defined]
        if kind in ("missing", "down"):
            self.send_error({"missing": 404, "down": 503}[kind])
            return
        if kind in ("plain", "elsewhere", "circle"):
            self.send_response(302)
            address = {"plain": "http://localhost:1/", "elsewhere": "/good/", "circle": "/circle/"}[kind]
            self.send_header("Location", address)
            self.end_headers()
            return
        body = {"wrong": b"x" * len(CONTENT), "long": CONTENT + b"x", "short": CONTENT[:-1]}.get(
            kind, CONTENT
        )
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT) + (kind == "long")))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadingHTTPServer]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path_factory.getbasetemp() / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    httpd = ThreadingHTTPServer(("localhost", 0), Handler)
    httpd.asked = []  # type: ignore[attr-defined]
    httpd.socket = context.wrap_socket(httpd.socket, server_side=True)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield httpd
    httpd.shutdown()
    thread.join()
    httpd.server_close()


@pytest.fixture
def mirrors(
    server: ThreadingHTTPServer, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., PublishedFile]:
    """Make a file with mirrors of the given kinds."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path_factory.getbasetemp() / "authority.pem"))
    monkeypatch.setenv("NO_PROXY", "localhost")
    monkeypatch.setenv("no_proxy", "localhost")
    server.asked.clear()  # type: ignore[attr-defined]

    def make(*kinds: str) -> PublishedFile:
        bases = [kind if ":" in kind else f"https://localhost:{server.server_port}/{kind}/" for kind in kinds]
        return PublishedFile("file.gz", SHA, size=len(CONTENT), mirrors=tuple(bases))

    return make


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_fetched_into_a_new_folder_and_nothing_else_is_left_there(mirrors, tmp_path):
    path = fetch(mirrors("good"), tmp_path / "new" / "folder")
    assert path == tmp_path / "new" / "folder" / "file.gz"
    assert path.read_bytes() == CONTENT
    assert names(path.parent) == ["file.gz"]


def test_the_server_is_asked_not_to_repack_the_file(mirrors, server, tmp_path):
    fetch(mirrors("good"), tmp_path)
    assert server.asked == [("good", "identity")]


def test_a_file_that_is_there_and_right_is_not_fetched_again(mirrors, server, tmp_path):
    (tmp_path / "file.gz").write_bytes(CONTENT)
    fetch(mirrors("good"), tmp_path)
    assert server.asked == []


def test_a_file_that_is_there_and_wrong_is_replaced(mirrors, tmp_path):
    (tmp_path / "file.gz").write_bytes(b"old")
    assert fetch(mirrors("good"), tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("first", ["missing", "down", "short", "long", "plain", "circle"])
def test_when_a_mirror_fails_the_next_one_is_asked(mirrors, tmp_path, first):
    assert fetch(mirrors(first, "good"), tmp_path).read_bytes() == CONTENT
    assert names(tmp_path) == ["file.gz"]


def test_wrong_contents_are_kept_aside_and_the_next_mirror_asked(mirrors, tmp_path):
    assert fetch(mirrors("wrong", "good"), tmp_path).read_bytes() == CONTENT
    assert names(tmp_path) == ["file.gz", "file.gz.rejected"]
    assert (tmp_path / "file.gz.rejected").read_bytes() == b"x" * len(CONTENT)


def test_a_redirect_to_https_is_followed(mirrors, tmp_path):
    assert fetch(mirrors("elsewhere"), tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("missing", "404 Not Found"),
        ("down", "503 Service Unavailable"),
        ("wrong", f"in place of {SHA[:12]}"),
        ("short", "the transfer broke off"),
        ("long", "it sends more than the 256,000 bytes"),
        ("plain", "redirects to http://localhost:1/, which is not https"),
        ("circle", "it redirects in a circle"),
    ],
)
def test_when_no_mirror_is_left_each_is_named_with_its_reason_and_the_way_out(mirrors, tmp_path, kind, said):
    file = mirrors(kind, "missing")
    with pytest.raises(DownloadError) as caught:
        fetch(file, tmp_path)
    first, second = caught.value.message.splitlines()[1:]
    assert file.mirrors[0] in first
    assert said in first
    assert "404" in second
    assert caught.value.exit_code == 5
    for way in ("INKLING_DATA=DIR", "--data DIR", "--data sample"):
        assert way in caught.value.remedy
    assert "file.gz" not in names(tmp_path)
    assert not [name for name in names(tmp_path) if name.endswith(".part")]


def test_without_a_network_the_reason_is_that_there_is_no_connection(mirrors, tmp_path):
    with socket.socket() as closed:
        closed.bind(("localhost", 0))  # bound and not listening: whoever connects is refused
        with pytest.raises(DownloadError, match="no connection"):
            fetch(mirrors(f"https://localhost:{closed.getsockname()[1]}/"), tmp_path)
    assert names(tmp_path) == []


def test_a_certificate_of_a_stranger_is_not_trusted(mirrors, tmp_path, monkeypatch):
    stranger = tmp_path / "stranger.pem"
    trustme.CA().cert_pem.write_to_path(str(stranger))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(stranger))
    with pytest.raises(DownloadError, match="its certificate is not trusted"):
        fetch(mirrors("good"), tmp_path / "data")


def test_plain_http_is_refused_even_if_the_table_should_name_it(tmp_path):
    file = PublishedFile("file.gz", SHA, size=1)
    object.__setattr__(file, "mirrors", ("http://localhost:1/",))
    with pytest.raises(DownloadError, match="is not https"):
        fetch(file, tmp_path)


def test_the_time_out_reaches_the_transfer(mirrors, tmp_path, monkeypatch):
    seen = []

    class Slow(pooch.HTTPDownloader):
        def __call__(self, *_: object, **__: object) -> None:
            seen.append(self.kwargs["timeout"])
            import requests

            raise requests.exceptions.ReadTimeout("slow")

    monkeypatch.setattr(pooch, "HTTPDownloader", Slow)
    with pytest.raises(DownloadError, match="no answer in time"):
        fetch(mirrors("good"), tmp_path, timeout=2)
    assert seen == [2]


class FullDisk(io.RawIOBase):
    """A stream that takes nothing, as a file on a full disk."""

    def write(self, _: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_not_blamed_on_a_mirror(mirrors, server, tmp_path, monkeypatch):
    def full(handle: int, _: str) -> FullDisk:
        open(handle, "wb").close()
        return FullDisk()

    monkeypatch.setattr(download.os, "fdopen", full)
    with pytest.raises(StorageError, match="No space left") as caught:
        fetch(mirrors("good", "good"), tmp_path)
    assert caught.value.exit_code == 5
    assert len(server.asked) == 1
    assert names(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_a_storage_error(mirrors, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="cannot be written"):
        fetch(mirrors("good"), tmp_path / "file" / "below")


def test_an_interrupt_leaves_nothing_behind(mirrors, tmp_path, monkeypatch):
    class Interrupted(pooch.HTTPDownloader):
        def __call__(self, url: str, output_file: object, pooch: None) -> None:  # type: ignore[override]
            output_file.write(b"half")  # type: ignore[attr-defined]
            raise KeyboardInterrupt

    monkeypatch.setattr(pooch, "HTTPDownloader", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        fetch(mirrors("good"), tmp_path)
    assert names(tmp_path) == []


def test_several_who_fetch_at_once_do_not_harm_each_other(mirrors, tmp_path):
    file, failures = mirrors("good"), []

    def run() -> None:
        try:
            fetch(file, tmp_path)
        except BaseException as problem:
            failures.append(problem)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert names(tmp_path) == ["file.gz"]
    assert (tmp_path / "file.gz").read_bytes() == CONTENT


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_drawn_on_a_terminal_only(mirrors, tmp_path, terminal):
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=terminal, width=80, _environ={"TERM": "xterm"})
    fetch(mirrors("good"), tmp_path, console=console)
    assert ("file.gz" in screen.getvalue()) is terminal


def test_a_file_that_is_given_no_name_is_removed(tmp_path):
    with whole_file(tmp_path / "a") as (stream, _):
        stream.write(b"half")
        assert len(names(tmp_path)) == 1
    assert names(tmp_path) == []
