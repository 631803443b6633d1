"""Newer prices are looked at as hostile data: a diff or a clear refusal, and nothing changes by itself."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from planner.catalog import Catalog, load_catalog
from planner.catalog.diff import changes_csv, snapshot_diff
from planner.catalog.refresh import MOST_BYTES, fetch_prices, read_prices, warnings
from planner.errors import InputError

ON = date(2026, 11, 21)
CLAUSE = {"equals": "x"}


def model(model_id: str, **given: Any) -> dict[str, Any]:
    return {"id": model_id, "match": CLAUSE, "prices": {"input_mtok": 2, "output_mtok": 10}, "context_window": 100_000} | given


def provider(*models: dict[str, Any], name: str = "acme") -> dict[str, Any]:
    return {"id": name, "name": name.title(), "api_pattern": ".*", "models": list(models)}


FILE: list[dict[str, Any]] = [
    provider(
        model("old"),
        model("dated", prices=[
            {"prices": {"input_mtok": 1, "output_mtok": 4}},
            {"constraint": {"start_date": "2026-06-01"}, "prices": {"input_mtok": 2, "output_mtok": 8}},
        ]),
        model("tiered", prices={"input_mtok": {"base": 2, "tiers": [{"start": 200_000, "price": 4}]}, "output_mtok": 10}),
    )
]  # fmt: skip


def encoded(raw: Any) -> bytes:
    return json.dumps(raw).encode()


def read(raw: Any) -> Catalog:
    return Catalog(read_prices(encoded(raw), "uploaded", "a file"))


def changed(**given: Any) -> list[dict[str, Any]]:
    """The file with its first model's prices changed."""
    raw = deepcopy(FILE)
    raw[0]["models"][0]["prices"] |= given
    return raw


def test_a_newer_file_gives_a_diff() -> None:
    newer = deepcopy(FILE)
    newer[0]["models"][0]["prices"]["input_mtok"] = 3
    newer[0]["models"][1]["prices"].append({"constraint": {"start_date": "2026-12-01"}, "prices": {"input_mtok": 4, "output_mtok": 8}})
    newer[0]["models"].append(model("fresh"))
    del newer[0]["models"][2]
    diff = snapshot_diff(read(FILE), read(newer), ON)
    assert (diff.added, diff.removed) == ((("acme", "fresh"),), (("acme", "tiered"),))
    told = {(r.model, r.quantity, r.from_on.date().isoformat()): (r.before_usd, r.after_usd) for r in diff.changes.itertuples()}
    assert told == {
        ("old", "usd_per_input_token", "2026-11-21"): (pytest.approx(2e-6), pytest.approx(3e-6)),
        ("dated", "usd_per_input_token", "2026-12-01"): (pytest.approx(2e-6), pytest.approx(4e-6)),
    }
    assert list(diff.of({("acme", "old")})["model"]) == ["old"]
    assert warnings(read(newer).snapshot, read(FILE).snapshot, ON) == [
        "1 of your 3 models are not in this file. Plans that use them would lose their prices."
    ]


def test_a_price_that_moves_by_less_than_a_hundredth_is_not_news() -> None:
    assert snapshot_diff(read(FILE), read(changed(input_mtok=2.01)), ON).empty
    assert len(snapshot_diff(read(FILE), read(changed(input_mtok=2.03)), ON).changes) == 1


def test_a_price_that_goes_away_is_news_and_not_a_price_of_nothing() -> None:
    raw = deepcopy(FILE)
    raw[0]["models"][0]["prices"] = {"output_mtok": 10}
    (row,) = snapshot_diff(read(FILE), read(raw), ON).changes.itertuples()
    assert (row.before_usd, row.after_usd != row.after_usd) == (pytest.approx(2e-6), True)


def test_an_older_file_says_so() -> None:
    older = deepcopy(FILE)
    older[0]["models"][1]["prices"] = {"input_mtok": 1, "output_mtok": 4}
    assert warnings(read(older).snapshot, read(FILE).snapshot, ON) == []
    january = {"constraint": {"start_date": "2026-01-01"}, "prices": {"input_mtok": 1}}
    older[0]["models"][1]["prices"] = [{"prices": {"input_mtok": 1}}, january]
    (said,) = warnings(read(older).snapshot, read(FILE).snapshot, ON)
    assert "looks older" in said
    assert "2026-01-01" in said
    assert "2026-06-01" in said


def test_the_same_file_says_so() -> None:
    assert warnings(read(FILE).snapshot, read(FILE).snapshot, ON) == ["These are the prices you already have."]


