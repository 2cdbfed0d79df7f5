"""Nothing private leaves its place, in any run of the sweep: and a leak anywhere would be seen."""

from pathlib import Path

import pytest

from ops.sweep.runner import Runner
from tests.e2e.test_crash_sweep import find, spoilt

READ_SECRET = (
    '__import__("boto3").client("secretsmanager")'
    '.get_secret_value(SecretId="dayfive/app")["SecretString"]'
)


@pytest.mark.parametrize(
    ("where", "module", "right", "wrong"),
    [
        pytest.param(
            "log",
            "intake.py",
            'change = parse_notification(record["body"])',
            'self._telemetry.info("read", body=record["body"]); '
            'change = parse_notification(record["body"])',
            id="a postal code in the log",
        ),
        pytest.param(
            "exception",
            "access.py",
            "self._proven = True",
            "self._proven = True; raise RuntimeError("
            "self._credentials.get(self._seller_id, self._region).client_secret)",
            id="a client secret in the text of an exception",
        ),
        pytest.param(
            "table",
            "spapi/solicitations.py",
            "return reply.request_id",
            "return self._client._token_source.token()",
            id="an access token in the table",
        ),
        pytest.param(
            "sqs SendMessage",
            "aws/wake_up_queue.py",
            'json.dumps({"seller_id": seller_id, "region": str(region)})',
            f'json.dumps({{"seller_id": seller_id, "region": str(region), "x": {READ_SECRET}}})',
            id="a client secret in a queue",
        ),
        pytest.param(
            "metric",
            "creating.py",
            'self._telemetry.count("SolicitationsSent")',
            'self._telemetry.count("Atza%7C" + request_id)',
            id="an access token in a metric's name",
        ),
        pytest.param(
            "log",
            "access.py",
            "refresh_token=stored.refresh_token,\n        )",
            "refresh_token=stored.refresh_token,\n        )\n"
            '        self._telemetry.info("open", token=stored.refresh_token.partition("|")[2])',
            id="half a refresh token in the log",
        ),
    ],
)
def test_a_leak_is_seen(tmp_path: Path, where: str, module: str, right: str, wrong: str) -> None:
    with Runner(spoilt(tmp_path, module, right, wrong)) as runner:
        run = runner.run(find("more due"))

    assert any(fault.startswith(f"{where}: ") for fault in run.broken), run
