"""The synthesised template, run on moto in one process on a clock moved by hand.

What it leaves out, and so cannot show: functions running side by side, pollers that back off after
errors, throttling, a schedule's ClientToken and retries, cron expressions, the 120,000 messages a
FIFO queue looks ahead, alarms that change state, and conditions of policies other than
`aws:SourceArn`.
"""

from ops.local_cloud.behaviour import CALM as CALM
from ops.local_cloud.behaviour import Behaviour as Behaviour
from ops.local_cloud.calls import Call as Call
from ops.local_cloud.calls import Phase as Phase
from ops.local_cloud.cloud import LocalCloud as LocalCloud
from ops.local_cloud.cloudformation import extend_cloudformation as extend_cloudformation
from ops.local_cloud.template import synthesise as synthesise