def test_an_id_is_made_of_content_alone() -> None:
    first, second = (read_prices(encoded(FILE), origin, title) for origin, title in (("uploaded", "a"), ("fetched", "b")))
    assert first.id == second.id
    assert read(changed(input_mtok=2.01)).id != first.id


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "truncated": (lambda: encoded(FILE)[:-30], "not whole JSON"),
    "cut in half": (lambda: encoded(FILE)[: len(encoded(FILE)) // 2], "not whole JSON"),
    "empty": (lambda: b"", "not whole JSON"),
    "not text": (lambda: b"\x89PNG\r\n\x1a\n\xff\xfe", "not text in UTF-8"),
    "no list": (lambda: encoded({"models": []}), "list of providers"),
    "a list of something else": (lambda: encoded([1, 2]), "list of providers"),
    "no providers": (lambda: b"[]", "empty"),
    "no models": (lambda: encoded([provider()]), "lists no models"),
    "wrong schema": (lambda: encoded([{"id": "acme", "models": [{"name": "no id"}]}]), "form of genai-prices"),
    "old schema": (lambda: encoded([{"models": {"a": 1}}]), "lists no models"),
    "negative": (lambda: encoded(changed(input_mtok=-1)), "not a price anybody charges"),
    "absurd": (lambda: encoded(changed(output_mtok=5_000_000)), "not a price anybody charges"),
    "negative tier": (
        lambda: encoded(changed(input_mtok={"base": 1, "tiers": [{"start": 10, "price": -4}]})), "not a price anybody charges"
    ),
    "not a number": (lambda: encoded(FILE).replace(b'"input_mtok": 2', b'"input_mtok": NaN', 1), "NaN"),
    "infinite": (lambda: encoded(FILE).replace(b'"input_mtok": 2', b'"input_mtok": 1e999', 1), "is not a number"),
    "a price of words": (lambda: encoded(changed(input_mtok="free")), "form of genai-prices"),
    "nested without end": (lambda: b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
    "a number without end": (lambda: encoded(FILE).replace(b'"input_mtok": 2', b'"input_mtok": ' + b"9" * 10_000, 1), "price"),
    "the same model twice": (lambda: encoded([provider(model("a"), model("a"))]), "twice"),
    "an id of control characters": (lambda: encoded([provider(model("a\u0000b"))]), "not an id"),
    "an endless id": (lambda: encoded([provider(model("a" * 5_000))]), "not an id"),
    "no price at all": (lambda: encoded([provider(model("a", prices={}))]), "no price at all"),
    "half a character": (lambda: encoded([provider(model("a\ud800"))]), "not an id"),
    "a price cut into countless periods": (
        lambda: encoded([provider(model("a", prices=[
            {"constraint": {"start_date": f"20{20 + i // 336}-{1 + i // 28 % 12:02d}-{1 + i % 28:02d}"}, "prices": {"input_mtok": i}}
            for i in range(2_100)
        ]))]),
        "far more than there are",
    ),
    "200 MB": (lambda: b" " * 200_000_000, "200 MB"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_in_one_sentence_and_changes_nothing(name: str) -> None:
    make, said = BAD[name]
    before = load_catalog().id
    with pytest.raises(InputError) as refused:
        read_prices(make(), "uploaded")
    told = str(refused.value)
    assert said in told
    assert "Nothing was changed" in told
    assert len(told) < 600
    assert load_catalog().id == before


def test_a_name_of_half_a_character_is_read_without_it() -> None:
    assert read([provider(model("a", name="A\ud800B"))]).fact("acme", "a").name == "AB"


def test_changes_are_downloaded_as_text() -> None:
    hostile = "=HYPERLINK(1)"
    dear = model(hostile, prices={"input_mtok": 9, "output_mtok": 10})
    diff = snapshot_diff(read([provider(model(hostile))]), read([provider(dear)]), ON)
    assert f",'{hostile}," in changes_csv(diff).splitlines()[1]


def test_text_in_a_file_is_only_text() -> None:
    """Scripts, formulas and links in names and comments stay what they are until a page escapes them."""
    hostile = "<script>alert(1)</script>=cmd|' /C calc'!A0"
    found = read([provider(model("a", name=hostile, price_comments=hostile))])
    assert found.fact("acme", "a").name == hostile


@pytest.fixture
def server() -> Iterator[Callable[[bytes, int], str]]:
    """A web server on this machine that answers once with what it is given."""
    running = []

    def serve(body: bytes, status: int = 200) -> str:
        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.send_header("Location", "http://127.0.0.1:1/")
                self.end_headers()
                try:
                    self.wfile.write(body)
                except (BrokenPipeError, ConnectionResetError):
                    return

            def log_message(self, *_: object) -> None:
                return

        http = HTTPServer(("127.0.0.1", 0), Answer)
        running.append(http)
        threading.Thread(target=http.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{http.server_port}/data.json"

    yield serve
    for http in running:
        http.shutdown()
        http.server_close()


def test_fetching_gives_the_file(server: Callable[..., str]) -> None:
    assert read_prices(fetch_prices(server(encoded(FILE))), "fetched").models["model"].tolist() == ["old", "dated", "tiered"]


@pytest.mark.parametrize("status", [302, 404, 500])
def test_an_answer_that_is_no_file_changes_nothing(server: Callable[..., str], status: int) -> None:
    with pytest.raises(InputError, match="could not be fetched"):
        fetch_prices(server(b"", status))


def test_an_endless_answer_is_cut_off(server: Callable[..., str]) -> None:
    with pytest.raises(InputError, match="no price file"):
        fetch_prices(server(b" " * (MOST_BYTES + 1)))


def test_no_network_is_told_with_the_way_out() -> None:
    with pytest.raises(InputError, match="upload it"):
        fetch_prices("http://127.0.0.1:9/data.json")


def test_prices_are_never_fetched_over_an_open_line() -> None:
    with pytest.raises(InputError, match="https"):
        fetch_prices("http://example.org/data.json")
