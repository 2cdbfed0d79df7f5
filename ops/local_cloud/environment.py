"""A Lambda execution environment: modules, variables and output of its own, within one process."""

from __future__ import annotations

import importlib
import io
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

Handler = Callable[[Any, Any], Any]

PASSED_ON = ("PATH", "LANG", "SSL_CERT_FILE", "SSL_CERT_DIR")  # of the laptop, not of the function


class ExecutionEnvironment:
    """One cold start: the handler's package is imported anew, and stays for the warm runs."""

    def __init__(
        self, handler: str, code: Path, variables: Mapping[str, str], *, born: datetime
    ) -> None:
        self.born = self.last_used = born
        self._family = handler.split(".", 1)[0]
        self._code = str(code)
        self._variables = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        self._variables |= variables
        self._modules: dict[str, ModuleType] = {}
        self._loggers = logging.Manager(logging.root)
        self._output = io.StringIO()
        self._handler = handler
        self._callable: Handler | None = None

    def call(self, event: Any, context: object) -> Any:
        """Initialises on the first call, as a failed initialisation is tried again on the next."""
        with self._active():
            if self._callable is None:
                _forget_powertools()
                module, _, name = self._handler.rpartition(".")
                self._callable = getattr(importlib.import_module(module), name)
            return self._callable(event, context)

    def drain(self) -> list[str]:
        """What was printed since it was last asked."""
        printed = self._output.getvalue().splitlines()
        self._output.seek(0)
        self._output.truncate()
        return printed

    @contextmanager
    def _active(self) -> Iterator[None]:
        outer_variables = dict(os.environ)
        outer_manager = logging.Logger.manager
        outer_modules = self._take_out()
        sys.path.insert(0, self._code)
        sys.modules.update(self._modules)
        count = len(sys.modules)
        _set_environ(self._variables)
        logging.Logger.manager = self._loggers
        try:
            with redirect_stdout(self._output), redirect_stderr(self._output):
                yield
        finally:
            logging.Logger.manager = outer_manager
            _set_environ(outer_variables)
            sys.path.remove(self._code)
            if len(sys.modules) != count:
                self._modules = self._take_out()
            for name in self._modules:
                sys.modules.pop(name, None)
            sys.modules.update(outer_modules)

    def _take_out(self) -> dict[str, ModuleType]:
        """Of the process itself, which may use the handlers' package too, or of a run outside."""
        if self._family not in sys.modules:
            return {}
        inside = f"{self._family}."
        alike = [name for name in sys.modules if name.startswith(self._family)]
        names = [name for name in alike if f"{name}.".startswith(inside)]
        return {name: sys.modules.pop(name) for name in names}


def _set_environ(variables: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(variables)


def _forget_powertools() -> None:
    """Powertools keeps in classes and modules what in Lambda belongs to one environment."""
    if metrics := sys.modules.get("aws_lambda_powertools.metrics.metrics"):
        for name in ("_metrics", "_dimensions", "_metadata", "_default_dimensions"):
            setattr(metrics.Metrics, name, {})
    for name in ("logging.logger", "metrics.provider.cold_start"):
        if module := sys.modules.get(f"aws_lambda_powertools.{name}"):
            vars(module)["is_cold_start"] = True
