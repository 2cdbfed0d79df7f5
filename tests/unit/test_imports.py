"""Which way imports run: the core knows nobody, infra and the functions never meet."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]

# What a file may import besides the standard library; the longest matching path decides.
MAY_IMPORT = {
    "lambdas/core/": {"lambdas.core"},
    "lambdas/spapi/": {"lambdas.core", "lambdas.spapi", "httpx"},
    "lambdas/aws/": {"lambdas.core", "lambdas.aws", "boto3", "botocore"},
    "lambdas/": {"lambdas", "httpx", "aws_lambda_powertools"},
    "lambdas/wiring.py": {"lambdas", "httpx", "boto3", "botocore"},
    "infra/": {"infra", "aws_cdk", "constructs", "jsii"},
    "app.py": {"infra", "aws_cdk"},
    "ops/": {"ops", "lambdas", "httpx", "boto3", "botocore", "typer", "rich"},
    "ops/local_cloud/": {"ops", "lambdas", "boto3", "botocore", "moto", "time_machine"},
    "ops/bench/": {"ops", "lambdas", "httpx", "boto3", "botocore", "moto", "rich"},
    "ops/demo": {"ops", "lambdas", "httpx", "boto3", "botocore", "moto", "typer", "rich"},
}
NO_CLOCK_NO_ENVIRONMENT = {"time", "os", "sys", "logging", "random", "socket", "subprocess"}


def test_every_import_runs_the_allowed_way() -> None:
    wrong = [
        f"{path} imports {module}"
        for path in _sources()
        for module in _imports(path)
        if not _is_within(module, MAY_IMPORT[_rule(path)] | sys.stdlib_module_names)
    ]

    assert wrong == []


def test_the_core_reads_neither_clock_nor_environment() -> None:
    wrong = [
        f"{path} imports {module}"
        for path in _sources()
        if path.startswith("lambdas/core/")
        for module in _imports(path)
        if _is_within(module, NO_CLOCK_NO_ENVIRONMENT)
    ]

    assert wrong == []


def _sources() -> list[str]:
    files = [ROOT / "app.py", *(f for top in ("lambdas", "infra", "ops") for f in _python(top))]
    return [file.relative_to(ROOT).as_posix() for file in files]


def _python(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def _rule(path: str) -> str:
    return max((prefix for prefix in MAY_IMPORT if path.startswith(prefix)), key=len)


def _imports(path: str) -> Iterator[str]:
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = path.split("/")[: -node.level] if node.level else []
            module = ".".join([*package, node.module] if node.module else package)
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _is_within(module: str, allowed: set[str] | frozenset[str]) -> bool:
    parts = module.split(".")
    return any(".".join(parts[:length]) in allowed for length in range(1, len(parts) + 1))
