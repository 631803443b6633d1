"""The Catalog's token calculator: images, sound and video in tokens and money, and text in pages, words and tokens."""

from __future__ import annotations

from datetime import date

import streamlit as st

from pages.ui import cards, state
from pages.ui.catalog_hardware import nothing, panel, price_date, source_cell
from pages.ui.tables import Cell, Row, table
from planner import words
from planner.errors import InputError
from planner.modality import TOKENS_PER_PAGE, WORDS_PER_TOKEN
from planner.modality_view import (
    ModelTokens,
    NoRule,
    RuleTokens,
    Sized,
    by_model,
    by_rule,
    no_rules,
    pages_of_tokens,
    read_amount,
    read_rate,
    read_size,
    tokens_of_pages,
    tokens_of_words,
    words_of_tokens,
)

ASKED = {"image": "Image", "audio_in": "Sound", "video": "Video"}
RULES = {"image": ("image",), "audio_in": ("audio_in", "audio_out"), "video": ("video",)}
ONE = {"image": "one image", "audio_in": "this sound", "video": "this video"}


@st.fragment
def draw_modality() -> None:
    on = price_date()
    with panel("modality"):
        st.header("Tokens of an image, of sound, of video", anchor=False)
        asked = _asked()
        if asked is not None:
            modality, sized = asked
            _models(on, modality, sized)
            _rules(modality, sized)
        _text()


def _asked() -> tuple[str, Sized] | None:
    """What is asked about; None when something typed cannot be used."""
    size = seconds = frames = ""
    with st.container(horizontal=True, vertical_alignment="bottom", key="catalog_modality_asked"):
        modality = str(
            st.segmented_control(
                "Count", list(ASKED), default="image", required=True, format_func=ASKED.__getitem__, key="catalog_modality_kind"
            )
        )
        if modality != "audio_in":
            label = "Image size, px" if modality == "image" else "Frame size, px"
            size = st.text_input(label, "1024x768", key=f"catalog_modality_size_{modality}", placeholder="1024x768", width=180)
        if modality != "image":
            seconds = st.text_input("Seconds", "60", key=f"catalog_modality_seconds_{modality}", placeholder="60", width=140)
        if modality == "video":
            frames = st.text_input("Frames sent a second", key="catalog_modality_frames", placeholder="1", width=180)
    try:
        return modality, Sized(read_size(size), read_amount(seconds, "Seconds"), read_amount(frames, "Frames sent a second"))
    except InputError as error:
        st.error(words.md_escape(error))
        return None


def _models(on: date, modality: str, sized: Sized) -> None:
    found = by_model(state.catalog(), on, modality, sized)
    known = [each for each in found if each.usd is not None]
    st.markdown(words.md_escape(words.modality_sentence(ONE[modality], len(known), len(found), on, known[0].usd if known else None,
                                                        known[-1].usd if known else None)))  # fmt: skip
    if known:
        head = ("Model of the shortlist", "Tokens", "1M of them", f"Price of {ONE[modality]}", "Rule", "Source")
        table(head, map(_model, known), f"{ASKED[modality]} by model of the shortlist", numbers=(1, 2, 3))
    unknown = [each for each in found if each.usd is None]
    if unknown:
        told = f"Unknown for {words.plural(len(unknown), 'model')} of the shortlist, and why"
        with st.expander(told, key=f"catalog_modality_why_{modality}"):
            head = ("Model", "Tokens", "Why unknown", "Source")
            table(head, map(_unknown, unknown), "Models without a known price, and why", numbers=(1,))


def _model(each: ModelTokens) -> Row:
    return (
        Cell(each.name, below=f"{each.provider}/{each.model}", strong=True),
        Cell(words.whole(each.tokens), each.tokens),
        Cell(words.per_million(each.usd_per_token), each.usd_per_token),
        Cell(words.money(each.usd), each.usd),
        each.rule,
        source_cell(each.source) if each.source else words.UNKNOWN,
    )


def _unknown(each: ModelTokens) -> Row:
    return (
        Cell(each.name, below=f"{each.provider}/{each.model}", strong=True),
        Cell(words.whole(each.tokens), each.tokens),
        each.why,
        source_cell(each.source, with_note=False) if each.source else "–",
    )


