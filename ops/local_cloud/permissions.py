"""Who may do what by the roles and policies of the template, as moto has stored them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from botocore.exceptions import ClientError
from moto.awslambda.utils import get_backend
from moto.iam.models import Role, iam_backends
from moto.kms.models import kms_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sqs.models import sqs_backends

from ops.local_cloud.calls import Call, Phase
from ops.local_cloud.policies import Statement, is_allowed, statements_of
from ops.local_cloud.queues import LocalQueue

SCHEDULER = "scheduler.amazonaws.com"

Need = tuple[str, str]  # an action and the resource it is done to


def polling_needs(queue: LocalQueue) -> list[Need]:
    """Of a function's role ("Configuring an SQS queue to use with Lambda")."""
    actions = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
    key = queue.kms_master_key_id
    decrypt = [("kms:Decrypt", key)] if key else []
    return [(action, queue.queue_arn) for action in actions] + decrypt


def sending_needs(queue: LocalQueue) -> list[Need]:
    """Of a sender from elsewhere ("Key management", SQS Developer Guide)."""
    key = queue.kms_master_key_id
    encrypt = [("kms:GenerateDataKey", key), ("kms:Decrypt", key)] if key else []
    return [("sqs:SendMessage", queue.queue_arn), *encrypt]


class Permissions:
    """Asked by whoever acts: the calls of a function, the pollers, schedules, rules and SP-API."""

    def __init__(self, account: str, region: str) -> None:
        self.roles: dict[str, str] = {}
        """The ARN of each function's role, by the function's name."""
        self._account = account
        self._region = region
        self._answers: dict[tuple[str, str, str], bool] = {}

    def check(self, call: Call) -> None:
        """A hook of the calls: refuses what the function's role does not allow."""
        if call.phase is not Phase.BEFORE:
            return
        role = self.roles[call.function]
        for action, resource in self.needs(call):
            if not self.role_may(role, action, resource):
                text = f"{role} is not authorized to perform: {action} on resource: {resource}"
                error = {"Code": "AccessDeniedException", "Message": text}
                answer = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": 400}}
                raise ClientError(answer, call.operation)

    def needs(self, call: Call) -> Iterable[Need]:
        """What a function's role must allow for this call of the function's."""
        given = call.parameters
        match call.service, call.operation:
            case "dynamodb", "TransactWriteItems":
                return [
                    (f"dynamodb:{kind}Item", self._arn("dynamodb", f"table/{one['TableName']}"))
                    for item in given["TransactItems"]
                    for kind, one in item.items()
                ]
            case "dynamodb", operation if "TableName" in given:
                index = f"/index/{given['IndexName']}" if "IndexName" in given else ""
                table = self._arn("dynamodb", f"table/{given['TableName']}{index}")
                return [(f"dynamodb:{operation}", table)]
            case "sqs", operation if "QueueUrl" in given:
                name = given["QueueUrl"].rsplit("/", 1)[-1]
                queue = sqs_backends[self._account][self._region].queues.get(name)
                if operation.startswith("SendMessage") and isinstance(queue, LocalQueue):
                    return sending_needs(queue)
                return [(f"sqs:{operation.removesuffix('Batch')}", self._arn("sqs", name))]
            case "scheduler", operation if "Name" in given:
                name = f"schedule/{given.get('GroupName', 'default')}/{given['Name']}"
                role = given.get("Target", {}).get("RoleArn")
                passed = [("iam:PassRole", role)] if role else []
                return [(f"scheduler:{operation}", self._arn("scheduler", name)), *passed]
            case "secretsmanager", operation if "SecretId" in given:
                return [(f"secretsmanager:{operation}", self._secret(given["SecretId"]))]
        return [(f"{call.service}:{call.operation}", "*")]

    def role_may(self, role: str, action: str, resource: str) -> bool:
        question = role, action, resource
        if question not in self._answers:
            self._answers[question] = is_allowed(self._policies(role), action, resource)
        return self._answers[question]

    def service_may(self, source: str, action: str, resource: str) -> bool:
        """Whether a resource lets the service of `source` act on it, for that source."""
        service = source.split(":")[2]
        return is_allowed(
            self._resource_policy(resource),
            action,
            resource,
            principal=f"{service}.amazonaws.com",
            source=source,
        )

    def account_may(self, account: str, action: str, resource: str) -> bool:
        principal = f"arn:aws:iam::{account}:root"
        policy = self._resource_policy(resource)
        return is_allowed(policy, action, resource, principal=principal)

    def scheduler_may_assume(self, role: str, group: str) -> bool:
        """The trust names the schedule group, not the schedule ("Confused deputy", Scheduler)."""
        trust = statements_of(self._role(role).assume_role_policy_document)
        allowed = partial(is_allowed, trust, "sts:AssumeRole", "*")
        return allowed(principal=SCHEDULER, source=group)

    def _policies(self, arn: str) -> Iterator[Statement]:
        for document in self._role(arn).policies.values():
            yield from statements_of(document)

    def _role(self, arn: str) -> Role:
        return iam_backends[self._account]["aws"].get_role_by_arn(arn)

    def _resource_policy(self, resource: str) -> Iterable[Statement]:
        name = resource.rsplit(":", 1)[-1]
        match resource.split(":")[2]:
            case "lambda":
                functions = get_backend(self._account, self._region)
                return functions.get_function(name).policy.statements
            case "sqs":
                queues = sqs_backends[self._account][self._region].queues
                policy = queues[name].policy if name in queues else None
                return statements_of(policy) if policy else []
            case "kms":
                keys = kms_backends[self._account][self._region].keys
                return statements_of(keys[name.rsplit("/", 1)[-1]].policy)
        return []

    def _arn(self, service: str, rest: str) -> str:
        return f"arn:aws:{service}:{self._region}:{self._account}:{rest}"

    def _secret(self, name: str) -> str:
        if name.startswith("arn:"):
            return name
        secrets = secretsmanager_backends[self._account][self._region].secrets
        secret = secrets.get(name)
        return secret.arn if secret else self._arn("secretsmanager", f"secret:{name}-absent")
