"""A simulator of what DayFive uses of Amazon's Selling Partner API."""

from ops.simulator.faults import Fault as Fault
from ops.simulator.faults import FaultKind as FaultKind
from ops.simulator.ledger import LedgerEntry as LedgerEntry
from ops.simulator.orders import Listing as Listing
from ops.simulator.orders import Purchase as Purchase
from ops.simulator.orders import SimulatedOrder as SimulatedOrder
from ops.simulator.server import Server as Server
from ops.simulator.server import serve as serve
from ops.simulator.simulator import Simulator as Simulator
from ops.simulator.solicitations import Garbling as Garbling