def _rules(modality: str, sized: Sized) -> None:
    st.header("By rule", anchor=False)
    cards.note("One rule for each model family, as its vendor publishes it; whoever sells the model, the same rule counts.")
    wanted = st.text_input("Search families", key=f"catalog_modality_search_{modality}", placeholder="For example: gpt-4o", width=260)
    rows = by_rule(RULES[modality], sized, wanted)
    if not rows:
        nothing(wanted)
    elif modality == "image":
        head = ("Model family", "Tokens", "Seen as", "Rule", "Source")
        table(head, map(_image_rule, rows), "Tokens of one image by rule", numbers=(1, 2), tall=True)
    else:
        table(("Model family", "Tokens", "Rule", "Source"), map(_rule, rows), f"{ASKED[modality]} by rule", numbers=(1,), tall=True)
    without = no_rules(RULES[modality])
    if without:
        with st.expander("Families known to have no public rule", key=f"catalog_modality_none_{modality}"):
            table(("Why there is no rule", "Models", "Source"), map(_no_rule, without), "Families without a rule")


def _families(row: RuleTokens) -> Cell:
    return Cell(words.listing(row.families), below=" ".join(filter(None, (row.rule, _direction(row)))), strong=True)


def _direction(row: RuleTokens) -> str:
    return f"({words.fact_word(row.modality).lower()})" if row.modality.startswith("audio") else ""


def _image_rule(row: RuleTokens) -> Row:
    seen = "–" if row.seen_px is None else words.size_px(row.seen_px)
    return _families(row), Cell(words.whole(row.tokens), row.tokens), seen, Cell(row.how, below=row.why), _cited(row)


def _rule(row: RuleTokens) -> Row:
    why = "" if row.why == row.how else row.why
    return _families(row), Cell(words.whole(row.tokens), row.tokens), Cell(row.how, below=why), _cited(row)


def _cited(row: RuleTokens) -> Cell:
    return source_cell(row.source)


def _no_rule(row: NoRule) -> Row:
    return row.source.note, words.listing(row.families), source_cell(row.source, with_note=False)


def _text() -> None:
    st.header("Pages, words and tokens", anchor=False)
    cards.note(
        "Rules of thumb to change for your own text: 1,000,000 tokens are about 700 pages, and English has about 0.75 words a token; "
        "tokenizers differ by up to about 30 %."
    )
    with st.container(horizontal=True, vertical_alignment="bottom", key="catalog_modality_text"):
        pages = st.text_input("Pages", "700", key="catalog_modality_pages", width=140)
        count = st.text_input("Words", "750", key="catalog_modality_words", width=140)
        tokens = st.text_input("Tokens", "1,000,000", key="catalog_modality_tokens", width=160)
        page_rate = st.text_input("Tokens a page", words.whole(TOKENS_PER_PAGE), key="catalog_modality_page_rate", width=140)
        word_rate = st.text_input("Words a token", words.count(WORDS_PER_TOKEN), key="catalog_modality_word_rate", width=140)
    try:
        per_page = read_rate(page_rate, "Tokens a page", TOKENS_PER_PAGE)
        per_token = read_rate(word_rate, "Words a token", WORDS_PER_TOKEN)
        stated = {"pages": read_amount(pages, "Pages"), "words": read_amount(count, "Words"), "tokens": read_amount(tokens, "Tokens")}
    except InputError as error:
        st.error(words.md_escape(error))
        return
    rows: list[Row] = []
    if stated["pages"] is not None:
        rows.append((words.plural(stated["pages"], "page"), _tokens(tokens_of_pages(stated["pages"], per_page)), "–"))
    if stated["words"] is not None:
        rows.append((words.plural(stated["words"], "word"), _tokens(tokens_of_words(stated["words"], per_token)), "–"))
    if stated["tokens"] is not None:
        back = f"{_whole(pages_of_tokens(stated['tokens'], per_page))} pages, {_whole(words_of_tokens(stated['tokens'], per_token))} words"
        rows.append((f"{_whole(stated['tokens'])} tokens", _tokens(stated["tokens"]), back))
    if rows:
        with st.container(key="catalog_modality_text_table"):
            table(("You have", "Tokens", "As text"), rows, "Pages, words and tokens", numbers=(1,))


def _whole(value: float) -> str:
    return words.whole(value)


def _tokens(value: float) -> Cell:
    return Cell(words.whole(value), value)
