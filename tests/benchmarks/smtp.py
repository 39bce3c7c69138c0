"""Measures the cost of sending through SMTP over loopback, compared with smtplib and one EmailMessage per recipient.

Both send the same mail to a server that accepts everything. digest also writes its ledger, in one transaction before
and one after each mail. Only the CPU time of the sending process counts.

Run by hand: .venv/bin/python tests/benchmarks/smtp.py [PEOPLE]
"""

from __future__ import annotations

import email.policy
import multiprocessing
import smtplib
import socket
import sys
import tempfile
import time
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from random import Random

from digest.config import Config
from digest.models import RenderedIssue
from digest.providers.smtp import SmtpProvider
from digest.testing.campaigns import NOON, CampaignHarness, make_audience, make_rendered

PEOPLE, NAIVE = 2000, 400


def serve(listener: socket.socket) -> None:
    """Accept every mail."""
    while True:
        connection, _ = listener.accept()
        with connection, connection.makefile("rb", buffering=1 << 20) as reader:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(b"220 sink\r\n")
            while line := reader.readline():
                verb = line[:4].upper()
                if verb == b"DATA":
                    connection.sendall(b"354 go\r\n")
                    while reader.readline() != b".\r\n":
                        pass
                connection.sendall(b"221 bye\r\n" if verb == b"QUIT" else b"250 sink\r\n")


def issue() -> RenderedIssue:
    """An issue with about 60 kB of HTML and 12 kB of text."""
    random = Random(3)  # noqa: S311 - invented words are no secret
    words = " ".join("".join(random.choices("abdegilmnorstu", k=random.randint(3, 9))) for _ in range(1700))
    rendered = make_rendered(provider="smtp")
    link = rendered.manifest.tags[1].tag
    html = "".join(f"<p style='margin:0 0 12px;color:#2b2a27'>{line}</p>\n" for line in (words * 4).split(". "))
    return replace(rendered, html=f"{html}<a href='{link}'>leave</a>\n", text=f"{words}\n{link}\n")


def naive(port: int, rendered: RenderedIssue) -> None:
    with smtplib.SMTP("127.0.0.1", port) as server:
        for number in range(NAIVE):
            message = EmailMessage(policy=email.policy.SMTP)
            message["From"], message["To"] = "news@example.org", f"r{number:05}@example.com"
            message["Subject"] = rendered.manifest.subject
            message.set_content(rendered.text.replace(rendered.manifest.tags[1].tag, f"https://example.org/u/{number}"))
            page = rendered.html.replace(rendered.manifest.tags[1].tag, f"https://example.org/u/{number}")
            message.add_alternative(page, subtype="html")
            server.send_message(message)


def main() -> None:
    people = int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    server = multiprocessing.get_context("fork").Process(target=serve, args=(listener,), daemon=True)
    server.start()
    rendered = issue()
    size = len(rendered.html.encode())
    began, used = time.perf_counter(), time.process_time()
    naive(port, rendered)
    smtplib_time = (time.process_time() - used) / NAIVE
    print(
        f"{size / 1000:.0f} kB of HTML; smtplib and EmailMessage: {NAIVE / (time.perf_counter() - began):,.0f} mails/s"
    )
    newsletter = {"name": "Weekly", "sender": "Weekly <news@example.org>"}
    smtp = {"host": "127.0.0.1", "port": port, "security": "none"}
    config = Config.model_validate({"newsletter": newsletter, "providers": {"smtp": smtp}})
    with tempfile.TemporaryDirectory() as folder, CampaignHarness(Path(folder)) as harness:
        harness.rendered, harness.audience, harness.config = rendered, make_audience(people), config
        harness.provider = SmtpProvider(config=config, environ={}, root=Path(folder), now=lambda: NOON)
        began, used = time.perf_counter(), time.process_time()
        assert harness.send().accepted == people
        digest_time = (time.process_time() - used) / people
        print(f"digest: {people / (time.perf_counter() - began):,.0f} mails/s")
    print(f"digest has {smtplib_time / digest_time:.1f} times the mails per CPU-second")
    server.terminate()


if __name__ == "__main__":
    main()
