"""Tests of the report: one page of well-formed HTML that loads no other resources."""

from __future__ import annotations

from html.parser import HTMLParser

from streamparse._cli.batch_job import Counts
from streamparse._cli.batch_report import report


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.count: dict[str, int] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.count[tag] = self.count.get(tag, 0) + 1
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def counts(failed: int) -> Counts:
    one = Counts()
    one.rows = one.answers = 10
    one.output_tokens = 50
    one.status.update(complete=10 - failed, failed=failed)
    one.errors.update({"<b>": failed})
    return one


def test_page() -> None:
    page = report("out <1>", [counts(n % 3) for n in range(500)])
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert tags.count["svg"] == 2
    assert tags.count["rect"] <= 2 * 120
    assert "<b>" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert "5,000 rows" in page


def test_page_without_answers() -> None:
    assert "0 rows" in report("none", [])
