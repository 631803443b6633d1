"""Newer prices: fetched from genai-prices or uploaded as its data file, checked as hostile data, and never accepted by themselves."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from datetime import date
from typing import Any, NoReturn
from urllib.parse import urlsplit

import pandas as pd
from pydantic import ValidationError

from planner.catalog import prices
from planner.catalog.snapshot import Origin, Snapshot, snapshot_of
from planner.errors import InputError
from planner.problems import first_sentence

MOST_MB = 20
"""The real file has under 2 MB."""

MOST_BYTES = MOST_MB * 1_000_000

_MOST_PROVIDERS, _MOST_MODELS, _LONGEST_ID = 1_000, 50_000, 200
_MOST_PERIODS, _MOST_PERIODS_IN_ALL = 2_000, 200_000
_MOST_USD = {1_000_000: 10_000.0, 1_000: 100_000.0, 3600: 10_000.0}
"""By the units a price is printed for; the dearest real ones are a few hundred USD. More is a slip or an attack."""

_MEND = "Nothing was changed. Download prices/new_data/v2/data.json of pydantic/genai-prices again and try that."


def read_prices(data: bytes, origin: Origin, title: str = "") -> Snapshot:
    """A snapshot of a genai-prices data file (v2, JSON). Raises InputError with what is wrong; nothing else happens."""
    if len(data) > MOST_BYTES:
        raise InputError(f"The file has {len(data) / 1e6:,.0f} MB; a price file has under {MOST_MB} MB. {_MEND}")
    raw = _parsed(data)
    if not isinstance(raw, list) or not all(isinstance(each, dict) and "models" in each for each in raw):
        raise InputError(f"This is not a price file of genai-prices: it should hold a list of providers with their models. {_MEND}")
    _refuse_odd(raw)
    try:
        providers = prices.providers_from_raw(raw)
    except ValidationError as error:
        raise InputError(f"The price file does not have the form of genai-prices 0.2 (v2): {first_sentence(error)} {_MEND}") from None
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise InputError(f"The price file does not have the form of genai-prices 0.2 (v2): {str(error)[:200]}. {_MEND}") from None
    found = snapshot_of(_checked(providers), origin, title or f"genai-prices data file, {origin}")
    _refuse_absurd(found.price_points)
    return found


def fetch_prices(url: str = "", timeout_s: float = 20.0) -> bytes:
    """Download the current price file. The one place that reaches the network, and only when an admin asks."""
    import httpx2

    address = url or prices.url_of_data()
    if urlsplit(address).scheme != "https" and urlsplit(address).hostname not in ("127.0.0.1", "localhost", "::1"):
        raise InputError("Prices are fetched over https only. Set FITTING_ROOM_PRICES_URL to an https address, or upload the file.")
    try:
        with httpx2.stream("GET", address, timeout=timeout_s, follow_redirects=False) as answer:
            answer.raise_for_status()
            held = bytearray()
            for part in answer.iter_bytes():
                held += part
                if len(held) > MOST_BYTES:
                    raise InputError(f"The answer of {address} is larger than {MOST_MB} MB, so it is no price file. {_MEND}")
            return bytes(held)
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        raise InputError(
            f"The price file could not be fetched from {address} ({type(error).__name__}). Nothing was changed. "
            "Check the network, or download the file elsewhere and upload it."
        ) from None


def warnings(candidate: Snapshot, current: Snapshot, on: date) -> list[str]:
    """What a person should know before accepting a candidate: that it is older, smaller, or the same."""
    if candidate.id == current.id:
        return ["These are the prices you already have."]
    said = []
    newest = _newest_change(candidate, on), _newest_change(current, on)
    if newest[0] and newest[1] and newest[0] < newest[1]:
        said.append(
            f"This file looks older: its newest price change is of {newest[0].isoformat()}, that of your prices of {newest[1].isoformat()}."
        )
    lost = len(_keys(current) - _keys(candidate))
    if lost > 0.02 * len(current.models):
        said.append(f"{lost:,} of your {len(current.models):,} models are not in this file. Plans that use them would lose their prices.")
    return said


def _keys(snapshot: Snapshot) -> set[tuple[str, str]]:
    return set(zip(snapshot.models["provider"], snapshot.models["model"], strict=True))


def _newest_change(snapshot: Snapshot, on: date) -> date | None:
    starts = snapshot.price_points["valid_from"]
    past = starts[(starts <= pd.Timestamp(on)) & (starts > pd.Timestamp(prices.EARLIEST))]
    return None if past.empty else past.max().date()


def _parsed(data: bytes) -> Any:
    def refuse(name: str) -> NoReturn:
        raise InputError(f"The price file holds {name}, which is not a price. {_MEND}")

    try:
        return json.loads(data.decode("utf-8-sig"), parse_constant=refuse)
    except InputError:
        raise
    except UnicodeDecodeError:
        raise InputError(f"The file is not text in UTF-8, so it is no price file. {_MEND}") from None
    except json.JSONDecodeError as error:
        cut = " It seems to be cut off." if error.pos >= len(data) - 2 else ""
        raise InputError(f"The file is not whole JSON: line {error.lineno}, column {error.colno}.{cut} {_MEND}") from None
    except (RecursionError, ValueError):
        raise InputError(f"The file is not a price file: it is nested too deeply or holds numbers too long to read. {_MEND}") from None


def _refuse_odd(raw: list[dict[str, Any]]) -> None:
    """Bounds on shape before anything is built from it."""
    if not raw:
        raise InputError(f"The price file is empty. {_MEND}")
    counted = sum(len(each["models"]) if isinstance(each["models"], list) else 0 for each in raw)
    if len(raw) > _MOST_PROVIDERS or counted > _MOST_MODELS:
        raise InputError(f"The file lists {len(raw):,} providers and {counted:,} models, far more than there are. {_MEND}")
    if counted == 0:
        raise InputError(f"The price file lists no models. {_MEND}")


def _checked(providers: Iterable[prices.Provider]) -> list[prices.Provider]:
    """The same providers; ids are short, printable and unique."""
    held, seen, total = list(providers), set(), 0
    for provider in held:
        for model in provider.models:
            key = provider.id, model.id
            if not all(text and len(text) <= _LONGEST_ID and text.isprintable() for text in key):
                raise InputError(f"The price file names a model {str(key)[:80]!r}, which is not an id. {_MEND}")
            if key in seen:
                raise InputError(f"The price file lists {provider.id}/{model.id} twice. {_MEND}")
            seen.add(key)
            cut = prices.periods(model)
            total += cut
            if cut > _MOST_PERIODS or total > _MOST_PERIODS_IN_ALL:
                told = f"The price file cuts the prices of {provider.id}/{model.id} into {cut:,} periods, far more than there are."
                raise InputError(f"{told} {_MEND}")
    return held


def _refuse_absurd(points: pd.DataFrame) -> None:
    """Prices are finite, not negative, and not beyond what anybody charges."""
    if points.empty:
        raise InputError(f"The price file holds no price at all. {_MEND}")
    most = points["per"].map(lambda per: _MOST_USD.get(int(per), math.inf))
    values = points["value_usd"]
    wrong = points[~((values >= 0) & (values <= most))]
    if len(wrong):
        row = wrong.iloc[0]
        raise InputError(
            f"The price file says ${row['value_usd']:,.10g} for {int(row['per']):,} units of {row['component']} of "
            f"{row['provider']}/{row['model']}, which is not a price anybody charges. {_MEND}"
        )
