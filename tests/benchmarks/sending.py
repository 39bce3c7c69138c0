"""Measures the cost of sending over loopback with the whole program, from the CSV to the last row of the ledger.

- `naive`: the sendgrid package's own client and helpers, one call per recipient;
- `spliced`: a program that reads the same list, serialises the shared content once, splices the recipients in and posts
  over one keep-alive connection. It checks and records nothing, and mails everybody again if it is started again;
- `bare`: a keep-alive loop that posts prebuilt bodies of 1,000 recipients;
- `digest send --live` to the same server, 60 kB of HTML, with a personal link and headers for each recipient.

The server reads the JSON, counts recipients and answers. Only the CPU time of the sending process and its children
counts, start-up included: unlike the wall time, it can be compared on a machine that does other work as well.

Run by hand: .venv/bin/python tests/benchmarks/sending.py [PEOPLE ...]
"""

from __future__ import annotations

import csv
import hashlib
import http.client
import json
import multiprocessing
import os
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time
from itertools import islice
from json.encoder import encode_basestring_ascii as quoted
from pathlib import Path
from random import Random
from typing import Any

DIGEST = str(Path(sys.executable).with_name("digest"))
PEOPLE = (250_000, 1_000_000)
NAIVE = 300
BATCH = 1000
#: The number of words in a story. All stories differ; together they are about 60 kB of HTML and 20 kB of text.
STORIES, WORDS = 40, 75
CONFIG = """
[newsletter]
name = "Weekly Bench"
sender = "Weekly Bench <news@bench-letter.dev>"
postal_address = "1 Harbour Lane, Tidewell"
homepage = "https://bench-letter.dev"

[[sources]]
id = "desk"
folder = "articles"

[selection]
stories = 40
min_stories = 40

[audiences.weekly]
files = ["subscribers/weekly.csv"]

[delivery]
provider = "sendgrid"
unsubscribe_url = "https://bench-letter.dev/u/{token}"

[providers.sendgrid]
host = "HOST"
"""


def serve(listener: socket.socket, counted: Any) -> None:
    """Answer every request, each connection in a thread of its own, and count the recipients of /v3/mail/send."""
    while True:
        threading.Thread(target=answer, args=(listener.accept()[0], counted), daemon=True).start()


def answer(connection: socket.socket, counted: Any) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection, connection.makefile("rb", buffering=1 << 20) as reader:
        while line := reader.readline():
            length = 0
            while (header := reader.readline()) not in {b"\r\n", b""}:
                name, _, value = header.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            body = reader.read(length)
            if b" /v3/mail/send " in line:
                people = len(json.loads(body)["personalizations"])
                with counted.get_lock():
                    counted.value += people
                connection.sendall(b"HTTP/1.1 202 Accepted\r\nX-Message-Id: m\r\nContent-Length: 0\r\n\r\n")
            else:
                empty = b'{"messages": []}' if b"/v3/logs" in line else b"[]"
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(empty), empty))


