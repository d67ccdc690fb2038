"""Hooks of mkdocs: pages from files outside `docs/`, and a plain copy of each page for `llms.txt`.

The site contains `SECURITY.md`, `CHANGELOG.md`, `CONTRIBUTING.md` and the example programs. Links
to other files become absolute if `[project.urls]` of `pyproject.toml` names the `Repository`; until
then they are plain text.
"""

from __future__ import annotations

import ast
import posixpath
import re
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from mkdocs.structure.files import File

ROOT: Final = Path(__file__).parents[1]
LINK: Final = re.compile(r"(?<!!)\[([^\]\n]+)\]\(([^)\s]+)\)")

# Page of the site: file of the repository.
PAGES: Final = {
    "security.md": "SECURITY.md",
    "changelog.md": "CHANGELOG.md",
    "contributing.md": "CONTRIBUTING.md",
    "examples.md": "examples",
    **{
        path.relative_to(ROOT).with_suffix(".md").as_posix(): path.relative_to(ROOT).as_posix()
        for path in ROOT.glob("examples/**/[!_]*.py")
    },
}
SOURCES: Final = {
    **{source: page for page, source in PAGES.items()},
    "README.md": "index.md",
    "examples/frameworks": "examples.md",
}

UNSEARCHED: Final = "---\nsearch: { exclude: true }\n---\n\n"
TESTED: Final = "Each is tested with the real clients and frameworks, against recorded answers."


def repository() -> str:
    """The address of the repository in the metadata of the installed package, or ""."""
    try:
        urls = metadata.metadata("llm-streamparse").get_all("Project-URL") or []
    except metadata.PackageNotFoundError:
        return ""
    return next((url.split(", ")[1] for url in urls if url.startswith("Repository, ")), "")


def content(source: str) -> str:
    """The text of a page that is made from a file or folder outside `docs/`."""
    path = ROOT / source
    if path.is_dir():
        programs = [each for each in PAGES.values() if each.endswith(".py")]
        rows = [f"| [{each[9:]}]({each}) | {summary(ROOT / each)} |" for each in sorted(programs)]
        return "\n".join(
            ["# Example programs", "", TESTED, "", "| Program | Job |", "|---|---|", *rows]
        )
    text = path.read_text(encoding="utf-8")
    return text if path.suffix == ".md" else f"{UNSEARCHED}# {path.name}\n\n```python\n{text}```\n"


def summary(program: Path) -> str:
    """The first sentence of its docstring."""
    text = ast.get_docstring(ast.parse(program.read_text(encoding="utf-8"))) or ""
    return text.partition("\n\n")[0].replace("\n", " ")


def on_files(files: Any, config: Any) -> Any:
    for page, source in PAGES.items():
        files.append(File.generated(config, page, content=content(source)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Lead links out of `docs/` to pages of the site, or to the repository."""
    uri = page.file.src_uri
    place = posixpath.dirname(PAGES.get(uri, f"docs/{uri}"))

    def replaced(link: re.Match[str]) -> str:
        label, target = link.groups()
        path, _, anchor = target.partition("#")
        if not path or re.match(r"\w+:", target):
            return link[0]
        file = posixpath.normpath(posixpath.join(place, path))
        if file in SOURCES:
            found = SOURCES[file]
        elif file.startswith("docs/") and (ROOT / file).is_file():
            found = file.removeprefix("docs/")
        elif address := repository():
            return f"[{label}]({address}/blob/main/{file})"
        else:
            return label
        relative = posixpath.relpath(found, posixpath.dirname(uri) or ".")
        return f"[{label}]({relative}{'#' + anchor if anchor else ''})"

    parts = re.split(r"(^```.*?^```$)", markdown, flags=re.DOTALL | re.MULTILINE)
    parts[::2] = [LINK.sub(replaced, part) for part in parts[::2]]
    return "".join(parts)


def on_post_build(config: Any) -> None:
    """Copy `llms.txt`, and each page as the Markdown that it links."""
    site = Path(config["site_dir"])
    pages = {path.relative_to(ROOT / "docs"): path for path in (ROOT / "docs").rglob("*.md")}
    for relative, path in pages.items():
        target = site / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    text = (ROOT / "streamparse" / "llms.txt").read_text(encoding="utf-8")
    (site / "llms.txt").write_text(text, encoding="utf-8")
