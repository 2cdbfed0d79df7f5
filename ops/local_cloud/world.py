"""What every part of the local cloud shares: time, what is to come, and chance."""

from dataclasses import dataclass
from random import Random

from ops.local_cloud.agenda import Agenda
from ops.local_cloud.behaviour import Behaviour
from ops.local_cloud.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    clock: Clock
    agenda: Agenda
    behaviour: Behaviour
    seed: int

    def chance(self, part: str) -> Random:
        """One source for each part, so that more of one changes nothing of another."""
        return Random(f"{self.seed} {part}")
