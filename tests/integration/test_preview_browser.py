from __future__ import annotations

import contextlib
import struct
import threading
import time
import zlib
from queue import Queue

import pytest
from axe_playwright_python.sync_playwright import Axe

from digest.checks import Finding, Severity
from digest.editing import Trace
from digest.errors import IssueError, Place
from digest.preview import PreviewedIssue, PreviewSecret
from digest.preview.server import PreviewServer, listen

pytestmark = pytest.mark.browser

PICTURE = "https://example.org/images/tram.png"
STORY = "<h2>Eight towns count their tram passengers</h2><p>Mornings are busier than the plans said.</p>"
EMAIL = f"""<!doctype html>
<html lang="en"><head><meta name="color-scheme" content="light dark"><title>Small models</title>
<style>body {{ background: #f6f4ef }} p {{ color: #2b2a27 }}
@media (prefers-color-scheme: dark) {{ body {{ background: #141310 }} p {{ color: #d9d4c9 }} }}</style></head>
<body style="margin:0"><img id="own" src="{PICTURE}" alt="A tram" width="60" height="20">
<script>document.title = "taken over"</script><p onclick="document.title='taken over'">Hello</p>
{STORY * 30}<p id="last">Unsubscribe</p></body></html>"""
FINDING = Finding(
    code="L204",
    severity=Severity.ERROR,
    message="The link leads nowhere <img src=x onerror=alert(1)>",
    place=Place("issues/2026-W47/issue.md", 31),
    hint="Fix the address.",
)


def png(*, width, height, colour):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = (b"\0" + bytes(colour) * width) * height
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


_SENTENCE = (("SPRINGFIELD <b>— ", False), ("The tram", True), (", late as ever, ", False), ("came.", True))
BULLETS = (
    Trace(headline="Trams <i>", text="The tram came.", origin="extracted", sentence=_SENTENCE, line=9),
    Trace(headline="Trams <i>", text="It was full.", origin="extracted", sentence=(("It was full.", True),), line=10),
    Trace(headline="Bread", text="My own.", origin="editor", sentence=(), line=14),
)


class FolderSource:
    findings = (FINDING,)
    state = "Built"
    problem = None

    def __init__(self, folder):
        self.email, self.picture = folder / "email.html", folder / "tram.png"
        self.email.write_text(EMAIL)
        self.picture.write_bytes(png(width=60, height=20, colour=(200, 80, 40)))

    def render(self):
        html = self.email.read_text()
        if "###" in html:
            raise IssueError("the story has no link", place=Place("issue.md", 23), hint="Write ### [Headline](…).")
        return PreviewedIssue(
            id="2026-W47",
            file="issues/2026-W47/issue.md",
            html=html,
            text="Eight towns\nhttps://example.org/1",
            subject="Small models, big week: what eight towns learned from their new tram lines",
            preheader="Also: a river that came back, and why bakers are measuring humidity again",
            sender="Digest Sampler <news@example.org>",
            findings=self.findings,
            token="7f3a91cd0b5e44a2c1d9e8f7061524ab",
            state=self.state,
            bytes_html=len(html.encode()),
            bullets=BULLETS,
            problem=self.problem,
        )

    def watched(self):
        return [self.email, self.picture]

    def image(self, url):
        return self.picture if url == PICTURE else None

    def web_picture(self, url):
        if "slow" in url:
            time.sleep(3)


@pytest.fixture
def source(tmp_path):
    return FolderSource(tmp_path)


@pytest.fixture
def secret():
    return PreviewSecret()


@pytest.fixture
def address(source, secret):
    ready = Queue()
    server = PreviewServer(source, listen("127.0.0.1", 0), host="127.0.0.1", secret=secret, ready=ready.put)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield ready.get(timeout=20)
    server.should_exit = True
    thread.join(timeout=20)


