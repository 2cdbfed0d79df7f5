"""AWS behind a port of this machine, for what reaches it by HTTP only, as the CDK CLI does."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from moto.core.config import default_user_config
from moto.server import ThreadedMotoServer

from ops.local_cloud import extend_cloudformation


@contextmanager
def aws_on_loopback() -> Iterator[str]:
    """An empty AWS with the types of our template; gives its URL, at a port that was free."""
    docker = default_user_config["lambda"]
    default_user_config["lambda"] = {"use_docker": False}
    extend_cloudformation()
    running = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    running.start()
    try:
        host, port = running.get_host_and_port()
        url = f"http://{host}:{port}"
        httpx.post(f"{url}/moto-api/reset").raise_for_status()
        yield url
    finally:
        running.stop()
        default_user_config["lambda"] = docker
