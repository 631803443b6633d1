"""Temporary."""
from dataclasses import dataclass
from functools import cache
from planner.facts import Range, assumptions
@dataclass(frozen=True)
class CheckKind:
    kind: str
    accepts_right_share: Range
    accepts_wrong_share: Range
    usd_per_check: Range|None
    check_s: Range|None
@cache
def checks():
    s=assumptions()["ttft_tail_ratio"].source
    R=lambda a,b,c: Range(a,b,c,s)
    return {"tests":CheckKind("tests",R(.95,.98,1),R(0,.03,.1),R(0,0.0005,.01),R(1,20,120)),
     "schema":CheckKind("schema",R(.97,.99,1),R(.3,.6,.9),R(0,0,0),R(0,.01,.1)),
     "model":CheckKind("model",R(.7,.8,.95),R(.15,.4,.6),None,None),
     "people":CheckKind("people",R(.95,.97,1),R(.02,.1,.2),R(.2,1,4),R(60,300,3600))}