def cost(work: Any, *arguments: Any) -> tuple[float, float]:
    """Wall and CPU seconds that a function takes in this process and its children."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)

    def cpu() -> float:
        return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, kinds))

    began, used = time.perf_counter(), cpu()
    work(*arguments)
    return time.perf_counter() - began, cpu() - used


def naive(host: str, html: str, text: str) -> None:
    from sendgrid import SendGridAPIClient
    from sendgrid.helpers.mail import Content, Email, Header, Mail, Personalization

    client = SendGridAPIClient("SG.bench", host=host)
    for number in range(NAIVE):
        mail = Mail(from_email="news@bench-letter.dev", subject="A quiet week")
        mail.add_content(Content("text/plain", text))
        mail.add_content(Content("text/html", html))
        personalization = Personalization()
        personalization.add_to(Email(f"reader{number:07}@example.com", f"Reader {number}"))
        personalization.add_header(Header("List-Unsubscribe", f"<https://bench-letter.dev/u/{number}>"))
        mail.add_personalization(personalization)
        client.send(mail)


def bare(host: str, body: bytes, calls: int) -> None:
    connection = http.client.HTTPConnection(host.removeprefix("http://"))
    for _ in range(calls):
        connection.request("POST", "/v3/mail/send", body, {"Content-Type": "application/json"})
        connection.getresponse().read()


def make_text(seed: int, count: int) -> str:
    random = Random(seed)  # noqa: S311 - invented words are no secret
    return " ".join("".join(random.choices("abdegilmnorstu", k=random.randint(3, 9))) for _ in range(count)).title()


def spliced(host: str, subscribers: Path, html: str, text: str) -> None:
    """Mail a list as fast as a short program can, without regard for anything that may go wrong."""
    connection = http.client.HTTPConnection(host.removeprefix("http://"))
    headers = {"Content-Type": "application/json", "Authorization": "Bearer SG.bench"}
    content = [{"type": "text/plain", "value": text}, {"type": "text/html", "value": html}]
    shared = json.dumps({"from": {"email": "news@bench-letter.dev"}, "subject": "A quiet week", "content": content})[1:]
    lines = (
        '"List-Unsubscribe-Post":"List-Unsubscribe=One-Click","List-Id":"Weekly Bench <weekly.bench-letter.dev>",'
        '"Auto-Submitted":"auto-generated"'
    )
    with subscribers.open() as file:
        rows = csv.reader(file)
        next(rows)
        while batch := list(islice(rows, BATCH)):
            people = []
            for email, name, _ in batch:
                key = hashlib.blake2b(email.encode(), digest_size=27, key=b"bench").hexdigest()
                link = f"https://bench-letter.dev/u/{key}"
                people.append(
                    f'{{"to":[{{"email":{quoted(email)},"name":{quoted(name)}}}],'
                    f'"custom_args":{{"di":"2026-W48","rk":"{key[:32]}"}},'
                    f'"substitutions":{{"digest-0123456789ab-unsubscribe-url":"{link}"}},'
                    f'"headers":{{"List-Unsubscribe":"<{link}>",{lines}}}}}'
                )
            body = f'{{"personalizations":[{",".join(people)}],{shared}'.encode("ascii")
            connection.request("POST", "/v3/mail/send", body, headers)
            connection.getresponse().read()


def request_body(html: str, text: str) -> bytes:
    """The body of a request for 1,000 people, as digest makes it."""
    people = [
        {
            "to": [{"email": f"reader{number:07}@example.com", "name": f"Reader {number}"}],
            "custom_args": {"di": "2026-W48", "db": f"2026-W48.weekly.{'0' * 12}.b1", "rk": f"{number:032x}"},
            "substitutions": {"digest-0123456789ab-unsubscribe-url": f"https://bench-letter.dev/u/{number:055}"},
            "headers": {
                "List-Unsubscribe": f"<https://bench-letter.dev/u/{number:055}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                "List-Id": "Weekly Bench <weekly.bench-letter.dev>",
                "Auto-Submitted": "auto-generated",
            },
        }
        for number in range(BATCH)
    ]
    return json.dumps({"personalizations": people, "content": [html, text]}).encode()


def newsletter(folder: Path, host: str, people: int) -> str:
    """Make a newsletter with one long issue that is built and ready to send; returns its token."""
    (folder / "articles").mkdir()
    (folder / "subscribers").mkdir()
    (folder / "digest.toml").write_text(CONFIG.replace("HOST", host))
    for number in range(STORIES):
        points = "\n".join(f"• {make_text(number * 10 + point, WORDS)}." for point in range(3))
        title, text = make_text(number * 10 + 7, 8), make_text(number * 10 + 8, 200)
        (folder / f"articles/{number}.txt").write_text(f"{title}\n\n{points}\n\n{text}.\n")
    rows = (f"reader{number:07}@example.com,Reader {number},active\n" for number in range(people))
    with (folder / "subscribers/weekly.csv").open("w") as file:
        file.write("email,name,status\n")
        file.writelines(rows)
    run(folder, "collect")
    return str(json.loads(run(folder, "build", "--json"))["token"])


def run(folder: Path, *arguments: str) -> str:
    environ = {**os.environ, "SENDGRID_API_KEY": "SG.bench", "DIGEST_SECRET": "x" * 32}
    environ.pop("CI", None)
    environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program is compiled
    process = subprocess.run([DIGEST, *arguments], cwd=folder, env=environ, capture_output=True, text=True, check=False)
    if process.returncode:
        raise SystemExit(f"digest {arguments[0]} failed with {process.returncode}: {process.stderr}")
    return process.stdout


def run_spliced(host: str, folder: Path) -> None:
    subprocess.run([sys.executable, __file__, "--spliced", host, str(folder)], check=True)


def build_of(folder: Path) -> tuple[str, str]:
    """The HTML and the text of the only issue."""
    build = next(folder.glob("issues/*/build"))
    return (build / "email.html").read_text(), (build / "email.txt").read_text()


def compare(host: str, size: int, counted: Any) -> tuple[float, str, str]:
    """Print the cost of mailing ``size`` people. Returns the mails per CPU-second, the HTML and the text."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        token = newsletter(folder, host, size)
        before = counted.value
        wall, cpu = cost(run, folder, "send", "--live", "--yes", "--approve", token, "--json")
        assert counted.value - before == size
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        _, spliced_cpu = cost(run_spliced, host, folder)
        assert counted.value - before == 2 * size
        html, text = build_of(folder)
    bare_wall, _ = cost(bare, host, request_body(html, text), size // BATCH)
    print(f"{size:,} people, {len(html) / 1000:.0f} kB of HTML, {len(text) / 1000:.0f} kB of text")
    print(f"  digest: {size / wall:,.0f} mails/s, {size / cpu:,.0f} per CPU-second, {peak:.0f} MiB")
    print(f"  spliced loop: {size / spliced_cpu:,.0f} per CPU-second; digest has {spliced_cpu / cpu:.0%} of it")
    print(f"  prebuilt bodies: {size / bare_wall:,.0f} mails/s; digest has {bare_wall / wall:.0%} of it", flush=True)
    return size / cpu, html, text


def main() -> None:
    if sys.argv[1:2] == ["--spliced"]:
        folder = Path(sys.argv[3])
        spliced(sys.argv[2], folder / "subscribers/weekly.csv", *build_of(folder))
        return
    sizes = [int(size) for size in sys.argv[1:]] or PEOPLE
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    host = f"http://127.0.0.1:{listener.getsockname()[1]}"
    counted = multiprocessing.Value("q", 0)
    server = multiprocessing.get_context("fork").Process(target=serve, args=(listener, counted), daemon=True)
    server.start()
    rates = {}
    for size in sizes:
        rates[size], html, text = compare(host, size, counted)
    _, naive_cpu = cost(naive, host, html, text)
    print(f"one call each: {NAIVE / naive_cpu:,.0f} per CPU-second")
    for size in sizes:
        print(f"digest, {size:,} people: {rates[size] * naive_cpu / NAIVE:.0f} times the mails per CPU-second")
    server.terminate()


if __name__ == "__main__":
    main()
