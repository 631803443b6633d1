"""What requests go through, as a small picture: boxes for calls, lines as wide as the share of requests; SVG without scripts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape

from planner import words
from planner.palette import Palette, palette
from planner.patterns_view import FlowCall, FlowPath

_WIDE, _TALL = (200, 92), (168, 112)
"""Room for one box and the line after it: along the columns and across them."""
_BOX = (150, 66)
_LONGEST = 24
_MOST_LINE = 9.0
_LINE_OPACITY = 0.7
"""Lines keep a contrast of 3 : 1 on the background of either mode: how wide they are says where requests go."""
_EDGE = 2.0
"""Room around everything drawn, for the strokes of boxes at the edge."""
_LABEL = (12, 3.8)
"""Size of the text above a box, and half the width of one of its letters."""
_FONT = "Source Sans 3, Source Sans Pro, system-ui, sans-serif"
_START, _END = "Request", "Answer"


@dataclass
class _Node:
    """A step that some requests reach, with what follows it."""

    lines: tuple[str, ...]
    share: float | None
    name: str = ""
    """What the way into this box is called."""
    next: list[_Node] = field(default_factory=list)
    depth: int = 0
    lane: float = 0.0


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _lines(step: Sequence[FlowCall]) -> tuple[str, ...]:
    """The texts of one box: what is done, by which models, for how much and how long."""
    title = step[0].position.capitalize() + (f" × {len(step)}" if len(step) > 1 else "")
    models = list(dict.fromkeys(call.model for call in step if call.model))
    who = models[0] if len(models) == 1 else f"{len(models)} models" if models else ""
    known = [call.usd for call in step]
    usd = None if any(each is None for each in known) else sum(each or 0.0 for each in known)
    late = [call.e2e_s for call in step]
    seconds = None if any(each is None for each in late) else max(each or 0.0 for each in late)
    return title, _cut(who), f"{words.money(usd)} · {words.seconds(seconds)}"


def _tree(paths: Sequence[FlowPath]) -> _Node:
    """Paths that begin alike share their boxes."""
    root = _Node((_START,), 1.0)
    for path in paths:
        at = root
        for step in path.steps:
            lines = _lines(step)
            found = next((each for each in at.next if each.lines == lines), None)
            if found is None:
                found = _Node(lines, None, path.name)
                at.next.append(found)
            found.share = None if path.share is None else (found.share or 0.0) + path.share
            at = found
        at.next.append(_Node((_END,), path.share, path.name))
    _placed(root, 0, iter(range(1_000)))
    return root


def _placed(node: _Node, depth: int, lanes: Iterator[int]) -> None:
    node.depth = depth
    for each in node.next:
        _placed(each, depth + 1, lanes)
    node.lane = sum(each.lane for each in node.next) / len(node.next) if node.next else float(next(lanes))


def _walk(node: _Node) -> Iterator[_Node]:
    yield node
    for each in node.next:
        yield from _walk(each)


def told(paths: Sequence[FlowPath]) -> str:
    """The picture in words."""
    said = []
    for path in paths:
        steps = ", then ".join(
            " and ".join(dict.fromkeys(f"{call.position}{f' by {call.model}' if call.model else ''}" for call in step))
            for step in path.steps
        )
        said.append(f"{words.share(path.share)} of requests ({path.name}): {steps}")
    return "; ".join(said) + "."


def picture(paths: Sequence[FlowPath], title: str, mode: str = "light", *, tall: bool = False) -> str:
    """An SVG of the paths: left to right, or top to bottom for narrow screens. It stands alone: in a page, a document, a file."""
    colours = palette(mode)
    root = _tree(paths)
    nodes = list(_walk(root))
    along, across = _TALL[::-1] if tall else _WIDE

    def middle(node: _Node) -> tuple[float, float]:
        at, side = (node.depth + 0.5) * along, (node.lane + 0.5) * across
        return (side, at) if tall else (at, side)

    lines, boxes, reach = [], [], []
    for node in nodes:
        lines += [_line(middle(node), middle(each), node, each, tall, colours) for each in node.next]
        boxes.append(_box(node, *middle(node), colours))
        reach += [_reach(*middle(each), each, _label(node, each)) for each in node.next]
    reach.append(_reach(*middle(root), root, ""))
    # Cut to what is drawn: what stands around a picture is for the page to say.
    left, top = (min(each[n] for each in reach) - _EDGE for n in (0, 1))
    width, height = max(each[2] for each in reach) + _EDGE - left, max(each[3] for each in reach) + _EDGE - top
    size = f'viewBox="{left:.0f} {top:.0f} {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
    return (
        f'<svg role="img" {size} xmlns="http://www.w3.org/2000/svg" font-family="{_FONT}">'
        f"<title>{escape(title)}</title><desc>{escape(told(paths))}</desc>{''.join(lines)}{''.join(boxes)}</svg>"
    )


def _text(x: float, y: float, text: str, size: float, colour: str, more: str = "") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="middle" font-size="{size:g}" fill="{colour}"{more}>{escape(text)}</text>'


def _line(start: tuple[float, float], end: tuple[float, float], node: _Node, to: _Node, tall: bool, colours: Palette) -> str:
    """A line as wide as the share of requests that take it, with the share beside it where ways part."""
    share = to.share
    wide = 1.5 if share is None else 1.5 + (_MOST_LINE - 1.5) * min(max(share, 0.0), 1.0)
    (x0, y0), (x1, y1) = start, end
    if tall:
        y0, y1 = y0 + _half(node)[1], y1 - _half(to)[1]
        bend = f"M{x0:.0f} {y0:.0f} C{x0:.0f} {(y0 + y1) / 2:.0f} {x1:.0f} {(y0 + y1) / 2:.0f} {x1:.0f} {y1:.0f}"
    else:
        x0, x1 = x0 + _half(node)[0], x1 - _half(to)[0]
        bend = f"M{x0:.0f} {y0:.0f} C{(x0 + x1) / 2:.0f} {y0:.0f} {(x0 + x1) / 2:.0f} {y1:.0f} {x1:.0f} {y1:.0f}"
    drawn = f'<path d="{bend}" fill="none" stroke="{colours.link}" stroke-opacity="{_LINE_OPACITY}" stroke-width="{wide:.1f}"/>'
    label, (x, y) = _label(node, to), end
    if label:
        halo = f' font-weight="600" paint-order="stroke" stroke="{colours.background}" stroke-width="4"'
        drawn += _text(x, y - _half(to)[1] - 6, label, _LABEL[0], colours.ink, halo)
    return drawn


def _label(node: _Node, to: _Node) -> str:
    """What a line says where ways part, above the box it ends in: there ways no longer meet."""
    return f"{to.name} {words.share(to.share)}" if len(node.next) > 1 else ""


def _reach(x: float, y: float, node: _Node, label: str) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a box and the text above it."""
    wide, high = _half(node)
    side = max(wide, len(label) * _LABEL[1])
    return x - side, y - high - (_LABEL[0] + 6 if label else 0), x + side, y + high


def _half(node: _Node) -> tuple[float, float]:
    return (36.0, 15.0) if len(node.lines) == 1 else (_BOX[0] / 2, _BOX[1] / 2)


def _box(node: _Node, x: float, y: float, colours: Palette) -> str:
    half, plain = _half(node), len(node.lines) == 1
    shape = (
        f'<rect x="{x - half[0]:.0f}" y="{y - half[1]:.0f}" width="{2 * half[0]:.0f}" height="{2 * half[1]:.0f}" rx="8" '
        f'fill="{colours.surface if plain else colours.background}" stroke="{colours.border}" stroke-width="1.5"/>'
    )
    if plain:
        return shape + _text(x, y + 4, node.lines[0], 11.5, colours.muted)
    kinds = ((13, colours.ink, ' font-weight="600"'), (11.5, colours.muted, ""), (12.5, colours.ink, ""))
    # Where no model answers, the other two lines stand in the middle.
    shifts = (-13, 4, 21) if node.lines[1] else (-5, 4, 14)
    texts = (_text(x, y + shift, line, *kind) for line, shift, kind in zip(node.lines, shifts, kinds, strict=True) if line)
    return shape + "".join(texts)
