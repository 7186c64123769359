"""Markdown into blocks: what is shown, that pieces end as the whole does, and hostile text."""

from __future__ import annotations

import gc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.chat.typeset_frames import Formula
from app.ui.markdown.block import Block, Container, Kind, Style
from app.ui.markdown.chunks import PASSAGE_CHARACTERS, PASSAGE_LINES, Chunk
from app.ui.markdown.formulas import spelled_out
from app.ui.markdown.parser import parse
from app.ui.markdown.splitter import CODE_LINES, LIMIT, LINES, TABLE_CELLS, TABLE_ROWS, Splitter
from app.ui.markdown.tail import TailParser, completed
from app.ui.transcript.rows.stream import TextStream

FRAGMENTS = [
    "word", " two words", "\n", "\n\n", "- ", "\n- item", "  - sub", "1. ", "\n2. two", "\n1) x", "> ", "\n> quote",
    "```", "\n```\n", "```py\nx = 1\n", "~~~", "    code", "# ", "\n## Head\n", "---", "===", "**", "*", "_", "~~", "`",
    "[", "](", "](http://a.b)", ")", "![", "|", "\n| a | b |\n", "|---|---|\n", "| 1 | 2 |\n", "\\", "<b>", "&amp;",
    "$", "$$", "$x^2$", "\n$$\na + b\n$$\n", "\\(", "\\)", "\n\\[\n", "\n\\]\n",
    "[^1]", "\n[^1]: note", "- [ ] task", "[x] ",
    "😀", "é", "漢字", "שלום", "\r\n", "\t", "\x00", "12", ".", " ", "  \n", "word " * 800,
    "x" * (LIMIT + 50), "\ncode" * 60, "\n| r | s |" * 60,
]  # fmt: skip


TOKENS = [
    "a", "bc", " d", ", ", ".", "*", "**", "`", "_", "[", "]", "(u)", " ", "1", "\n", "# ", "#", "-", "\\", "<", ">",
    "&", "$", "$$", "x^2", "5", "\\(", "\\)", "\n$$\n", "[^", "]:",
    "|", "| a |", "\n| a | b |\n|---|---|\n", "\n| c **d** | e",
]  # fmt: skip


def chunks_of(source: str) -> list[Chunk]:
    """All chunks of a text that comes at once."""
    splitter = Splitter()
    return [*splitter.feed(source), *splitter.finish()]


def blocks_of(source: str) -> list[Block]:
    return [block for chunk in chunks_of(source) for block in chunk.blocks]


@st.composite
def documents_in_pieces(draw: st.DrawFn) -> list[str]:
    source = "".join(draw(st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=8)), max_size=25)))
    sizes = draw(st.lists(st.integers(1, 40), min_size=1, max_size=60))
    pieces, at = [], 0
    for size in sizes:
        pieces.append(source[at : at + size])
        at += size
    return [*pieces, source[at:]]


@settings(max_examples=300)
@given(documents_in_pieces())
def test_pieces_end_in_the_same_blocks_as_the_whole(pieces: list[str]) -> None:
    splitter, tail, streamed = Splitter(), TailParser(), []
    for piece in pieces:
        done = splitter.feed(piece)
        streamed += done
        tail = TailParser() if done else tail
        tail.blocks(splitter.tail)
    streamed += splitter.finish()
    whole = chunks_of("".join(pieces))
    assert streamed == whole
    assert [chunk.blocks for chunk in streamed] == [chunk.blocks for chunk in whole]


@settings(max_examples=150)
@given(documents_in_pieces())
def test_pieces_end_in_the_same_rows_as_the_whole(pieces: list[str]) -> None:
    streamed, whole = TextStream(700.0), TextStream.of("".join(pieces), 700.0)
    for piece in pieces:
        streamed.feed(piece)
    streamed.finish()
    for stream in (streamed, whole):
        while stream.rest:
            stream.read_on()
    assert [row.blocks for row in streamed.rows] == [row.blocks for row in whole.rows]
    assert [row.content.source for row in streamed.rows] == [row.content.source for row in whole.rows]


@settings(max_examples=300)
@given(st.lists(st.sampled_from(TOKENS)))
def test_quick_appending_shows_what_parsing_anew_would(tokens: list[str]) -> None:
    splitter, tail = Splitter(), TailParser()
    for token in tokens:
        tail = TailParser() if splitter.feed(token) else tail
        assert tail.blocks(splitter.tail) == TailParser().blocks(splitter.tail)


def test_every_kind_of_block_is_found() -> None:
    found = blocks_of(
        "# Title\nText **bold**\n- one\n- two\n\n> said\n\n```py\nx = 1\n```\n\n| a | b |\n|--|:-:|\n| 1 | 2 |\n\n---\n"
    )
    kinds = [block.kind for block in found]
    assert kinds == [
        Kind.HEADING, Kind.PARAGRAPH, Kind.PARAGRAPH, Kind.PARAGRAPH, Kind.PARAGRAPH, Kind.CODE, Kind.TABLE, Kind.RULE,
    ]  # fmt: skip
    assert found[1].spans == ((5, 9, Style.BOLD, ""),)
    assert [block.marker for block in found[2:4]] == ["•", "•"]
    assert found[4].containers == (Container.QUOTE,)
    assert (found[5].language, found[5].text) == ("py", "x = 1")
    assert (found[6].text, found[6].aligns) == ("a\tb\n1\t2", ("", "center"))


