"""The text of files of every kind, and a typed error for those without one."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter

from app.attachments import extract as extracting
from app.attachments.extract import DOCX_TYPE, extract
from app.core.chat.attachment_errors import (
    AttachmentBinary,
    AttachmentDamaged,
    AttachmentEmpty,
    AttachmentEncrypted,
    AttachmentTooLarge,
    AttachmentWithoutText,
)
from app.core.chat.attachments import Attachment, with_attachments
from app.core.errors import ParleyError
from app.core.file_errors import FileGone, FileUnreadable
from app.printing.pages import print_pages

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def file(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data)
    return path


def docx(tmp_path, body, name="a.docx", prolog="<?xml version='1.0' encoding='UTF-8'?>", packed=zipfile.ZIP_DEFLATED):
    path = tmp_path / name
    with zipfile.ZipFile(path, "w", packed) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(
            "word/document.xml", f'{prolog}<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'
        )
    return path


def paragraph(*runs):
    return "<w:p>" + "".join(f"<w:r>{run}</w:r>" for run in runs) + "</w:p>"


def run(text):
    return f"<w:t xml:space='preserve'>{text}</w:t>"


@pytest.fixture
def pdf(tmp_path, qapp):
    source = tmp_path / "a.html"
    source.write_text("<p>First page, 你好</p><p style='page-break-before: always'>Second page</p>", encoding="utf-8")
    target = tmp_path / "a.pdf"
    assert print_pages(source, target, "t") == 2
    return target


@pytest.mark.parametrize(
    ("name", "media_type", "language"),
    [
        ("notes.txt", "text/plain", ""),
        ("README.md", "text/markdown", "markdown"),
        ("main.py", "text/x-python", "python"),
        ("main.rs", "text/plain", "rust"),
        ("table.csv", "text/csv", ""),
        ("data.json", "application/json", "json"),
        ("no-end", "text/plain", ""),
    ],
)
def test_text_keeps_its_kind(tmp_path, name, media_type, language):
    found = extract(file(tmp_path, name, b"one\r\ntwo\rthree\n"))
    assert (found.name, found.text, found.characters) == (name, "one\ntwo\nthree\n", 14)
    assert found.media_type.startswith(media_type.partition("/")[0])
    if name not in ("main.rs", "main.py"):
        assert found.media_type == media_type
    assert found.language == language


TEXT = "Größe; Maß; naïve façade; 3 € für Übermut. " * 20
RUSSIAN = "Съешь же ещё этих мягких французских булок, да выпей чаю. " * 20
JAPANESE = "日本語の文章をここに書きます。東京は首都であり、カタカナも使います。" * 10


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (TEXT, "utf-8"),
        (TEXT, "utf-8-sig"),
        (TEXT, "utf-16"),
        (TEXT, "utf-32"),
        (TEXT, "cp1252"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
    ],
)
def test_a_csv_in_any_encoding_is_read(tmp_path, text, encoding):
    found = extract(file(tmp_path, "a.csv", f"name;value\n{text};1\n".encode(encoding)))
    assert found.text == f"name;value\n{text};1\n"


def test_a_pdf_gives_its_pages(pdf):
    found = extract(pdf)
    assert (found.media_type, found.pages) == ("application/pdf", 2)
    assert "".join(found.text.split()) == "".join(["Firstpage,你好", "t1/2", "Secondpage", "t2/2"])


def test_a_pdf_is_known_by_its_content(pdf, tmp_path):
    assert extract(pdf.rename(tmp_path / "a.txt")).pages == 2


def test_a_pdf_with_a_password_is_refused_and_one_without_need_of_it_read(pdf, tmp_path):
    for password, name in (("secret", "locked.pdf"), ("", "open.pdf")):
        writer = PdfWriter(clone_from=PdfReader(pdf))
        writer.encrypt(user_password=password, owner_password="owner", algorithm="AES-256")
        writer.write(tmp_path / name)
    with pytest.raises(AttachmentEncrypted):
        extract(tmp_path / "locked.pdf")
    assert extract(tmp_path / "open.pdf").pages == 2


def test_a_pdf_without_text_says_that_it_may_be_scanned(tmp_path):
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    writer.write(tmp_path / "scan.pdf")
    with pytest.raises(AttachmentWithoutText):
        extract(tmp_path / "scan.pdf")


@pytest.mark.parametrize(
    "damage", [lambda data: data[:300], lambda data: b"%PDF-1.7\nnothing", lambda data: data[:20] * 50]
)
def test_a_damaged_pdf_is_refused(pdf, damage):
    pdf.write_bytes(damage(pdf.read_bytes()))
    with pytest.raises((AttachmentDamaged, AttachmentWithoutText)):
        extract(pdf)


def test_a_docx_gives_paragraphs_breaks_and_tables(tmp_path):
    def cell(text):
        return f"<w:tc>{paragraph(run(text))}</w:tc>"

    table = f"<w:tbl><w:tr>{cell('a')}{cell('b')}</w:tr><w:tr>{cell('1')}{cell('2')}</w:tr></w:tbl>"
    body = paragraph(run("Hello "), run("world")) + paragraph(run("x"), "<w:tab/>", run("y"), "<w:br/>", run("z"))
    found = extract(docx(tmp_path, body + table + paragraph(run("End &amp; out"))))
    assert found.media_type == DOCX_TYPE
    assert [line.split() for line in found.text.splitlines()] == [
        ["Hello", "world"],
        ["x", "y"],
        ["z"],
        ["a", "b"],
        ["1", "2"],
        ["End", "&", "out"],
    ]
    assert "a \tb" in found.text


def test_a_text_box_of_a_docx_which_old_programs_get_once_more_is_read_once(tmp_path):
    inside = f"<w:txbxContent>{paragraph(run('In a box'))}</w:txbxContent>"
    space = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    both = f"<mc:Choice>{inside}</mc:Choice><mc:Fallback>{inside}</mc:Fallback>"
    box = f"<mc:AlternateContent {space}>{both}</mc:AlternateContent>"
    found = extract(docx(tmp_path, paragraph(run("Before"), box) + paragraph(run("After"))))
    assert found.text.split() == ["Before", "In", "a", "box", "After"]


def test_a_docx_without_text_or_with_entities_or_cut_off_is_refused(tmp_path):
    with pytest.raises(AttachmentWithoutText):
        extract(docx(tmp_path, paragraph("<w:drawing/>")))
    bomb = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    with pytest.raises(AttachmentDamaged):
        extract(docx(tmp_path, paragraph(run("&b;")), prolog=bomb))
    with pytest.raises(AttachmentDamaged):
        extract(docx(tmp_path, "<w:p><w:r>"))
    whole = docx(tmp_path, paragraph(run("x"))).read_bytes()
    with pytest.raises(AttachmentDamaged):
        extract(file(tmp_path, "cut.docx", whole[:-40]))


@pytest.mark.parametrize("encoding", ["unheard-of", "rot13", "utf-7", "idna"])
def test_a_docx_whose_xml_is_in_no_encoding_of_text_is_refused(tmp_path, encoding):
    with pytest.raises(AttachmentDamaged, match="its XML is broken"):
        extract(docx(tmp_path, paragraph(run("x")), prolog=f"<?xml version='1.0' encoding='{encoding}'?>"))


@pytest.mark.parametrize("packed", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_docx_that_is_damaged_inside_is_refused_however_it_is_packed(tmp_path, packed):
    path = docx(tmp_path, "".join(paragraph(run(f"word {number}")) for number in range(2000)), packed=packed)
    with zipfile.ZipFile(path) as archive:
        at = archive.getinfo("word/document.xml").header_offset
    data = bytearray(path.read_bytes())
    data[at + 80 : at + 160] = bytes(80)
    with pytest.raises(AttachmentDamaged, match="it is not a whole document"):
        extract(file(tmp_path, "a.docx", bytes(data)))


def test_a_docx_packed_in_a_way_nobody_knows_is_refused(tmp_path):
    data = docx(tmp_path, paragraph(run("x"))).read_bytes()
    unknown = data.replace(b"\x14\x00\x00\x00\x08\x00", b"\x14\x00\x00\x00\x63\x00")
    with pytest.raises(AttachmentDamaged, match="it is not a whole document"):
        extract(file(tmp_path, "a.docx", unknown))


def test_an_office_container_with_a_password_and_other_archives_are_told_apart(tmp_path):
    ole = bytes.fromhex("d0cf11e0a1b11ae1")
    with pytest.raises(AttachmentEncrypted):
        extract(file(tmp_path, "a.docx", ole + b"\x00" * 100 + "EncryptedPackage".encode("utf-16-le")))
    with pytest.raises(AttachmentBinary):
        extract(file(tmp_path, "a.doc", ole + b"\x00" * 100))
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("x", "y")
    with pytest.raises(AttachmentBinary):
        extract(file(tmp_path, "a.zip", data.getvalue()))


@pytest.mark.parametrize(
    "data", [b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, b"\x7fELF" + b"\x00\x01\x02\x03" * 500]
)
def test_what_is_no_text_is_refused(tmp_path, data):
    with pytest.raises(AttachmentBinary):
        extract(file(tmp_path, "a.txt", data))


@pytest.mark.parametrize("data", [b"", b"   \n\n"])
def test_an_empty_file_is_refused(tmp_path, data):
    with pytest.raises(AttachmentEmpty):
        extract(file(tmp_path, "a.txt", data))


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    with path.open("wb") as sparse:
        sparse.truncate(extracting.MAX_TEXT_FILE_BYTES + 1)
    with pytest.raises(AttachmentTooLarge):
        extract(path)
    monkeypatch.setattr(extracting, "MAX_CHARACTERS", 10)
    with pytest.raises(AttachmentTooLarge):
        extract(file(tmp_path, "b.txt", b"x" * 11))


def test_a_file_that_is_not_there_or_a_folder_is_said(tmp_path):
    with pytest.raises(FileGone):
        extract(tmp_path / "none.txt")
    with pytest.raises(FileUnreadable):
        extract(tmp_path)


@settings(max_examples=200)
@given(start=st.sampled_from([b"", b"%PDF-1.4\n", b"PK\x03\x04", b"\xff\xfe", b"text "]), data=st.binary(max_size=300))
def test_any_bytes_are_text_or_a_typed_error(tmp_path, start, data):
    try:
        found = extract(file(tmp_path, "a", start + data))
    except ParleyError as error:
        assert error.sentence
    else:
        found.text.encode()
        assert "\x00" not in found.text


def test_a_message_with_files_has_them_in_fences_that_they_cannot_end():
    files = [
        Attachment("a`b\n.md", "text/markdown", "```python\nx\n```\n````"),
        Attachment("r.pdf", "application/pdf", "text", pages=12),
    ]
    assert with_attachments("Compare.", files) == (
        "Attached file: a'b .md\n`````markdown\n```python\nx\n```\n````\n`````\n\n"
        "Attached file: r.pdf, 12 pages\n```\ntext\n```\n\nCompare."
    )
    assert with_attachments("Alone.", []) == "Alone."
    assert with_attachments("", files[1:]).endswith("```")