@pytest.fixture
def visit(chromium, address, secret):
    with contextlib.ExitStack() as pages:

        def open_page(query="", **options):
            context = chromium.new_context(viewport={"width": 1360, "height": 860}, **options)
            pages.callback(context.close)
            page = context.new_page()
            page.goto(secret.address(address) + query.replace("?", "&", 1))
            page.locator("#live-text", has_text="Live").wait_for()
            if "part=" not in query:  # the email has no height while another part is shown
                page.locator("iframe[style*=height]").wait_for(state="attached")
            return page

        yield open_page


def box(page, selector: str) -> dict[str, float]:
    """The box of an element, once it is visible and the old email is replaced."""
    deadline = time.monotonic() + 10
    while page.locator(selector).count() != 1 and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    page.locator(selector).wait_for(state="visible")
    return page.locator(selector).bounding_box()


def shown(page):
    """The document of the email on screen."""
    page.locator("iframe.waiting").wait_for(state="detached")
    frame = page.locator("iframe").last.element_handle().content_frame()
    frame.wait_for_load_state("load")
    return frame


def style(page, selector, name):
    return shown(page).eval_on_selector(selector, f"element => getComputedStyle(element).{name}")


@pytest.mark.parametrize("preferred", ["light", "dark"])
def test_the_dark_styles_follow_the_choice_and_not_the_editors_machine(visit, preferred):
    page = visit(color_scheme=preferred)

    light = style(page, "body", "backgroundColor")
    page.keyboard.press("d")
    dark = style(page, "body", "backgroundColor")

    assert (light, dark) == ("rgb(246, 244, 239)", "rgb(20, 19, 16)")


def test_forced_dark_is_labelled_an_approximation_and_keeps_pictures(visit):
    page = visit("?scheme=forced")
    frame = box(page, "iframe")

    def pixel(x, y):
        shot = page.screenshot(clip={"x": frame["x"] + x, "y": frame["y"] + y, "width": 1, "height": 1})
        return decode_pixel(page, shot)

    assert "approximation" in page.locator("#email-label").inner_text()
    assert max(pixel(300, 5)) < 60
    red, green, blue = pixel(10, 10)
    assert red > 150
    assert 110 > green > blue


def decode_pixel(page, shot):
    with contextlib.closing(page.context.new_page()) as canvas:
        return canvas.evaluate(
            """async bytes => {
                const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
                const context = new OffscreenCanvas(1, 1).getContext("2d");
                context.drawImage(bitmap, 0, 0);
                return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
            }""",
            list(shot),
        )


def test_pictures_are_shown_from_disk_and_can_be_turned_off(visit):
    page = visit()
    loaded = "image => image.complete && image.naturalWidth"

    on = shown(page).eval_on_selector("#own", loaded)
    page.keyboard.press("i")
    off = shown(page).eval_on_selector("#own", loaded)

    assert (on, off) == (60, 0)


def test_no_text_of_the_email_or_a_finding_runs_as_script(visit):
    page = visit()
    dialogs = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))

    page.frame_locator("iframe").last.locator("p[onclick]").click()

    assert shown(page).title() == "Small models"
    assert page.locator("#findings img").count() == 0
    assert "<img src=x onerror=alert(1)>" in page.locator("#findings").inner_text()
    assert dialogs == []


def test_requests_nothing_from_other_hosts(visit, source, address):
    source.email.write_text(EMAIL.replace("<h2>", '<link rel="stylesheet" href="https://fonts.example/a.css"><h2>', 1))
    page = visit("?images=off")
    asked, refused = [], {}
    page.on("requestfinished", lambda request: asked.append(request.url))
    page.on("requestfailed", lambda request: refused.update({request.url: request.failure}))

    style_sheet = "https://fonts.example/a.css"
    with page.expect_event("requestfailed", lambda request: request.url == style_sheet):
        page.reload()
    page.frame_locator("iframe").last.locator("#last").wait_for(state="attached")

    assert f"{address}state" in asked
    assert [url for url in asked if not url.startswith(address)] == []
    assert refused[style_sheet] == "csp"


