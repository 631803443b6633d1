"""The launcher: `python app.py`, `streamlit run app.py` and `uvicorn app:app` all start the same product.

The shell is a script inside pages/, not this file: a router beside a pages/ folder would let a cold deep link run a page without it.
"""

from __future__ import annotations

import os

# Our matrices are small: several threads of linear algebra only wait for each other, on a busy machine ten times as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ROOT = Path(__file__).resolve().parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

# Nothing may be fetched from, or sent to, anywhere but this server.
CONTENT_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws: wss: data: blob:; worker-src 'self' blob:; "
    "frame-ancestors 'self'; object-src 'none'; base-uri 'self'"
)
HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"content-security-policy", CONTENT_POLICY.encode()),
]


class SecurityHeaders:
    """Adds the same protective headers to every answer, pages and routes alike."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *HEADERS]
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


async def ready(_: Request) -> JSONResponse:
    """True once the store answers; the health route of the server itself never runs our code."""
    from planner.store import open_store

    try:
        await run_in_threadpool(lambda: open_store().ping())
    except Exception:
        return JSONResponse({"ready": False}, status_code=503)
    return JSONResponse({"ready": True})


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[dict[str, Any]]:
    # Imports and facts are loaded before the first visitor, then left out of every later garbage collection.
    import pandas  # noqa: F401
    import plotly.graph_objects  # noqa: F401

    from planner import load_catalog
    from planner.catalogs import Catalogs
    from planner.store import open_store

    load_catalog()
    store = open_store()
    store.migrate()
    Catalogs(store).start()
    gc.collect()
    gc.freeze()
    try:
        yield {}
    finally:
        store.close()


app = st.App(
    ROOT / "pages" / "_shell.py",
    lifespan=lifespan,
    routes=[Route("/api/ready", ready)],
    middleware=[Middleware(SecurityHeaders)],
)

if __name__ == "__main__":
    from planner.errors import InputError
    from planner.store import open_store

    try:
        open_store()
    except InputError as error:
        raise SystemExit(f"Fitting Room cannot start. {error}") from None
    # Started like this, Streamlit reads its configuration file but not its STREAMLIT_… variables.
    asked = {"server.port": os.environ.get("FITTING_ROOM_PORT"), "server.address": os.environ.get("FITTING_ROOM_ADDRESS")}
    app.run(config={name: int(value) if name == "server.port" else value for name, value in asked.items() if value})
