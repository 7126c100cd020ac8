"""The documentation says what the source does: generated pages, error codes, links, commands that run."""

from __future__ import annotations

import ast
import doctest
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.page import FENCE, blocks, is_run, play

ROOT = Path(__file__).resolve().parents[2]
DOCS = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")])
PAGES = [page for page in DOCS if "_build" not in page.parts]

LINK = re.compile(r"\]\((?!https?:|#|mailto:)(?P<target>[^)#\s]+)(#[^)\s]*)?\)")


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
    play(document, tmp_path)


def test_the_table_of_the_month_adds_up_and_is_what_the_books_hold() -> None:
    text = (ROOT / "docs/month.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| ([\w: ]+) \|((?: -?[\d,]+ \|)+)$", text, re.MULTILINE)
    yuan = {name: [int(cell.replace(",", "")) for cell in cells.split("|")[:-1]] for name, cells in told}
    assert all(sum(row[:-1]) == row[-1] for row in yuan.values())
    assert yuan.pop("all") == [sum(column) for column in zip(*yuan.values(), strict=True)] == [0] * 7
    brought = re.findall(r"^\$ qipan market member bring (\w+) .*--fen (\d+)", text, re.MULTILINE)
    held = dict(re.findall(r"^([\w/]+) .* fen .* ([\d,-]+)  +[\d,-]+  fen$", text, re.MULTILINE))
    fen = {account: int(amount.replace(",", "")) for account, amount in held.items() if account != "bank"}
    for member, amount in brought:
        fen[f"{member}/margin"] -= int(amount)
    assert sorted(filter(None, fen.values())) == sorted(100 * row[-1] for row in yuan.values())


def test_python_of_a_page_runs() -> None:
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    parser = doctest.DocTestParser()
    for page in PYTHON:
        body = "\n".join(body for info, body in blocks(page) if info == "python")
        assert ">>>" in body, f"{page_name(page)} must show Python as an example with >>>"
        runner.run(parser.get_doctest(body, {}, page_name(page), str(page), 0))
    assert runner.summarize(verbose=False).failed == 0