def test_a_bullet_is_shown_with_the_sentence_that_it_comes_from(visit):
    page = visit()
    page.keyboard.press("s")
    shown = page.locator("#sources")
    shown.locator("blockquote").wait_for()

    assert shown.locator("h3").all_inner_texts() == ["Trams <i>", "Bread"]
    assert shown.locator("blockquote").inner_text() == "SPRINGFIELD <b>— The tram, late as ever, came."
    assert shown.locator("mark").all_inner_texts() == ["The tram", "came."]
    assert "It was full. issue.md:10\n\nWord for word." in shown.inner_text()
    assert shown.locator("p").last.inner_text() == "Written by the editor."
    assert "part=sources" in page.url


def test_keyboard_shortcuts_change_the_view_and_the_address_remembers_it(visit):
    page = visit()

    for key in "2dit":
        page.keyboard.press(key)
    page.reload()
    page.locator("#text", has_text="Eight towns").wait_for()

    assert page.url.endswith("?part=text&width=390&scheme=authored&images=off")
    assert page.locator("#text").inner_text() == "Eight towns\nhttps://example.org/1"
    page.keyboard.press("t")
    assert box(page, "iframe")["width"] == 390
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()


def test_keyboard_shortcuts_work_in_the_email_and_can_be_turned_off(visit):
    page = visit()
    page.frame_locator("iframe").last.locator("p[onclick]").click()
    page.keyboard.press("3")
    assert box(page, "iframe")["width"] == 320

    page.keyboard.press("?")
    page.locator("#keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("1")

    assert box(page, "iframe")["width"] == 320
    assert page.url.endswith("keys=off")


def test_a_change_keeps_the_scroll_position(visit, source):
    page = visit()
    page.evaluate("scrollTo(0, 1500)")

    source.email.write_text(EMAIL.replace("Unsubscribe", "Leave"))
    page.frame_locator("iframe:not(.waiting)").locator("#last", has_text="Leave").wait_for()

    assert page.evaluate("scrollY") == 1500


def test_a_failure_keeps_the_last_good_email_under_a_banner_until_it_is_fixed(visit, source):
    page = visit()
    banner = page.locator("#banner")

    source.email.write_text("###")
    banner.wait_for()
    message = banner.inner_text()
    last = shown(page).inner_text("#last")
    source.email.write_text(EMAIL)
    banner.wait_for(state="hidden")

    assert all(part in message for part in ("issue.md:23", "the story has no link", "Write ### [Headline](…)."))
    assert last == "Unsubscribe"


@pytest.fixture
def broken(visit, source):
    """Opens a page whose latest version is broken, and waits for the banner."""

    def open_page(**options):
        page = visit(**options)
        source.email.write_text("###")
        page.locator("#banner").wait_for()
        return page

    return open_page


def test_the_side_panel_does_not_describe_the_broken_version(broken):
    page = broken()
    side = page.locator("#side")

    assert page.locator("#state").inner_text() == "Broken"
    assert side.inner_text().startswith("From the last version that could be rendered\n")
    assert "issue.md:31" in side.inner_text()
    assert all(
        part not in side.inner_text() for part in ("1 error", "7f3a91cd0b5e44a2c1d9e8f7061524ab", "digest approve")
    )
    colours = "element => getComputedStyle(element).color"
    quiet = page.locator("#size-label").evaluate(colours)
    for name in (".severity", ".finding p:nth-child(2)", "#size"):
        assert side.locator(name).evaluate(colours) == quiet


def test_a_clean_render_is_not_praised_while_the_latest_version_is_broken(source, request):
    source.findings = ()
    broken = request.getfixturevalue("broken")  # requested late, because the server renders as soon as it starts
    side = broken().locator("#side")
    assert "Nothing to fix." not in side.inner_text()
    assert "Checks" not in side.inner_text()


def test_a_problem_beside_the_email_is_shown_above_the_latest_version(source, request):
    source.problem = IssueError("this is not TOML", place=Place("approval.toml", 1), hint="Approve again.")
    page = request.getfixturevalue("visit")()  # requested late, because the server renders as soon as it starts
    banner = page.locator("#banner")
    banner.wait_for()
    assert all(text in banner.inner_text() for text in ("approval.toml:1", "this is not TOML", "Approve again."))
    assert "last version" not in banner.inner_text()
    assert page.locator("#state").inner_text() == "Built"
    assert page.locator("#kept").is_hidden()
    assert page.locator("#token").is_visible()


def test_a_fixed_version_is_described_again(broken, source):
    page = broken()
    source.findings, source.state = (), "Approved"
    source.email.write_text(EMAIL)
    page.locator("#banner").wait_for(state="hidden")

    assert page.locator("#state").inner_text() == "Approved"
    assert page.locator("#verdict").inner_text() == "Nothing to fix."
    assert page.locator("#token").is_visible()
    assert page.locator("#kept").is_hidden()
    colour = "element => getComputedStyle(element).color"
    assert page.locator("#size").evaluate(colour) == page.locator("body").evaluate(colour)


def test_a_broken_first_version_is_labelled_broken(chromium, source, secret, request):
    source.email.write_text("###")
    address = request.getfixturevalue("address")  # requested late, because the server renders as soon as it starts
    with contextlib.closing(chromium.new_context()) as context:
        page = context.new_page()
        page.goto(secret.address(address))
        page.locator("#banner").wait_for()
        assert page.locator("#state").inner_text() == "Broken"
        assert page.locator("#side").is_hidden()


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_the_page_passes_axe_beside_a_banner(broken, colours):
    violations = Axe().run(broken(color_scheme=colours, reduced_motion="reduce")).response["violations"]
    assert [violation["id"] for violation in violations] == []


def test_an_image_server_that_does_not_answer_blocks_nothing(visit, source):
    page = visit()

    source.email.write_text(EMAIL.replace("Unsubscribe", 'Leave <img src="https://slow.example/a.png" alt="">'))

    page.frame_locator("iframe:not(.waiting)").locator("#last", has_text="Leave").wait_for(timeout=10_000)


def test_copies_the_file_and_line_of_a_finding(visit):
    page = visit(permissions=["clipboard-read", "clipboard-write"])

    page.get_by_role("button", name="issue.md:31").click()
    page.locator("#toast[data-shown=yes]").wait_for()

    assert page.evaluate("navigator.clipboard.readText()") == "issues/2026-W47/issue.md:31"


@pytest.mark.parametrize(("width", "lines"), [("640", 1), ("320", 4)])
def test_the_inbox_row_truncates_what_does_not_fit(visit, width, lines):
    page = visit(f"?width={width}")

    cut = page.evaluate(
        """() => ["row-words", "row-subject"].some(name => {
            const element = document.querySelector("." + name);
            return element.scrollWidth > element.clientWidth;
        })"""
    )

    assert cut
    assert round((box(page, "#row")["height"] - 20) / 21) == lines


def test_a_long_email_shows_where_gmail_clips_it(visit, source):
    source.email.write_text(EMAIL.replace(STORY * 30, STORY * 900 + '<p id="beyond">Beyond</p>' + STORY * 200))
    page = visit()

    def off() -> float:
        line, frame = box(page, "#clip")["y"], box(page, "iframe")["y"]
        cut = "[data-digest-clip]"
        return abs(line - frame - shown(page).eval_on_selector(cut, "element => element.getBoundingClientRect().top"))

    # The line is placed after the layout of the email, and moves with it until the layout is final.
    deadline = time.monotonic() + 10
    while off() >= 2 and time.monotonic() < deadline:
        page.wait_for_timeout(100)
    assert off() < 2
    assert "Gmail clips about here" in page.locator("#clip").inner_text()


@pytest.mark.parametrize(
    ("query", "colours", "size"),
    [
        ("", "light", (1360, 860)),
        ("", "dark", (1360, 860)),
        ("?part=html", "light", (1360, 860)),
        ("", "dark", (340, 600)),
    ],
)
def test_the_page_passes_axe(visit, query, colours, size):
    page = visit(query, color_scheme=colours, reduced_motion="reduce")
    page.set_viewport_size({"width": size[0], "height": size[1]})

    violations = Axe().run(page).response["violations"]

    assert [violation["id"] for violation in violations] == []
