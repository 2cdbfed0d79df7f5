"""A simulator of what DayFive uses of Amazon's Selling Partner API."""

from .faults import Fault as Fault
from .faults import FaultKind as FaultKind
from .ledger import LedgerEntry as LedgerEntry
from .orders import Listing as Listing
from .orders import SimulatedOrder as SimulatedOrder
from .server import Server as Server
from .server import serve as serve
from .simulator import Simulator as Simulator
from .solicitations import Garbling as Garbling
