"""PDFs: text of any script that can be searched, formulas as curves, and children that fail."""

from __future__ import annotations

import zipfile

import pytest
from pypdf import PdfReader

from app.chat import printing
from app.chat.printing import PagePrinter
from app.children.child import program
from app.core.chat.typeset_frames import Formula
from app.core.data.exchange import ExportFormat
from app.core.data.exchange_errors import PrintFailed
from tests.exchange.test_export import CODE, FORMULAS, conversation, export


@pytest.fixture
def printer(tmp_path):
    made = PagePrinter(tmp_path / "logs", lambda: False, program())
    yield made
    made.close()


def test_a_pdf_has_title_numbers_code_and_text_of_any_script(tmp_path, printer):
    texts = [
        f"Question {n}: 你好 こんにちは" if n % 2 else f"Answer\n\n{CODE}\n\n|a|b|\n|-|-|\n|1|2|" for n in range(1, 41)
    ]
    given = conversation(*texts, title="A title of 世界", reasoning="thinking")
    report = export(tmp_path / "a.pdf", ExportFormat.PDF, given, printer=printer)
    assert report.files == 1
    reader = PdfReader(tmp_path / "a.pdf")
    assert len(reader.pages) > 3
    assert reader.metadata is not None and reader.metadata.title == "A title of 世界"
    for number, page in enumerate(reader.pages, 1):
        said = "".join(page.extract_text().split())
        assert f"{number}/{len(reader.pages)}" in said
        assert "Atitleof世界" in said
    first = "".join(reader.pages[0].extract_text().split())
    assert "Question1:你好こんにちは" in first
    assert "return'<b>'#done" in first
    assert "thinking" in first


def text_of(path):
    return " ".join(" ".join(page.extract_text() for page in PdfReader(path).pages).split())


def count_of(operator, path):
    return sum(page.get_contents().get_data().count(operator) for page in PdfReader(path).pages)


def test_a_pdf_has_formulas_as_curves(tmp_path, printer):
    export(tmp_path / "plain.pdf", ExportFormat.PDF, conversation("a", "No formula."), printer=printer)
    export(tmp_path / "a.pdf", ExportFormat.PDF, conversation("a", f"{FORMULAS}\n\n$\\frac{{$"), printer=printer)
    said = text_of(tmp_path / "a.pdf")
    assert not [source for source in ("a_1 + b_1", "x_1", "a < b", "d_1") if source in said]
    assert "\\frac{" in said and "(2)" in said and "at $5 or $6." in said
    curves, lines = (count_of(operator, tmp_path / "a.pdf") for operator in (b" c\n", b" l\n"))
    assert curves > count_of(b" c\n", tmp_path / "plain.pdf") + 50
    assert lines < curves  # strokes around the letters, with which they would look bold, are polygons


def test_a_formula_wider_than_the_page_stays_on_it(tmp_path, printer):
    wide = "$$" + " + ".join(f"a_{{{number}}}" for number in range(60)) + "$$"
    export(tmp_path / "a.pdf", ExportFormat.PDF, conversation("a", wide), printer=printer)
    (page,) = PdfReader(tmp_path / "a.pdf").pages
    assert max(rightmost(page)) < float(page.mediabox.width)


def rightmost(page):
    """How far to the right each curve of a page ends, in points."""
    found = []

    def visit(operator, operands, matrix, _text_matrix):
        if operator == b"c":
            found.append(float(operands[4]) * matrix[0] + float(operands[5]) * matrix[2] + matrix[4])

    page.extract_text(visitor_operand_before=visit)
    return found


def test_formulas_made_to_take_forever_are_given_up_and_the_others_are_drawn(tmp_path, monkeypatch):
    monkeypatch.setattr(printing, "FORMULA_SECONDS", 1.0)
    slow = Formula("\\sqrt{" * 40 + "x" + "}" * 40)
    made = PagePrinter(tmp_path / "logs", lambda: False, program())
    try:
        assert made.draw(Formula("w")) is not None
        assert [made.draw(slow), made.draw(slow)] == [None, None]
        assert made.draw(Formula("x")) is not None
        monkeypatch.setattr(printing, "MOST_GIVEN_UP", 1)
        assert made.draw(Formula("x")) is not None
        assert made.draw(Formula("y")) is None
    finally:
        made.close()


def test_one_child_prints_a_whole_archive(tmp_path, printer):
    given = [conversation(str(n), title=str(n), number=n) for n in range(3)]
    export(tmp_path / "a.zip", ExportFormat.PDF, *given, printer=printer)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert [archive.read(name)[:5] for name in archive.namelist()] == [b"%PDF-"] * 3


def test_pages_of_a_child_that_dies_or_has_no_place_to_write_are_said_to_have_failed(tmp_path, printer):
    source = tmp_path / "a.html"
    source.write_text("<p>x")
    with pytest.raises(PrintFailed):
        printer(source, tmp_path / "no" / "folder" / "a.pdf", "t")
    dead = PagePrinter(tmp_path / "logs", lambda: False, ["false"])
    with pytest.raises(PrintFailed):
        dead(source, tmp_path / "a.pdf", "t")
    dead.close()
