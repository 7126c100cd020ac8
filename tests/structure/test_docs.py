"""The documentation says what the source does: generated pages, error codes, links, commands that run."""

from __future__ import annotations

import ast
import doctest
import os
import re
import shlex
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.apart import run_apart

ROOT = Path(__file__).resolve().parents[2]
DOCS = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")])
PAGES = [page for page in DOCS if "_build" not in page.parts]

FENCE = re.compile(r"^(`{3,})(?P<info>[^\n`]*)\n(?P<body>.*?)^\1\s*$", re.MULTILINE | re.DOTALL)
CAPTION = re.compile(r"^:caption: (?P<name>[\w.-]+)\n(:.*\n)*\n?", re.MULTILINE)
# Certificates of a month are over after two years, so such a page tells which month is its last; its dates move along.
MOVED = re.compile(r"<!-- The tests take (?P<month>\d{4}-\d{2}) as the month before this one\. -->")
MONTH = re.compile(r"\b20\d{2}-(0[1-9]|1[0-2])\b")
LINK = re.compile(r"\]\((?!https?:|#|mailto:)(?P<target>[^)#\s]+)(#[^)\s]*)?\)")


def months_of(name: str) -> int:
    """Return the months from year 0 to a month."""
    return 12 * int(name[:4]) + int(name[5:]) - 1


def later(name: str, months: int) -> tuple[int, int]:
    """Return year and month so many months later."""
    year, month = divmod(months_of(name) + months, 12)
    return year, month + 1


def blocks(document: Path, *, is_moved: bool = False) -> list[tuple[str, str]]:
    """Return the fenced blocks of a page: what stands after the fence, and what is inside."""
    text = document.read_text(encoding="utf-8")
    if is_moved and (moved := MOVED.search(text)):
        last = datetime.now(UTC).replace(day=1) - timedelta(days=1)
        months = months_of(f"{last:%Y-%m}") - months_of(moved["month"])
        text = MONTH.sub(lambda found: "{}-{:02}".format(*later(found[0], months)), text)
        text = re.sub(rf"\b{moved['month'][:4]}\b(?!-)", f"{last:%Y}", text)
    return [(found["info"].strip(), found["body"]) for found in FENCE.finditer(text)]


def commands(body: str) -> list[tuple[str, str]]:
    """Return the commands of a console block, each with the output that the page shows for it."""
    told: list[tuple[str, str]] = []
    for line in body.splitlines(keepends=True):
        if line.startswith("$ "):
            told.append((line[2:].strip(), ""))
        elif told:
            told[-1] = (told[-1][0], told[-1][1] + line)
    return told


def is_run(info: str, body: str) -> bool:
    return info == "console" and body.startswith("$ qipan")


RUN = [page for page in PAGES if any(is_run(info, body) for info, body in blocks(page))]
PYTHON = [page for page in PAGES if any(info == "python" for info, _ in blocks(page))]


def page_name(document: Path) -> str:
    return str(document.relative_to(ROOT))


@pytest.mark.slow
def test_generated_pages_say_what_the_source_says() -> None:
    words = [sys.executable, str(ROOT / "tools/write_reference.py"), "--check"]
    answer = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_every_error_code_stands_in_the_reference(modules) -> None:
    listed = (ROOT / "docs/reference/errors.md").read_text(encoding="utf-8")
    written = {
        keyword.value.value
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "code" and isinstance(keyword.value, ast.Constant) and isinstance(keyword.value.value, str)
    }
    assert written, "The source must raise errors with codes, none was found."
    assert sorted(code for code in written if f"`{code}`" not in listed) == []


@pytest.mark.parametrize("document", PAGES, ids=page_name)
def test_links_lead_to_files_that_exist(document: Path) -> None:
    text = FENCE.sub("", document.read_text(encoding="utf-8"))
    targets = [found["target"] for found in LINK.finditer(text)]
    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_both_readmes_show_the_same_commands_and_links() -> None:
    english, chinese = ROOT / "README.md", ROOT / "README.zh-CN.md"
    assert blocks(english) == blocks(chinese)
    links = [{found["target"] for found in LINK.finditer(page.read_text("utf-8"))} for page in (english, chinese)]
    assert links[0] - {"README.zh-CN.md"} == links[1] - {"README.md"}


def test_every_page_stands_in_the_index() -> None:
    index = (ROOT / "docs/index.md").read_text(encoding="utf-8")
    pages = [
        page.relative_to(ROOT / "docs").with_suffix("").as_posix() for page in PAGES if ROOT / "docs" in page.parents
    ]
    assert [page for page in pages if page != "index" and f"\n{page}\n" not in index] == []


def test_sources_cite_keys_of_the_bibliography(modules) -> None:
    keys = set(re.findall(r"^@\w+\{(\w+),", (ROOT / "docs/references.bib").read_text(encoding="utf-8"), re.MULTILINE))
    cited = [
        (module.place, key)
        for module in modules
        for line in re.findall(r"^\s*Source:(.*)$", module.path.read_text(encoding="utf-8"), re.MULTILINE)
        for key in re.findall(r"`(\w+)`", line)
    ]
    assert [place for place, key in cited if key not in keys] == []


@pytest.mark.slow
@pytest.mark.parametrize("document", RUN, ids=page_name)
def test_commands_of_a_page_run_and_print_what_it_shows(document: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    folder = tmp_path / "folder"
    home.mkdir()
    folder.mkdir()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("QIPAN_")},
        "HOME": str(home),
        "QIPAN_HOME": str(home / "qipan"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "120",
        "NO_COLOR": "1",
    }
    compare = doctest.OutputChecker().check_output
    for info, body in blocks(document, is_moved=True):
        if caption := CAPTION.search(body):
            (folder / caption["name"]).write_text(CAPTION.sub("", body, count=1), encoding="utf-8")
        for command, shown in commands(body) if is_run(info, body) else []:
            code, told, said = run_apart(shlex.split(command), folder, environment)
            assert code == 0, f"{command}\n{told}\n{said}"
            if shown.strip():
                assert compare(shown, told, doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE), told


def test_python_of_a_page_runs() -> None:
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    parser = doctest.DocTestParser()
    for page in PYTHON:
        body = "\n".join(body for info, body in blocks(page) if info == "python")
        assert ">>>" in body, f"{page_name(page)} must show Python as an example with >>>"
        runner.run(parser.get_doctest(body, {}, page_name(page), str(page), 0))
    assert runner.summarize(verbose=False).failed == 0
