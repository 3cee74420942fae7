"""What the worker repeats for the outbox: hand over what is due, and put right what dead workers and moved clocks left behind."""

from __future__ import annotations

from dpa.alerts import delivery, queue, transports
from dpa.slice import Tick


def dispatch(tick: Tick) -> str:
    """Hand over every due message; see `dpa.alerts.delivery`."""
    return delivery.dispatch(tick, transports.transport_for(tick.settings))


def sweep(tick: Tick) -> str:
    """Free messages of dead workers and of a clock set back, and run follow-ups that failed."""
    with tick.begin(delivery.ACTOR) as unit:
        freed = queue.free_dead_leases(unit, lambda owner: queue.is_dead_here(owner, tick.worker))
        healed = queue.heal_after_step_back(unit)
    parts = [f"{freed} leases of dead workers freed"] if freed else []
    parts += [f"{healed} messages put right after the clock was set back"] if healed else []
    follow_ups = delivery.follow_up(tick)
    return ", ".join([*parts, follow_ups] if follow_ups else parts)