def test_a_numbered_list_counts_on_from_its_first_number() -> None:
    assert [block.marker for block in blocks_of("3. a\n\n3. b\n\n3. c\n")] == ["3.", "4.", "5."]


def test_items_apart_by_blank_lines_are_not_tight() -> None:
    assert [block.tight for block in blocks_of("- a\n- b\n\n- c\n")] == [False, True, False]


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "ftp://a.b", "#here"]
)
def test_links_that_are_not_pages_or_addresses_are_text(href: str) -> None:
    (block,) = blocks_of(f"see [this]({href}) now")
    assert not any(span.href or span.style & Style.LINK for span in block.spans)


def test_quotes_apart_by_a_blank_line_are_two_though_they_share_a_row() -> None:
    (row,) = TextStream.of("> a\n\n> b\n>\n> c\n", 700.0).rows
    assert [row._shared_containers(number) for number in range(3)] == [0, 0, 1]


def test_html_is_shown_and_images_are_their_text() -> None:
    (block,) = blocks_of("<script>x</script> ![a cat](https://cats.example/1.png)")
    assert block.text == "<script>x</script> a cat"
    assert block.spans == ((19, 24, Style.LINK, "https://cats.example/1.png"),)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "data:image/png;base64,AAAA", "cat.png"])
def test_an_image_that_cannot_be_opened_names_its_target(target: str) -> None:
    (block,) = blocks_of(f"![a cat]({target})")
    if block.spans:  # a target that CommonMark takes for an image
        assert not any(span.href for span in block.spans)
    assert "a cat" in block.text and target in block.text


def test_long_code_comes_in_pieces_that_hold_every_line() -> None:
    lines = [f"line {number}" for number in range(CODE_LINES * 3)]
    found = blocks_of("```\n" + "\n".join(lines) + "\n```\n")
    assert "\n".join(block.text for block in found).split("\n") == lines
    assert [(block.opens, block.closes) for block in found] == [(True, False), (False, False), (False, True)]


def test_a_long_table_repeats_its_head() -> None:
    found = blocks_of("| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * (TABLE_ROWS * 2))
    assert {block.kind for block in found} == {Kind.TABLE}
    assert [block.text.split("\n")[0] for block in found] == ["a\tb"] * len(found)
    assert sum(block.text.count("1\t2") for block in found) == TABLE_ROWS * 2


@pytest.mark.parametrize(
    "source",
    [
        "x" * 1_000_000,
        "word " * 200_000,
        ">" * 100_000,
        "- " * 50_000,
        "[" * 50_000,
        "**a" * 30_000,
        "\0\x1b[31m\ud800",
    ],
    ids=["one line", "words", "quotes", "lists", "brackets", "stars", "controls"],
)
def test_hostile_text_is_kept_in_bounded_chunks(source: str) -> None:
    chunks = chunks_of(source)
    assert max(len(chunk.source) for chunk in chunks) <= LIMIT + 1
    assert sum(len(chunk.source) for chunk in chunks) == len(source)
    assert all(chunk.blocks for chunk in chunks[:2])


ONE_LINERS = {
    "items": "- a\n",
    "numbered items": "1. a\n",
    "tasks": "- [ ] a\n",
    "nested items": "- a\n  - b\n    - c\n",
    "empty items": "-\n",
    "lines": "a\n",
    "paragraphs": "a\n\n",
    "headings": "# a\n",
    "underlined headings": "a\n=\n",
    "rules": "---\n",
    "quotes": "> > > a\n",
    "quotes in turn": "> a\n\n>> b\n\n",
    "footnotes": "[^1]: a\n",
    "fences": "```\na\n```\n",
    "indented code": "    a\n\nb\n\n",
    "formulas": "$$\na\n$$\n",
    "tables": "|a|\n|-|\n\n",
}


@pytest.mark.parametrize("source", ONE_LINERS.values(), ids=ONE_LINERS)
def test_very_many_small_blocks_share_chunks_and_rows_of_bounded_size(source: str) -> None:
    text = source * 4000
    stream = TextStream.of(text, 700.0)
    while stream.rest:
        stream.read_on()
    sources = [row.content.source for row in stream.rows]
    assert len(sources) <= text.count("\n") / PASSAGE_LINES + len(text) / PASSAGE_CHARACTERS + 1
    assert max(shown.count("\n") for shown in sources) <= PASSAGE_LINES + LINES
    assert max(len(row.blocks) for row in stream.rows[:3]) <= PASSAGE_LINES + LINES


def test_the_garbage_collector_passes_over_chunks() -> None:
    assert not any(map(gc.is_tracked, chunks_of("- a\n- b\n```\nc\n```\n")))


def test_a_table_of_many_columns_comes_in_pieces_of_few_rows() -> None:
    row = "|a" * 40 + "|\n"
    found = blocks_of(row + "|-" * 40 + "|\n" + row * 50)
    assert {block.kind for block in found} == {Kind.TABLE}
    assert max(len(block.text.replace("\n", "\t").split("\t")) for block in found) <= TABLE_CELLS + 40


@pytest.mark.parametrize("quote", ["", "> "])
def test_a_table_too_wide_to_be_read_is_text(quote: str) -> None:
    lines = ["|a" * 300 + "|", "|-" * 300 + "|", *["|b" * 300 + "|"] * 20]
    found = blocks_of("".join(f"{quote}{line}\n" for line in lines))
    assert Kind.TABLE not in {block.kind for block in found}
    assert sum(block.text.count("|b") for block in found) == 6000


@pytest.mark.parametrize("formula", ["$a$ ", "\\(a\\) "])
def test_more_formulas_than_anybody_reads_are_text(formula: str) -> None:
    assert not any(block.spans for block in blocks_of(formula * 3000)[:-1])


def test_too_deep_nesting_is_shown_as_written() -> None:
    assert parse(">" * 100 + " deep")[0].text.endswith("> deep")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a **bo", "a **bo**"),
        ("a **", "a "),
        ("**bold*", "**bold**"),
        ("see `co", "see `co`"),
        ("see [the", "see the"),
        ("see [the](http", "see [the](<>)"),
        ("array[0", "array[0"),
        ("| a | b", "| a | b|\n|---|---|"),
        ("| a | b |\n|--", "| a | b |\n|---|---|"),
        ("text\n--", "text\n"),
        ("```pyth", ""),
        ("2 * 3", "2 * 3"),
        ("snake_case", "snake_case"),
        ("so $x^", "so"),
        ("so $x^2$ is", "so $x^2$ is"),
        ("costs $5", "costs $5"),
        ("costs $5 and $1", "costs $5 and $1"),
        ("**so $x", "**so**"),
        ("so \\(x", "so"),
        ("let\n$$\na + b", "let\n"),
        ("\\[\nx", ""),
        ("said[^1", "said"),
        ("- [", "- "),
        ("- [x] a", "- [x] a"),
    ],
)
def test_half_written_constructs_do_not_flash(written: str, shown: str) -> None:
    assert completed(written) == shown


