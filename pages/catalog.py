"""Catalog: which models, prices and hardware are there; from where, and how fresh?"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from pages.ui import (
    catalog_conflicts,
    catalog_hardware,
    catalog_modality,
    catalog_models,
    catalog_own,
    catalog_snapshots,
    catalog_tuning,
    state,
)

TABS: Mapping[str, Callable[[], None]] = {
    "Models": catalog_models.draw_models,
    "Your models and terms": catalog_own.draw_own,
    "Open models and GPUs": catalog_hardware.draw_hardware,
    "Tuning and training": catalog_tuning.draw_tuning,
    "Images, sound, video": catalog_modality.draw_modality,
    "Disagreements": catalog_conflicts.draw_conflicts,
    "Snapshots": catalog_snapshots.draw_snapshots,
}

catalog_models.style()
st.title("Catalog", anchor=False)
catalog_models.answer()
first = state.asked("tab")
tabs = st.tabs(list(TABS), default=first if first in TABS else None, key="catalog_tabs", on_change="rerun")
for tab, draw in zip(tabs, TABS.values(), strict=True):
    if tab.open:
        with tab:
            draw()
