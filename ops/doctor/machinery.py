"""The links in AWS: queues and their key, functions and their code, schedules, quotas, alarms."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from ops.dead_letters import DeadLetterQueue, Dlq
from ops.deployment import STACK_NAME, Deployment
from ops.doctor.finding import Finding, looking, note, ok, wrong
from ops.doctor.policies import refused_actions

_TO_SEND = ("sqs:SendMessage", "sqs:GetQueueAttributes")
_TO_ENCRYPT = ("kms:GenerateDataKey", "kms:Decrypt")
_FUNCTIONS = ("Intake", "Sender", "Sweeper")
_POLLING = ("Intake", "Sender")
_MANY = 1000

# A new account may begin with 10 ("Understanding Lambda function scaling", AWS Lambda).
_FEW_AT_ONCE = 10
_NEEDED_AT_ONCE = 3

# "Quotas for Amazon EventBridge Scheduler": the Regions that allow 5,000 a second, not 250.
_MAIN_REGIONS = frozenset(
    {
        "us-east-1",
        "us-east-2",
        "us-west-2",
        "sa-east-1",
        "eu-central-1",
        "eu-west-1",
        "eu-west-2",
        "ap-northeast-1",
        "ap-south-1",
        "ap-southeast-1",
        "ap-southeast-2",
    }
)


def look_at_queue(deployment: Deployment) -> Iterator[Finding]:
    """Whether Amazon may send to the queue, and whether the queue is emptied."""
    attributes = _attributes(deployment, "OrderChangeQueueUrl")
    refused = refused_actions(attributes.get("Policy", "{}"), _TO_SEND)
    if refused:
        yield wrong(
            "queue policy", f"it does not allow Amazon {' and '.join(refused)}", "run make deploy"
        )
    else:
        yield ok("queue policy", "Amazon may send")
    waiting = int(attributes["ApproximateNumberOfMessages"])
    if waiting > _MANY:
        yield note(
            "queue", f"{waiting:,} notifications wait", "if it does not sink, look at Intake's log"
        )
    else:
        yield ok("queue", f"{waiting:,} notifications wait" if waiting else "nothing waits")


def look_at_key(deployment: Deployment) -> Iterator[Finding]:
    """Whether Amazon may encrypt what it sends."""
    key = _attributes(deployment, "OrderChangeQueueUrl").get("KmsMasterKeyId")
    if key is None:
        yield ok("key", "the queue has none, so Amazon needs none")
        return
    if "alias/aws/" in key:
        yield wrong("key", "it is AWS's own, which Amazon cannot use", "run make deploy")
        return
    kms = deployment.client("kms")
    with looking():
        state = kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
        policy = kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    refused = refused_actions(policy, _TO_ENCRYPT)
    if state != "Enabled":
        yield wrong(
            "key", f"its state is {state}", "enable it, or cancel its deletion, in the KMS console"
        )
    elif refused:
        yield wrong("key", f"it does not allow Amazon {' and '.join(refused)}", "run make deploy")
    else:
        yield ok("key", "Amazon may use it")


def look_at_functions(deployment: Deployment) -> Iterator[Finding]:
    """Whether the functions can run, and whether something starts them."""
    client = deployment.client("lambda")
    problems: list[tuple[str, str]] = []
    for name in _FUNCTIONS:
        problems += _problems_of(client, name, deployment.output(f"{name}FunctionName"))
    problems += _problems_of_timer(deployment)
    for problem, next_step in problems:
        yield wrong("functions", problem, next_step)
    if not problems:
        yield ok("functions", "active, and started by their queues and their timer")


def _problems_of(client: Any, name: str, function: str) -> Iterator[tuple[str, str]]:
    with looking():
        state = client.get_function_configuration(FunctionName=function).get("State", "Active")
        held = client.get_function_concurrency(FunctionName=function)
        mappings = (
            client.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
            if name in _POLLING
            else []
        )
    if state not in {"Active", "Inactive"}:  # an inactive one starts when it is needed
        yield f"{name}'s state is {state}", "run make deploy"
    if held.get("ReservedConcurrentExecutions") == 0:
        yield f"{name} is throttled to nothing", "take its reserved concurrency away in Lambda"
    if name in _POLLING and not mappings:
        yield f"{name} is not connected to its queue", "run make deploy"
    if any(each["State"] not in {"Enabled", "Enabling"} for each in mappings):
        yield f"{name}'s trigger is switched off", "enable it in the Lambda console"


def _problems_of_timer(deployment: Deployment) -> Iterator[tuple[str, str]]:
    events, client = deployment.client("events"), deployment.client("lambda")
    with looking():
        function = client.get_function_configuration(
            FunctionName=deployment.output("SweeperFunctionName")
        )
        rules = events.list_rule_names_by_target(TargetArn=function["FunctionArn"])["RuleNames"]
        states = [events.describe_rule(Name=rule)["State"] for rule in rules]
    if not states:
        yield "Sweeper has no timer", "run make deploy"
    elif "ENABLED" not in states:
        yield "Sweeper's timer is switched off", "enable its rule in the EventBridge console"


def look_at_schedules(deployment: Deployment) -> Iterator[Finding]:
    """Whether wake-ups can be planned, and how many are."""
    scheduler, group = deployment.client("scheduler"), deployment.output("ScheduleGroupName")
    with looking():
        state = scheduler.get_schedule_group(Name=group)["State"]
        pages = scheduler.get_paginator("list_schedules").paginate(GroupName=group)
        schedules = (each for page in pages for each in page["Schedules"])
        planned = sum(1 for _ in islice(schedules, _MANY))
    if state != "ACTIVE":
        yield wrong("schedules", f"their group is {state}", "run make deploy")
        return
    a_second = "5,000" if scheduler.meta.region_name in _MAIN_REGIONS else "250"
    more = " or more" if planned == _MANY else ""
    yield ok(
        "schedules",
        f"{planned:,}{more} planned (AWS allows 10 million, and {a_second} new ones a second)",
    )


def look_at_concurrency(deployment: Deployment) -> Iterator[Finding]:
    """How many functions may run at once in this account and Region."""
    with looking():
        limit = deployment.client("lambda").get_account_settings()["AccountLimit"]
    free, at_once = limit["UnreservedConcurrentExecutions"], limit["ConcurrentExecutions"]
    ask = "ask for 1,000 in the Service Quotas console (AWS Lambda, Concurrent executions)"
    if free < _NEEDED_AT_ONCE:
        yield wrong("concurrency", f"only {free} functions may run at once here", ask)
    elif at_once <= _FEW_AT_ONCE:
        yield note(
            "concurrency",
            f"{at_once} functions may run at once in the whole account: enough for a few sellers",
            ask,
        )
    else:
        yield ok("concurrency", f"{at_once:,} functions may run at once")


def look_at_dead_letters(deployment: Deployment) -> Iterator[Finding]:
    for dlq in Dlq:
        with looking():
            count = DeadLetterQueue(deployment, dlq).count()
        if count:
            some = "1 message lies" if count == 1 else f"{count:,} messages lie"
            yield wrong(dlq.shown, f"{some} there", "dayfive redrive shows why")
        else:
            yield ok(dlq.shown, "empty")


def look_at_alarms(deployment: Deployment) -> Iterator[Finding]:
    """Whether somebody is told when an alarm begins, and whether one is on."""
    resources = [(kind, name) for _, kind, name in deployment_resources(deployment)]
    topics = [name for kind, name in resources if kind == "AWS::SNS::Topic"]
    alarms = {name for kind, name in resources if kind == "AWS::CloudWatch::Alarm"}
    if alarms:
        yield _alarms_on(deployment, alarms)
    for topic in topics:
        yield from _listeners(deployment, topic)


def deployment_resources(deployment: Deployment) -> list[tuple[str, str, str]]:
    """What the stack is made of: logical id, type and name of each. Raises NotLookedAtError."""
    with looking():
        pages = deployment.client("cloudformation").get_paginator("list_stack_resources")
        return [
            (each["LogicalResourceId"], each["ResourceType"], each.get("PhysicalResourceId", ""))
            for page in pages.paginate(StackName=STACK_NAME)
            for each in page["StackResourceSummaries"]
        ]


def _alarms_on(deployment: Deployment, alarms: set[str]) -> Finding:
    with looking():
        pages = deployment.client("cloudwatch").get_paginator("describe_alarms")
        on = [
            each["AlarmName"]
            for page in pages.paginate(StateValue="ALARM")
            for each in page["MetricAlarms"]
            if each["AlarmName"] in alarms
        ]
    if on:
        return wrong("alarms", f"on: {', '.join(on)}", "docs/runbook.md says what to do")
    return ok("alarms", f"none of {len(alarms)} is on")


def _listeners(deployment: Deployment, topic: str) -> Iterator[Finding]:
    with looking():
        pages = deployment.client("sns").get_paginator("list_subscriptions_by_topic")
        subscriptions = [
            each for page in pages.paginate(TopicArn=topic) for each in page["Subscriptions"]
        ]
    unconfirmed = [
        each["Endpoint"]
        for each in subscriptions
        if each["SubscriptionArn"] == "PendingConfirmation"
    ]
    for endpoint in unconfirmed:
        yield wrong(
            "alarm e-mail",
            f"{endpoint} has not confirmed",
            "follow the link in AWS's e-mail, or request a new one in the SNS console",
        )
    if not subscriptions:
        yield note(
            "alarm e-mail", "nobody is told", "set alarm_email in cdk.json and run make deploy"
        )
    elif not unconfirmed:
        yield ok("alarm e-mail", f"confirmed by {len(subscriptions)}")


def _attributes(deployment: Deployment, output: str) -> dict[str, str]:
    with looking():
        answer = deployment.client("sqs").get_queue_attributes(
            QueueUrl=deployment.output(output), AttributeNames=["All"]
        )
    attributes: dict[str, str] = answer["Attributes"]
    return attributes
