"""`digest check --online` with servers on this machine."""

from __future__ import annotations

import pytest

from digest.testing.feeds_server import FeedsServer


@pytest.fixture
def servers():
    with FeedsServer() as first, FeedsServer("127.0.0.2") as other:
        yield first, other


def test_reports_each_link_by_the_answer_of_its_server(run, newsletter, servers):
    first, other = servers
    other.put("/there", "<p>There</p>")
    first.put("/good", "<p>Good</p>")
    first.put("/refused", "", status=403)
    first.put("/broken", "", status=500)
    first.put("/moved", "", status=301, headers={"Location": other.url("/there")})
    run("collect", cwd=newsletter)
    issue = next((newsletter / "issues").glob("*/issue.md"))
    paths = ("/good", "/gone", "/refused", "/broken", "/moved")
    bullet = "- [x] See " + ", ".join(f"[{path[1:]}]({first.url(path)})" for path in paths)
    issue.write_text(issue.read_text().replace("- [x] ", f"{bullet}\n- [x] ", 1))
    line = next(number for number, text in enumerate(issue.read_text().splitlines(), start=1) if text == bullet)
    config = newsletter / "digest.toml"
    hosts = [server.url("").removeprefix("http://").rstrip("/") for server in servers]
    config.write_text(f"{config.read_text()}\n[fetching]\nallow_hosts = {hosts}\n")

    assert run("check", "--json", cwd=newsletter).code == 0
    assert first.requests == []
    result = run("check", "--online", "--json", cwd=newsletter)
    codes = {
        finding["message"].rpartition("/")[2]: finding["code"]
        for finding in result.data["findings"]
        if finding["line"] == line
    }
    assert result.code == 5
    assert codes == {"gone": "L201", "broken": "L201", "refused": "L202", "there": "L203"}
    assert [request.path for request in first.requests].count("/broken") == 2

    before = len(first.requests)
    run("check", "--online", cwd=newsletter)
    again = [request.path for request in first.requests[before:]]
    assert set(again) == {"/broken"}, "the other answers are cached for a day"


def test_online_and_offline_exclude_each_other(run, newsletter):
    result = run("check", "--online", "--offline", cwd=newsletter)
    assert result.code == 2
    assert "--online and --offline" in result.err
