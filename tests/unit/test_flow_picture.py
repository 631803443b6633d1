"""Flow pictures: every call, share and price of a pattern is in them, they stay within their edges, and nothing typed can break out."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from planner import words
from planner.flow_picture import picture, told
from planner.palette import DARK, LIGHT, palette
from planner.patterns_view import FlowCall, FlowPath
from tests.unit.test_palette import contrast

SVG = "{http://www.w3.org/2000/svg}"
DRAFT = FlowCall("draft", "Small 1", 0.001, 2.0)
CHECK = FlowCall("check", "", 0.0005, 20.0)
CASCADE = (
    FlowPath("accepted", 0.7, ((DRAFT,), (CHECK,))),
    FlowPath("escalated", 0.3, ((DRAFT,), (CHECK,), (FlowCall("escalate", "Large 2", 0.05, 14.0),))),
)
VOTES = tuple(FlowCall("vote", f"Small {n}", 0.001 * n, float(n)) for n in (1, 2, 3))
VOTE = (FlowPath("agreed", 0.66, (VOTES,)), FlowPath("disputed", 0.34, (VOTES, (FlowCall("decide", "Large 2", 0.05, 14.0),))))
ALONE = (FlowPath("answered", 1.0, ((FlowCall("answer", "Large 2", 0.05, 14.0),),)),)
EVERY = {"cascade": CASCADE, "vote": VOTE, "alone": ALONE}


def drawn(paths: tuple[FlowPath, ...], mode: str = "light", *, tall: bool = False) -> ElementTree.Element:
    return ElementTree.fromstring(picture(paths, "A title", mode, tall=tall))


def texts(root: ElementTree.Element) -> list[str]:
    return [(each.text or "").replace(words.NBSP, " ") for each in root.iter(f"{SVG}text")]


def boxes(root: ElementTree.Element) -> list[tuple[float, float, float, float]]:
    found = [[float(each.attrib[name]) for name in ("x", "y", "width", "height")] for each in root.iter(f"{SVG}rect")]
    return [(x, y, x + width, y + height) for x, y, width, height in found]


def test_paths_that_begin_alike_share_their_boxes() -> None:
    assert texts(drawn(CASCADE)) == [
        "accepted 70 %", "escalated 30 %", "Request",
        "Draft", "Small 1", "$0.001 · 2 s", "Check", "$0.0005 · 20 s",
        "Answer", "Escalate", "Large 2", "$0.05 · 14 s", "Answer",
    ]  # fmt: skip


def test_calls_at_the_same_time_are_one_box_that_costs_their_sum_and_takes_the_slowest() -> None:
    said = texts(drawn(VOTE))
    assert said[said.index("Vote × 3") :][:3] == ["Vote × 3", "3 models", "$0.006 · 3 s"]


@pytest.mark.parametrize("tall", [False, True])
def test_lines_are_as_wide_as_the_share_that_takes_them(tall: bool) -> None:
    widths = [float(each.attrib["stroke-width"]) for each in drawn(CASCADE, tall=tall).iter(f"{SVG}path")]
    assert widths[0] == widths[1] == 9.0
    assert widths[2:] == sorted(widths[2:], reverse=True)
    assert widths[3] == pytest.approx(1.5 + 7.5 * 0.3, abs=0.051)


@pytest.mark.parametrize("tall", [False, True])
@pytest.mark.parametrize("name", list(EVERY))
def test_boxes_stay_within_the_picture_and_apart(name: str, tall: bool) -> None:
    root = drawn(EVERY[name], tall=tall)
    left, top, width, height = map(float, root.attrib["viewBox"].split())
    found = boxes(root)
    assert all(left <= x0 and top <= y0 and x1 <= left + width and y1 <= top + height for x0, y0, x1, y1 in found)
    for n, (x0, y0, x1, y1) in enumerate(found):
        assert not any(x0 < u1 and u0 < x1 and y0 < v1 and v0 < y1 for u0, v0, u1, v1 in found[n + 1 :])
    # Cut to what is drawn, so that a page need not guess what is blank.
    assert min(box[0] for box in found) - left < (60 if tall else 5)
    assert (root.attrib["width"], root.attrib["height"]) == (f"{width:.0f}", f"{height:.0f}")


def test_the_layouts_suit_a_phone_and_a_wide_screen() -> None:
    sizes = [(float(root.attrib["width"]), float(root.attrib["height"])) for root in (drawn(CASCADE), drawn(CASCADE, tall=True))]
    assert sizes[0][0] <= 900
    assert sizes[0][0] > sizes[0][1]
    assert sizes[1][0] <= 320
    assert sizes[1][1] > sizes[1][0]


def test_it_says_in_words_what_it_shows() -> None:
    root = drawn(CASCADE)
    assert root.attrib["role"] == "img"
    assert root.findtext(f"{SVG}title") == "A title"
    assert root.findtext(f"{SVG}desc") == told(CASCADE)
    assert told(CASCADE).replace(words.NBSP, " ") == (
        "70 % of requests (accepted): draft by Small 1, then check; "
        "30 % of requests (escalated): draft by Small 1, then check, then escalate by Large 2."
    )


def test_each_mode_has_its_own_colours_and_the_same_drawing() -> None:
    light, dark = (picture(CASCADE, "A title", mode) for mode in ("light", "dark"))
    assert LIGHT.ink in light
    assert DARK.ink in dark
    assert LIGHT.ink not in dark
    bare = [re.sub(r"#[0-9a-fA-F]{6}", "#", each) for each in (light, dark)]
    assert bare[0] == bare[1]
    assert picture(CASCADE, "A title", "light") == light
    assert palette("dark") is DARK


def test_nothing_typed_breaks_out() -> None:
    nasty = "<script>alert('x')</script>&\"]]>"
    paths = (replace(ALONE[0], name=nasty, steps=((FlowCall(nasty, nasty, 0.05, 14.0),),)), replace(ALONE[0], name=nasty))
    text = picture(paths, nasty)
    root = ElementTree.fromstring(text)
    assert "<script" not in text
    assert root.findtext(f"{SVG}title") == nasty
    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= {"svg", "title", "desc", "text", "rect", "path"}
    assert not any(name.startswith("on") or "href" in name for each in root.iter() for name in each.attrib)


def test_what_nobody_knows_is_said_to_be_unknown() -> None:
    paths = (FlowPath("accepted", None, ((replace(DRAFT, usd=None),),)), FlowPath("escalated", None, ((replace(DRAFT, e2e_s=None),),)))
    said = texts(drawn(paths))
    assert f"{words.money(None)} · 2 s" in said
    assert f"$0.001 · {words.seconds(None)}" in said
    assert f"accepted {words.share(None)}" in said
    assert "nan" not in picture(paths, "A title").casefold()


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_lines_can_be_told_from_the_background(mode: str) -> None:
    ground = palette(mode).background
    for path in drawn(CASCADE, mode).iter(f"{SVG}path"):
        over, share = path.attrib["stroke"], float(path.attrib["stroke-opacity"])
        mixed = [round(share * int(over[n : n + 2], 16) + (1 - share) * int(ground[n : n + 2], 16)) for n in (1, 3, 5)]
        assert contrast("#{:02x}{:02x}{:02x}".format(*mixed), ground) >= 3
