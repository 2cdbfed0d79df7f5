"""The template's alarms, judged on a laptop by CloudWatch's documented rules."""

from ops.alarms.alarm import Alarm as Alarm
from ops.alarms.alarm import State as State
from ops.alarms.measured import Measured as Measured
from ops.alarms.watch import Watch as Watch
