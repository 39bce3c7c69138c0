from __future__ import annotations

import re
from importlib import resources

import pytest
from starlette.testclient import TestClient

from digest.errors import IssueError, Place
from digest.preview import PreviewSecret, create_app
from digest.preview.request_guard import ANY_ADDRESS, LOOPBACK
from digest.preview.web_pictures import WebPicture

HOME = "http://127.0.0.1:8025"


@pytest.fixture
def client(source, open_preview):
    with open_preview(source) as client:
        yield client


def directives(response):
    policy = response.headers["content-security-policy"]
    return {name: rest for name, _, rest in (part.strip().partition(" ") for part in policy.split(";"))}


def test_the_state_has_everything_that_the_page_shows_beside_the_email(client):
    state = client.get("/state").json()

    page = state["page"]
    assert state["error"] is None
    assert (page["issue"], page["subject"], page["preheader"]) == (
        "2026-W47",
        "Small models, big week",
        "Eight reads",
    )
    assert (page["sender_name"], page["state"], page["bytes_html"]) == ("Digest Sampler", "Draft", 80)
    assert page["findings"] == [
        {
            "code": "T102",
            "severity": "warning",
            "message": "The preheader repeats the subject",
            "file": "issues/2026-W47/issue.md",
            "place": "issues/2026-W47/issue.md:3",
            "line": 3,
            "hint": "Say what the subject leaves out.",
        }
    ]


def test_a_sender_without_a_name_is_shown_by_its_address(source, open_preview):
    source.change(sender="news@example.org")
    with open_preview(source) as client:
        assert client.get("/state").json()["page"]["sender_name"] == "news@example.org"


def test_before_the_first_good_render_there_is_an_error_and_no_email(source, open_preview):
    source.error = IssueError("the story has no link", place=Place("issue.md", 23), hint="Add one.")
    with open_preview(source) as client:
        state = client.get("/state").json()
        email = client.get("/email")

    assert state["page"] is None
    assert state["error"] == {"message": "the story has no link", "place": "issue.md:23", "hint": "Add one."}
    assert email.status_code == 404


def test_a_problem_beside_the_email_is_named_and_the_email_shown(source, open_preview):
    source.change(problem=IssueError("this is not TOML", place=Place("approval.toml", 1), hint="Approve again."))
    with open_preview(source) as client:
        state = client.get("/state").json()
        email = client.get("/email")

    assert state["error"] is None
    assert state["page"]["problem"] == {
        "message": "this is not TOML",
        "place": "approval.toml:1",
        "hint": "Approve again.",
    }
    assert email.status_code == 200


def test_serves_every_file_that_the_page_needs(client):
    page = client.get("/")

    named = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert set(named) == {"/static/icon.svg", "/static/preview.css", "/static/preview.js", "/email"}
    for name in (file.name for file in resources.files("digest.preview").joinpath("static").iterdir()):
        answer = client.get(f"/static/{name}")
        assert answer.status_code == 200
        assert not re.search(r"(?:src|href|url|from|import)\W{1,3}(?:https?:)?//", answer.text)


