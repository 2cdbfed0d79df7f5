"""How a finding of cdk-nag that is left as it is gets its reason, beside what it is about."""

import aws_cdk as cdk
from constructs import IConstruct


def acknowledge(construct: IConstruct, finding: str, reason: str) -> None:
    """A finding of the pack AwsSolutions about this construct or one inside it."""
    id = f"AwsSolutions::{finding}"
    cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=id, reason=reason))


def acknowledge_pattern(construct: IConstruct, arn: str, reason: str) -> None:
    """That its policies name resources by this pattern and not one by one."""
    _, parts = cdk.Stack.of(construct).resolve(arn)["Fn::Join"]
    written = "".join(part if isinstance(part, str) else f"<{part['Ref']}>" for part in parts)
    acknowledge(construct, f"AwsSolutions-IAM5[Resource::{written}]", reason)
