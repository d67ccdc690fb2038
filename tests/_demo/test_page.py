"""Tests of the demo page in a real browser: playing, resuming, errors and accessibility.

They need playwright and an installed Chromium. If STREAMPARSE_SCREENSHOTS names a folder,
screenshots of the page in several states are saved there.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from streamparse import MessageParser
from streamparse._demo.application import application
from streamparse._demo.samples import SAMPLES
from streamparse.web import MemoryStore, sse_response
from tests.chromium import chromium
from tests.web.serving import Breaking, Server, Upstream

MENDING, FORM, TALK, REFUSED, CUT_OFF, FAILED = 0, 1, 2, 3, 7, 8
AT_ONCE = "6"
QUICK = "4"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(application()) as server:
        yield server


class Demo:
    """An open page, with methods for the actions of a user."""

    def __init__(self, browser: Any, url: str, **options: Any) -> None:
        self.context = browser.new_context(
            **{"viewport": {"width": 1180, "height": 860}, **options}
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.goto(url)
        self.page.wait_for_selector("#sample option", state="attached")

    def play(self, sample: int, speed: str = AT_ONCE) -> None:
        self.page.select_option("#sample", str(sample))
        self.page.fill("#speed", speed)
        self.page.click("#play")

    def until(self, state: str) -> None:
        self.page.wait_for_selector(f'#bar[data-state="{state}"]')

    def text(self, selector: str) -> str:
        return str(self.page.inner_text(selector))

    def texts(self, selector: str) -> list[str]:
        return list(self.page.locator(selector).all_inner_texts())

    def card(self, name: str) -> str:
        return f'.card:has(h3:text-is("{name}"))'

    def field(self, card: str, name: str) -> str:
        """Return the selector of a field at the top of a card."""
        return f'{card} .value > .field > .inside > .field:has(> .name:text-is("{name}"))'

    def mark(self, field: str) -> str:
        return str(self.page.get_attribute(f"{field} > .mark", "data-mark"))

    def shot(self, name: str) -> None:
        folder = os.environ.get("STREAMPARSE_SCREENSHOTS")
        if folder:
            self.page.screenshot(path=str(Path(folder) / f"{name}.png"))


@pytest.fixture
def demo(browser: Any, server: Server) -> Iterator[Demo]:
    demo = Demo(browser, server.url)
    yield demo
    demo.context.close()
    assert demo.complaints == []


def test_plays(demo: Demo) -> None:
    demo.shot("start")
    demo.play(MENDING)
    demo.until("done")
    demo.shot("done")
    assert demo.texts(".card h3") == ["Text", "read_file", "edit_file"]
    program = demo.page.text_content("#snippet")
    assert 'stream(Path("anthropic-messages.sse"))' in program
    assert demo.texts(".card .word") == ["complete", "complete"]
    parser = MessageParser()
    parser.feed(SAMPLES[MENDING].read().data)
    message = parser.message
    assert demo.text(".card > .text") == message.text
    assert not demo.page.is_visible(".folded .text")
    demo.page.click(".folded summary")
    assert demo.text(".folded .text") == message.reasoning
    code = demo.field(demo.card("edit_file"), "new")
    assert demo.page.text_content(f"{code} > .shown") == message.tool_calls[1].arguments["new"]
    assert set(
        demo.page.locator(".value .mark").evaluate_all("all => all.map(m => m.dataset.mark)")
    ) == {"complete"}
    for figure in ("first-token", "first-field"):
        assert re.fullmatch(r"[\d,]+ ms", demo.text(f"#{figure}"))
    assert demo.text("#status") == "Ended: complete, finish reason tool_calls."


def test_is_cut_and_resumed(demo: Demo) -> None:
    demo.play(FORM, QUICK)
    demo.page.wait_for_selector(":nth-match(.field, 12)")
    demo.shot("half")
    demo.page.click("#cut")
    demo.until("cut")
    before = demo.text("#answer")
    assert demo.texts(".card .word") == ["open"]
    demo.page.wait_for_timeout(300)
    assert demo.text("#answer") == before
    demo.page.click("#cut")
    demo.until("done")
    demo.shot("resumed")
    assert "resumed once" in demo.text("#status")
    value = json.loads(demo.page.text_content(".folded .text") or "")
    parser = MessageParser()
    parser.feed(SAMPLES[FORM].read().data)
    assert value == json.loads(parser.message.text)
    form = demo.card("Structured output")
    assert demo.page.text_content(f"{demo.field(form, 'advice')} > .shown") == value["advice"]
    assert len(demo.texts(f"{demo.field(form, 'stops')} > .inside > .field")) == len(value["stops"])
    assert re.fullmatch(r"\d\d %", demo.text("#saved"))


def test_rejects(demo: Demo) -> None:
    demo.play(REFUSED)
    demo.until("failed")
    demo.shot("rejected")
    assert demo.texts(".card .word") == ["complete", "rejected"]
    card = demo.card("book_table")
    assert demo.mark(demo.field(card, "seating")) == "rejected"
    assert demo.mark(demo.field(card, "guests")) == "complete"
    assert (
        demo.page.locator(demo.field(card, "wishes")).count() == 0
    )  # It comes after the rejected field.
    assert "'terrace'" in demo.text(f"{card} .error")
    assert demo.text("#status").endswith("rejected: book_table.")


def test_is_stopped(demo: Demo) -> None:
    demo.play(FORM, "1")
    demo.page.wait_for_selector(".field .growing")
    with demo.page.expect_response(re.compile("/stop")) as stop_response:
        demo.page.click("#stop")
    assert stop_response.value.status == 204
    demo.until("stopped")
    assert demo.texts(".card .word") == ["cut off"]
    assert demo.page.locator(".growing").count() == 0
    assert demo.page.is_disabled("#cut")


@pytest.mark.parametrize(("sample", "words"), [(CUT_OFF, "truncated"), (FAILED, "failed")])
def test_names_the_reason_of_an_incomplete_answer(demo: Demo, sample: int, words: str) -> None:
    demo.play(sample)
    demo.until("failed")
    assert words in demo.text("#status")
    if sample == CUT_OFF:
        assert demo.mark(demo.field(demo.card("draft_message"), "body")) == "cut"
    else:
        assert "Overloaded" in demo.text(".choice .error")


def test_plays_a_recording_of_the_user(demo: Demo, tmp_path: Path) -> None:
    announced = (
        '{"name": "<b>no markup</b>", "none": null, "empty": [], "deep": {"n": [1, {"x": true}]}}'
    )
    chunk = {"choices": [{"delta": {"content": announced}, "finish_reason": "stop"}]}
    file = tmp_path / "mine.sse"
    file.write_text(f"data: {json.dumps(chunk)}\n\n", encoding="utf-8")
    demo.page.click("#drop summary")
    demo.page.set_input_files("#file", str(file))
    assert "mine.sse" in demo.text("#about")
    demo.page.check("#structured")
    demo.page.fill("#speed", AT_ONCE)
    demo.page.click("#play")
    demo.until("done")
    form = demo.card("Structured output")
    assert demo.text(f"{demo.field(form, 'name')} > .shown") == "<b>no markup</b>"
    assert demo.text(f"{demo.field(form, 'none')} > .shown") == "null"
    file.write_text("<html>502 Bad Gateway</html>", encoding="utf-8")
    demo.page.set_input_files("#file", str(file))
    demo.page.click("#play")
    demo.until("failed")
    assert "neither JSON nor server-sent events" in demo.text("#status")


def test_can_be_used_with_the_keyboard(demo: Demo) -> None:
    press = demo.page.keyboard.press

    def focused() -> str:
        return str(demo.page.evaluate("() => document.activeElement.id"))

    order = []
    for _ in range(6):
        press("Tab")
        order.append(focused() or "drop")
    assert order[:5] == ["sample", "drop", "speed", "chunk", "play"]
    for _ in range(3):
        press("Shift+Tab")
    assert focused() == "speed"
    press("ArrowLeft")
    assert demo.page.get_attribute("#speed", "aria-valuetext") == "60 characters a second"
    press("Enter")
    demo.until("playing")
    assert demo.page.get_attribute("#answer", "aria-busy") == "true"
    demo.page.wait_for_selector(".folded")
    for name, state in (("#cut", "cut"), ("#cut", "playing"), ("#stop", "stopped")):
        demo.page.focus(name)
        press("Space")
        demo.until(state)
    assert demo.page.get_attribute("#answer", "aria-busy") == "false"


def test_announces_changes_in_one_live_region(demo: Demo) -> None:
    regions = demo.page.locator("[aria-live], [role=status], [role=alert], [role=log], output")
    assert regions.evaluate_all("all => all.map(each => each.id)") == ["status"]
    demo.page.evaluate(
        """() => { window.announced = [];
        new MutationObserver(() => announced.push(status_.textContent))
        .observe(window.status_ = document.getElementById("status"), { childList: true }); }"""
    )
    demo.play(REFUSED, "3")
    demo.until("failed")
    announced = demo.page.evaluate("() => announced")
    assert announced[0] == "Playing."
    assert "check_weather: complete" in announced
    assert any(each.startswith("book_table: rejected. expected one of") for each in announced)
    assert len(announced) == 4  # Not every delta is announced.


# The contrast ratio by the relative luminance, as WCAG 2.1 defines it.
CONTRAST = """(selector) => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const linear = (value) => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const channel = (value) => linear(value / 255);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const colour = parts(getComputedStyle(element).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
  };
  const ratio = (one, other) => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  return [...document.querySelectorAll(selector)].filter((e) => e.offsetParent && !e.disabled).map(
    (e) => ratio(light(parts(getComputedStyle(e).color)), light(behind(e))));
}"""
WORDS = (
    "h1, h3, header p, label, label span, .hint, button, select, summary, #status, dt, dd, "
    "#legend li, .model, .name, .shown, .word, .kind, .error, .choice > .text"
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(browser: Any, server: Server, scheme: str) -> None:
    demo = Demo(browser, server.url, color_scheme=scheme)
    for sample, state in ((TALK, "done"), (REFUSED, "failed"), (CUT_OFF, "failed")):
        demo.play(sample)
        demo.until(state)
        ratios = demo.page.evaluate(CONTRAST, WORDS)
        assert len(ratios) > 40
        assert min(ratios) >= 4.5  # Level AA of WCAG.
    demo.context.close()


def test_shows_a_conversation(browser: Any, server: Server) -> None:
    demo = Demo(browser, server.url)
    demo.play(TALK)
    demo.page.wait_for_selector('#bar[data-state="done"]')
    ends = demo.page.locator("h2.turn .word").all_inner_texts()
    assert ends == ["interrupted", "complete", "complete"]
    heard = demo.page.locator(".heard .text").all_inner_texts()
    assert [text[:5] for text in heard] == ["Good ", "Sorry"]
    spoken = demo.page.locator('article[aria-label="Spoken"]')
    assert spoken.count() == 2
    assert "of sound" in spoken.first.inner_text()
    demo.shot("conversation")
    demo.context.close()


def test_respects_reduced_motion(browser: Any, server: Server) -> None:
    animations = {}
    for motion in ("no-preference", "reduce"):
        demo = Demo(browser, server.url, reduced_motion=motion)
        demo.play(FORM, "0")
        caret = demo.page.wait_for_selector(".growing")
        animations[motion] = caret.evaluate("(e) => getComputedStyle(e, '::after').animationName")
        demo.context.close()
    assert animations == {"no-preference": "blink", "reduce": "none"}


@pytest.mark.parametrize("sample", range(len(SAMPLES)))
def test_fits_a_phone(browser: Any, server: Server, sample: int) -> None:
    demo = Demo(browser, server.url, viewport={"width": 360, "height": 740})
    demo.play(sample)
    demo.page.wait_for_selector('#bar[data-state="done"], #bar[data-state="failed"]')
    assert demo.page.evaluate("() => document.documentElement.scrollWidth") <= 360
    assert demo.page.locator("#bar").bounding_box()["y"] < 740  # The page was scrolled to it.
    if sample == MENDING:
        demo.shot("phone")
    demo.context.close()


def test_event_source_resumes_by_itself(browser: Any) -> None:
    """`EventSource` of the browser resumes a stream of `sse_response` when connections break."""
    upstream, store, requests = Upstream(list(range(30)), pause=0.01), MemoryStore(), []

    async def events(request: Request) -> Response:
        requests.append(request.headers.get("last-event-id"))
        return sse_response(upstream, store=store, retry=0.01)

    async def page(request: Request) -> Response:
        return HTMLResponse("<title>Events</title>")

    routes = [Route("/", page), Route("/events", events)]
    with Server(Breaking(Starlette(routes=routes), "/events", 4)) as server:
        tab = browser.new_page()
        tab.goto(server.url)
        got = tab.evaluate(
            """() => new Promise((resolve) => {
              const data = [];
              const source = new EventSource("/events");
              source.onmessage = (event) => data.push(JSON.parse(event.data));
              source.onerror = () => source.readyState === EventSource.CLOSED && resolve(data);
            })"""
        )
        tab.close()
    # The page does not close the `EventSource`: the status 204 ends it.
    assert got == [*range(30), {"type": "stream_ended"}]
    assert requests[0] is None
    assert len(requests) > 5
    assert requests[-1] == "end"
    assert upstream.opened == 1