def test_tasks_have_boxes_for_markers() -> None:
    found = blocks_of("- [ ] open\n- [x] **done**\n- [no] box\n")
    assert [(block.marker, block.text) for block in found] == [("☐", "open"), ("☑", "done"), ("•", "[no] box")]


def test_footnotes_are_marked_where_they_are_named_and_told_below() -> None:
    text, note, second = blocks_of("Said[^1] so.\n\n[^1]: By **whom**.\n[^b]: Elsewhere.\n")
    assert text.text == "Said1 so." and text.spans == ((4, 5, Style.NOTE, ""),)
    assert (note.kind, note.marker, note.text) == (Kind.FOOTNOTE, "1", "By whom.")
    assert (second.kind, second.marker) == (Kind.FOOTNOTE, "b")


@pytest.mark.parametrize("source", ["$x^2$", "\\(x^2\\)", "$$x^2$$ inline"])
def test_formulas_in_a_line_keep_their_source(source: str) -> None:
    (block,) = blocks_of(f"so {source}")
    assert block.text[3] == "\ufffc"
    assert block.spans == ((3, 4, Style.MATH, "x^2"),)


@pytest.mark.parametrize("source", ["$$\na\n+ b\n- c\n# d\n$$", "\\[\na\n+ b\n- c\n# d\n\\]"])
def test_a_displayed_formula_is_one_block_whatever_its_lines_begin_with(source: str) -> None:
    found = blocks_of(f"before\n{source}\nafter")
    assert [(block.kind, block.text) for block in found] == [
        (Kind.PARAGRAPH, "before"), (Kind.MATH, "a\n+ b\n- c\n# d"), (Kind.PARAGRAPH, "after"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["costs $5 and $10", "$HOME and $PATH", "a $ b $ c", "\\$x\\$"])
def test_money_and_variables_are_no_formulas(text: str) -> None:
    (block,) = blocks_of(text)
    assert not [span for span in block.spans if span.style & Style.MATH]


def test_a_formula_that_cannot_be_drawn_is_spelled_out() -> None:
    line, shown = blocks_of("so **a** $x$ and $y$\n\n$$\nz\n$$")
    spelled = spelled_out(line, {Formula("x")})
    assert spelled.text == "so a $x$ and \ufffc"
    assert [(span.style, spelled.text[span.start : span.end]) for span in spelled.spans] == [
        (Style.BOLD, "a"), (Style.CODE, "$x$"), (Style.MATH, "\ufffc"),
    ]  # fmt: skip
    assert spelled_out(line, {Formula("z")}) is line
    assert spelled_out(shown, {Formula("z", display=True)}).kind is Kind.CODE


def test_pieces_of_code_know_the_number_of_their_first_line() -> None:
    found = blocks_of("```\n" + "x\n" * (CODE_LINES * 2 + 5) + "```\n")
    assert [block.first_line for block in found] == [1, CODE_LINES + 1, 2 * CODE_LINES + 1]
