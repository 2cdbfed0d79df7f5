"""A template as a person would write it, so that tests can compare it whole."""

import re
from typing import Any

Properties = dict[str, Any]


class ReadableStack:
    """Resources by their names without CDK's hash; references as ${Name} and ${Name.Attribute}."""

    def __init__(self, template: dict[str, Any]) -> None:
        self.resources = {_name(id): _readable(it) for id, it in template["Resources"].items()}
        self.outputs = {id: _readable(it["Value"]) for id, it in template["Outputs"].items()}

    def __getitem__(self, name: str) -> Properties:
        properties: Properties = self.resources[name]["Properties"]
        return properties

    def of_type(self, type: str) -> dict[str, Properties]:
        found = {name: it for name, it in self.resources.items() if it["Type"] == type}
        return {name: it.get("Properties", {}) for name, it in found.items()}

    def environment(self, function: str) -> dict[str, str]:
        variables: dict[str, str] = self[function]["Environment"]["Variables"]
        return variables

    def allowed(self, role: str) -> dict[str, set[str]]:
        """What the role's policies allow: actions by resource."""
        allowed: dict[str, set[str]] = {}
        for policy in self.of_type("AWS::IAM::Policy").values():
            if policy["Roles"] == [f"${{{role}}}"]:
                for statement in policy["PolicyDocument"]["Statement"]:
                    assert statement["Effect"] == "Allow"
                    for resource in as_list(statement["Resource"]):
                        allowed.setdefault(resource, set()).update(as_list(statement["Action"]))
        return allowed


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _readable(value: Any) -> Any:
    match value:
        case {"Ref": id}:
            return f"${{{_name(id)}}}"
        case {"Fn::GetAtt": [id, attribute]}:
            return f"${{{_name(id)}.{attribute}}}"
        case {"Fn::Join": [separator, parts]}:
            return separator.join(_readable(part) for part in parts)
        case {"DependsOn": list(ids), **rest}:
            return {**_readable(rest), "DependsOn": [_name(id) for id in ids]}
        case dict():
            return {key: _readable(item) for key, item in value.items()}
        case list():
            return [_readable(item) for item in value]
    return value


def _name(id: str) -> str:
    return re.sub("[0-9A-F]{8}$", "", id)