@pytest.mark.parametrize("path", ["/static/nothing.js", "/static/..%2fapp.py", "/static/", "/app.py"])
def test_serves_nothing_else(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("host", ["127.0.0.1:8025", "localhost:8025", "LOCALHOST", "[::1]:8025"])
def test_answers_the_loopback_names(client, host):
    assert client.get("/state", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example:8025", "127.0.0.1.evil.example", "", "192.0.2.1", "a@[", "0.0.0.0:8025", "x@127.0.0.1"],
)
def test_refuses_any_other_host_against_dns_rebinding(client, host):
    answer = client.get("/state", headers={"host": host})

    assert answer.status_code == 403
    assert "Small models" not in answer.text


@pytest.mark.parametrize(("host", "status"), [("192.0.2.1:8025", 200), ("[2001:db8::1]", 200), ("evil.example", 403)])
def test_bound_to_all_addresses_answers_addresses_but_not_names(source, host, status, open_preview):
    with open_preview(source, hosts=(*LOOPBACK, ANY_ADDRESS)) as client:
        assert client.get("/state", headers={"host": host}).status_code == status


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:9999"])
def test_refuses_requests_from_another_site(client, origin):
    assert client.get("/state", headers={"origin": origin}).status_code == 403
    assert client.get("/state", headers={"origin": HOME}).status_code == 200


PATHS = ["/", "/state", "/email", "/image?url=x", "/events", "/static/preview.js", "/nothing", "/%00"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_nothing_is_answered_without_the_secret(source, path, method):
    secret = PreviewSecret()
    with TestClient(create_app(source, secret=secret), base_url=HOME) as client:
        for cookie in ("", "digest-preview-0=", "digest-preview-0=guess", "other=1"):
            answer = client.request(method, path, headers={"cookie": cookie})
            assert answer.status_code == 403
            assert "Small models" not in answer.text


@pytest.mark.parametrize("query", ["?token=", "?token=guess", "?token=caf%C3%A9", "?token=%00", "?other=1", "?token"])
def test_a_wrong_secret_opens_nothing(source, query):
    with TestClient(create_app(source, secret=PreviewSecret()), base_url=HOME) as client:
        answer = client.get(f"/{query}", follow_redirects=False)
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


def test_the_secret_is_exchanged_for_a_cookie_and_leaves_the_address(source):
    secret = PreviewSecret(8025)
    with TestClient(create_app(source, secret=secret), base_url=HOME) as client:
        answer = client.get(f"{secret.address('/')}&width=390&part=text", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/?width=390&part=text")
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("digest-preview-8025=")
        assert cookie.endswith("; Path=/; HttpOnly; SameSite=Strict")
        assert secret.address("").removeprefix("?token=") not in cookie
        assert client.get("/state", headers={"cookie": f'odd="{{"a":1}}"; {cookie}'}).status_code == 200


def test_an_address_for_one_visit_opens_the_preview_once(source):
    secret = PreviewSecret()
    address = secret.address_for_one_visit("/")
    with TestClient(create_app(source, secret=secret), base_url=HOME) as client:
        answers = [client.get(address, follow_redirects=False).status_code for _ in range(2)]
        client.cookies.clear()
        last = client.get(address, follow_redirects=False).status_code
    assert (answers[0], last) == (303, 403)


@pytest.mark.parametrize(
    ("site", "status"), [("none", 200), ("same-origin", 200), ("same-site", 403), ("cross-site", 403)]
)
def test_a_request_of_another_site_is_refused(client, site, status):
    assert client.get("/state", headers={"sec-fetch-site": site}).status_code == status


@pytest.mark.parametrize("path", ["/", "/state", "/email", "/image", "/events", "/static/preview.js"])
def test_no_request_can_change_anything(client, path):
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert client.request(method, path).status_code == 405


def test_the_page_runs_only_its_own_script(client):
    policy = directives(client.get("/"))

    assert policy["default-src"] == "'none'"
    assert {policy[name] for name in ("script-src", "style-src", "connect-src", "img-src")} == {"'self'"}
    assert policy["frame-ancestors"] == "'none'"
    assert policy["require-trusted-types-for"] == "'script'"


@pytest.mark.parametrize(("query", "sources"), [("", "'self'"), ("?images=on", "'self'"), ("?images=off", "'none'")])
def test_the_email_runs_no_script_and_loads_images_only_if_they_are_on(client, query, sources):
    policy = directives(client.get(f"/email{query}"))

    assert policy["default-src"] == "'none'"
    assert policy["img-src"] == sources
    assert "script-src" not in policy
    assert "allow-scripts" not in policy["sandbox"].split()


@pytest.mark.parametrize("path", ["/state", "/nothing", "/static/icon.svg", "/image?url=x", "/email?scheme=pink"])
def test_every_response_has_security_headers_and_is_not_stored(client, path):
    answer = client.get(path)

    assert directives(answer)["default-src"] == "'none'"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_an_unknown_scheme_is_a_bad_request(client):
    assert client.get("/email?scheme=pink").status_code == 400


def test_serves_an_image_of_the_newsletter_from_disk(source, tmp_path, open_preview):
    address = "https://example.org/images/tram.png?a=1&b=2"
    (tmp_path / "tram.png").write_bytes(b"\x89PNG")
    source.images[address] = tmp_path / "tram.png"
    source.change(html='<img src="https://example.org/images/tram.png?a=1&amp;b=2">')
    with open_preview(source) as client:
        email = client.get("/email").text
        shown = re.search(r'src="([^"]+)"', email)[1].replace("&amp;", "&")
        image = client.get(shown)

    assert (image.content, image.headers["content-type"]) == (b"\x89PNG", "image/png")


def test_serves_only_images_that_the_source_names(source, client, tmp_path):
    (tmp_path / "secret.toml").write_text("key")
    source.images["https://example.org/a"] = tmp_path / "secret.toml"
    source.images["https://example.org/b.png"] = tmp_path / "missing.png"

    for url in ("https://example.org/a", "https://example.org/b.png", str(tmp_path / "secret.toml"), ""):
        assert client.get("/image", params={"url": url}).status_code == 404


def test_a_picture_on_the_web_is_fetched_by_the_preview_and_not_by_the_browser(source, open_preview):
    address = "https://cdn.example/tram.png?a=1&b=2"
    source.pictures[address] = WebPicture(content=b"picture", media_type="image/webp")
    source.change(html='<img src="https://cdn.example/tram.png?a=1&amp;b=2"><img src="http://192.168.1.1/restart">')
    with open_preview(source) as client:
        shown, plain = re.findall(r'src="([^"]+)"', client.get("/email").text)
        answer = client.get(shown.replace("&amp;", "&"))

    assert (answer.content, answer.headers["content-type"]) == (b"picture", "image/webp")
    assert plain == "http://192.168.1.1/restart"  # which the policy blocks


def test_fetches_no_picture_that_the_email_does_not_show(source, open_preview):
    source.pictures["https://cdn.example/other.png"] = WebPicture(content=b"picture", media_type="image/png")
    with open_preview(source) as client:
        assert client.get("/image", params={"url": "https://cdn.example/other.png"}).status_code == 404
