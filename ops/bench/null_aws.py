"""An AWS that says yes to everything at once, so that only the caller's own work is measured."""

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.handlers import BUILTIN_HANDLERS


class _Body:
    """What urllib3 would hand over."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._content


class NullAws:
    """Answers each operation alike, after a wait; `calls` counts them by name."""

    def __init__(self, answers: Mapping[str, Any], *, seconds: float) -> None:
        self.calls: Counter[str] = Counter()
        self._contents = {name: json.dumps(answer).encode() for name, answer in answers.items()}
        self._seconds = seconds

    def answer(self, *, event_name: str, request: Any, **_: Any) -> AWSResponse:
        """A handler of botocore's before-send event: what it gives is taken for the answer."""
        operation = event_name.rpartition(".")[2]
        self.calls[operation] += 1
        if self._seconds:
            time.sleep(self._seconds)
        headers = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-RequestId": "none"}
        return AWSResponse(request.url, 200, headers, _Body(self._contents.get(operation, b"{}")))


@contextmanager
def null_aws(answers: Mapping[str, Any], *, seconds: float = 0.0) -> Iterator[NullAws]:
    """Every botocore session made inside meets it; nothing leaves the process."""
    aws = NullAws(answers, seconds=seconds)
    handler = ("before-send", aws.answer)
    BUILTIN_HANDLERS.append(handler)
    try:
        yield aws
    finally:
        BUILTIN_HANDLERS.remove(handler)
