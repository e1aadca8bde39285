"""Deadlines of a case: reckoned when something happens, from its own scheme and its rank."""

from __future__ import annotations

from datetime import datetime, timedelta

from tongxin.methods.schemes.scheme import Minutes, Scheme, State

from ..models import Case
from ..schemes import scheme_in_words


def scheme_for(case: Case) -> Scheme:
    """Return the scheme a case was promised, whatever the school's is today, in the words of the page."""
    return scheme_in_words(case.scheme)


def state_of(case: Case) -> State:
    return scheme_for(case).state_by_id[case.state]


def after(scheme: Scheme, clock: Minutes, rank: int, now: datetime) -> datetime | None:
    minutes = scheme.minutes(clock, rank)
    return None if minutes is None else now + timedelta(minutes=minutes)


def enter(case: Case, state: State, rank: int, now: datetime) -> None:
    """Set a case into a state with its deadlines; the caller saves it."""
    scheme = scheme_for(case)
    case.state, case.phase, case.state_since = state.id, Case.Phase(state.phase), now
    case.due_at = after(scheme, state.within, rank, now) if state.within else None
    if not state.follow:
        case.follow_due = None
    elif case.follow_due is None:
        case.follow_due = after(scheme, scheme.follow, rank, now)
    case.closed_at = now if case.phase == Case.Phase.CLOSED else None


def hurry(case: Case, rank: int, now: datetime) -> None:
    """Begin the clocks anew for something new or worse; nothing that was promised sooner becomes later."""
    scheme, state = scheme_for(case), state_of(case)
    case.due_at = _sooner(case.due_at, after(scheme, state.within, rank, now) if state.within else None)
    if state.follow:
        case.follow_due = _sooner(case.follow_due, after(scheme, scheme.follow, rank, now))


def reckon(case: Case, rank: int, now: datetime) -> None:
    """Begin the clock of follow-ups anew after one was made, or after a person has set the rank."""
    scheme, state = scheme_for(case), state_of(case)
    if state.follow:
        case.follow_due = after(scheme, scheme.follow, rank, now)


def _sooner(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((each for each in (one, other) if each is not None), default=None)
