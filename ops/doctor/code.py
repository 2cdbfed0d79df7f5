"""Whether the functions run the code that lies beside this command."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import httpx

import lambdas
from ops.deployment import Deployment
from ops.doctor.finding import Finding, looking, ok, unknown, wrong

_FUNCTIONS = ("IntakeFunctionName", "SenderFunctionName", "SweeperFunctionName")
_SHOWN = 3

# The package's address lets its reader in by a signature ("Sharing objects with presigned URLs").
_SIGNED = "X-Amz-Signature="


def look_at_code(deployment: Deployment, http: httpx.Client) -> Iterator[Finding]:
    """Compare file by file; the package of one function is read, for they share it."""
    client = deployment.client("lambda")
    with looking():
        answers = [client.get_function(FunctionName=deployment.output(name)) for name in _FUNCTIONS]
    if len({each["Configuration"]["CodeSha256"] for each in answers}) > 1:
        yield wrong("code", "the functions do not all run the same code", "run make deploy")
        return
    location = answers[0]["Code"].get("Location", "")
    if _SIGNED not in location:
        yield unknown("code", "not compared (AWS gives no address for the package)")
        return
    try:
        deployed = _deployed(location, http)
    except (httpx.HTTPError, httpx.InvalidURL, BadZipFile) as error:
        yield unknown("code", f"not compared ({type(error).__name__} while reading the package)")
        return
    here = _here()
    names = sorted({*here, *deployed})
    other = [name for name in names if here.get(name) != deployed.get(name)]
    if other:
        some = f"{', '.join(other[:_SHOWN])}{' and more' if other[_SHOWN:] else ''}"
        yield wrong(
            "code",
            f"the functions run other code than is here ({some})",
            "run make deploy, or bring this copy up to date",
        )
    else:
        yield ok("code", "the functions run what is here")


def _deployed(location: str, http: httpx.Client) -> dict[str, bytes]:
    """The package behind AWS's short-lived address, which is a credential: it is never shown."""
    package = http.get(location).raise_for_status().content
    with ZipFile(BytesIO(package)) as archive:
        return {
            name: archive.read(name)
            for name in archive.namelist()
            # Compiled files depend on who deployed, and serve only the source whose hash they hold.
            if name.startswith("lambdas/") and "__pycache__" not in name
        }


def _here() -> dict[str, bytes]:
    folder = Path(str(lambdas.__file__)).parent
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder.parent).as_posix(): path.read_bytes()
        for path in files
        if "__pycache__" not in path.parts
    }
