"""The preview server: its event stream, its ports and its shutdown."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from queue import Queue

import httpx2
import pytest

from digest.errors import DigestError, IssueError, Place, UsageError
from digest.preview import PreviewedIssue, PreviewSecret, serve
from digest.preview.server import PreviewServer, listen

PROGRAM = """
import sys
from pathlib import Path
from digest.preview import PreviewedIssue, serve

class Source:
    def render(self):
        return PreviewedIssue(id="2026-W47", file="issue.md", html="<p>x</p>", text="x", subject="s", preheader="p",
                    sender="a@example.org", findings=(), token="", state="Draft", bytes_html=8)
    def watched(self):
        return [Path(sys.argv[1])]
    def image(self, url):
        return None

    def web_picture(self, _):
        return None

serve(Source(), port=0, announce=lambda address: print(address, flush=True))
print("ended", flush=True)
"""


class FileSource:
    """A source whose subject is the content of a file; a file that contains "broken" cannot be rendered."""

    def __init__(self, path):
        self.path = path

    def render(self):
        subject = self.path.read_text()
        if subject == "broken":
            raise IssueError("the story has no link", place=Place("issue.md", 23), hint="Add one.")
        return PreviewedIssue(
            id="2026-W47",
            file="issue.md",
            html=f"<p>{subject}</p>",
            text=subject,
            subject=subject,
            preheader="",
            sender="news@example.org",
            findings=(),
            token="",
            state="Draft",
            bytes_html=1,
        )

    def watched(self):
        return [self.path]

    def image(self, _):
        return None

    def web_picture(self, _):
        return None


@pytest.fixture
def issue(tmp_path):
    path = tmp_path / "issue.md"
    path.write_text("first")
    return path


@contextlib.contextmanager
def running(source):
    ready, secret = Queue(), PreviewSecret()
    server = PreviewServer(source, listen("127.0.0.1", 0), host="127.0.0.1", secret=secret, ready=ready.put)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        address = ready.get(timeout=20)
        cookie = httpx2.get(secret.address(address)).headers["set-cookie"].partition(";")[0]
        with httpx2.Client(base_url=address, headers={"cookie": cookie}, timeout=20) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(timeout=20)
    assert not thread.is_alive()


def versions(answer):
    """The data of each "rendered" event of a stream."""
    lines = answer.iter_lines()
    return (next(lines).removeprefix("data: ") for line in lines if line == "event: rendered")


def test_a_change_is_announced_after_it_was_rendered(issue):
    with (
        running(FileSource(issue)) as client,
        client.stream("GET", "events") as stream,
    ):
        assert stream.headers["content-type"].startswith("text/event-stream")
        pushed = versions(stream)
        first = next(pushed)
        assert client.get("state").json()["version"] == first
        issue.write_text("second")
        second = next(pushed)
        state = client.get("state").json()
        email = client.get("email").text

    assert first != second == state["version"]
    assert state["page"]["subject"] == "second"
    assert "<p>second</p>" in email


def test_a_broken_file_keeps_the_last_good_email_until_the_next_good_save(issue):
    with (
        running(FileSource(issue)) as client,
        client.stream("GET", "events") as stream,
    ):
        pushed = versions(stream)
        next(pushed)
        issue.write_text("broken")
        next(pushed)
        broken, email = client.get("state").json(), client.get("email").text
        issue.write_text("fixed")
        next(pushed)
        fixed = client.get("state").json()

    assert broken["error"] == {"message": "the story has no link", "place": "issue.md:23", "hint": "Add one."}
    assert broken["page"]["subject"] == "first"
    assert "<p>first</p>" in email
    assert (fixed["page"]["subject"], fixed["error"]) == ("fixed", None)


def test_an_open_event_stream_does_not_delay_the_shutdown(issue):
    with running(FileSource(issue)) as opened:
        client = httpx2.Client(base_url=opened.base_url, headers=opened.headers, timeout=20)
        stream = client.stream("GET", "events")
        pushed = versions(stream.__enter__())
        next(pushed)
    assert list(pushed) == []
    client.close()


@pytest.mark.skipif(os.name == "nt", reason="signals to a process are POSIX")
def test_ctrl_c_stops_quietly_with_a_page_open(issue):
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(issue)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        address = process.stdout.readline().strip()
        with (
            httpx2.Client(timeout=20, follow_redirects=True) as client,
            client.stream("GET", client.get(address).url.join("events")) as stream,
        ):
            next(versions(stream))
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=20)

    assert address.startswith("http://127.0.0.1:")
    assert (output, errors, process.returncode) == ("ended\n", "", 0)


def test_uses_the_next_port_if_one_is_busy_and_announces_it(issue):
    with contextlib.closing(listen("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        with contextlib.closing(listen("127.0.0.1", port)) as listening:
            server = PreviewServer(
                FileSource(issue), listening, host="127.0.0.1", secret=PreviewSecret(), ready=lambda _: None
            )
            used = listening.getsockname()[1]

    assert port < used <= port + 10
    assert server.address == f"http://127.0.0.1:{used}/"


def test_the_error_names_the_ports_if_all_are_busy(issue):
    with contextlib.ExitStack() as taken:
        first = taken.enter_context(contextlib.closing(listen("127.0.0.1", 0))).getsockname()[1]

        def take_all():
            for _ in range(12):
                taken.enter_context(contextlib.closing(listen("127.0.0.1", first)))

        with pytest.raises(DigestError, match=rf"the ports {first} to \d+ of 127\.0\.0\.1 are all in use") as caught:
            take_all()

    assert "--port" in caught.value.hint


def test_an_address_of_another_machine_is_a_usage_error(issue):
    with pytest.raises(UsageError, match=r"cannot listen on 192\.0\.2\.1:8025"):
        serve(FileSource(issue), host="192.0.2.1", announce=print)
