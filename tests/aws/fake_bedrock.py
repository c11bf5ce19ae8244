"""Bedrock's control plane where moto has none: a server that keeps to the documented limits.

What it answers is proven against botocore's model of the service before it is sent. Of which account a request
is, moto's STS knows by its access key; of which region, the signature says.
"""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import botocore.session
from botocore.validate import ParamValidator
from moto.iam.models import get_account_id_from

Place = tuple[str, str]  # account, region
SERVICE = botocore.session.get_session().get_service_model("bedrock")
ROUTES = {
    (SERVICE.operation_model(name).http["method"], SERVICE.operation_model(name).http["requestUri"]): name
    for name in (
        "ListInferenceProfiles",
        "ListProvisionedModelThroughputs",
        "ListTagsForResource",
        "GetModelInvocationLoggingConfiguration",
    )
}
STATUS = {"AccessDeniedException": 403, "ThrottlingException": 429, "UnrecognizedClientException": 403}
SCOPE = re.compile(r"Credential=(?P<key>[^/]+)/\d+/(?P<region>[^/]+)/")


class RefusedError(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Estate:
    """What one account has in one region."""

    profiles: list[dict[str, Any]] = field(default_factory=list)
    throughputs: list[dict[str, Any]] = field(default_factory=list)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)  # by ARN
    logging: dict[str, Any] | None = None


@dataclass
class Bedrock:
    """`page` bounds what one answer holds: AWS may always return less than it was asked for. `faults` are told
    instead of answers: an operation, or "*", in a place -> AWS's codes, one a request; None is for ever."""

    page: int = 1000
    url: str = ""
    estates: dict[Place, Estate] = field(default_factory=dict)
    faults: dict[tuple[Place, str], tuple[str, int | None]] = field(default_factory=dict)
    asked: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # account, region, operation
    lock: Any = field(default_factory=threading.Lock)

    def at(self, account: str, region: str) -> Estate:
        return self.estates.setdefault((account, region), Estate())

    def profile(
        self, account: str, region: str, identity: str, *models: str, kind: str = "APPLICATION", **tags: str
    ) -> str:
        """Make an inference profile of these model ids. Returns its ARN."""
        segment = "application-inference-profile" if kind == "APPLICATION" else "inference-profile"
        arn = f"arn:aws:bedrock:{region}:{account}:{segment}/{identity}"
        estate = self.at(account, region)
        estate.profiles.append(
            {
                "inferenceProfileName": f"name of {identity}",
                "inferenceProfileArn": arn,
                "inferenceProfileId": identity,
                "models": [{"modelArn": f"arn:aws:bedrock:{region}::foundation-model/{m}"} for m in models],
                "status": "ACTIVE",
                "type": kind,
                "createdAt": datetime(2026, 1, 2, 3, 4, 5),
            }
        )
        estate.tags[arn] = tags
        return arn

    def throughput(
        self, account: str, region: str, identity: str, model: str, *, units: int = 1, **tags: str
    ) -> str:
        """Buy model units for six months. `identity` has twelve characters, as AWS's have. Returns the ARN."""
        arn = f"arn:aws:bedrock:{region}:{account}:provisioned-model/{identity}"
        foundation = f"arn:aws:bedrock:{region}::foundation-model/{model}"
        estate = self.at(account, region)
        estate.throughputs.append(
            {
                "provisionedModelName": f"name-of-{identity}",
                "provisionedModelArn": arn,
                "modelArn": foundation,
                "desiredModelArn": foundation,
                "foundationModelArn": foundation,
                "modelUnits": units,
                "desiredModelUnits": units,
                "status": "InService",
                "commitmentDuration": "SixMonths",
                "commitmentExpirationTime": datetime(2027, 1, 1),
                "creationTime": datetime(2026, 7, 1),
                "lastModifiedTime": datetime(2026, 7, 1),
            }
        )
        estate.tags[arn] = tags
        return arn

    def delete(self, arn: str) -> None:
        for estate in self.estates.values():
            estate.profiles = [one for one in estate.profiles if one["inferenceProfileArn"] != arn]
            estate.throughputs = [one for one in estate.throughputs if one["provisionedModelArn"] != arn]
            estate.tags.pop(arn, None)

    def fail(
        self, account: str, region: str, code: str, operation: str = "*", times: int | None = None
    ) -> None:
        self.faults[(account, region), operation] = (code, times)

    def heal(self) -> None:
        self.faults.clear()

    def answer(self, operation: str, place: Place, arguments: dict[str, Any]) -> dict[str, Any]:
        with self.lock:
            self.asked[(*place, operation)] += 1
            self._refuse(operation, place)
        _prove(SERVICE.operation_model(operation).input_shape, arguments)
        estate = self.estates.get(place, Estate())
        match operation:
            case "ListInferenceProfiles":
                kind = arguments.get("typeEquals", "SYSTEM_DEFINED")
                profiles = [one for one in estate.profiles if one["type"] == kind]
                return self._paged("inferenceProfileSummaries", profiles, arguments)
            case "ListProvisionedModelThroughputs":
                return self._paged("provisionedModelSummaries", estate.throughputs, arguments)
            case "ListTagsForResource":
                if arguments["resourceARN"] not in estate.tags:
                    raise RefusedError("ResourceNotFoundException", "there is no such resource")
                tags = estate.tags[arguments["resourceARN"]]
                return {"tags": [{"key": key, "value": value} for key, value in tags.items()]}
            case _:
                return {} if estate.logging is None else {"loggingConfig": estate.logging}

    def _refuse(self, operation: str, place: Place) -> None:
        for name in (operation, "*"):
            code, left = self.faults.get((place, name), ("", 0))
            if left != 0 and code:
                self.faults[place, name] = (code, None if left is None else left - 1)
                raise RefusedError(code, f"not this time: {operation}")

    def _paged(self, member: str, items: list[Any], arguments: dict[str, Any]) -> dict[str, Any]:
        size = min(self.page, arguments.get("maxResults", self.page))
        start = int(arguments.get("nextToken", "0").removeprefix("from-"))
        more = {"nextToken": f"from-{start + size}"} if start + size < len(items) else {}
        return {member: items[start : start + size]} | more


def _arguments(operation: str | None, query: dict[str, list[str]]) -> dict[str, Any]:
    """The members that a query string holds, by the names and in the types of AWS's model."""
    shape = SERVICE.operation_model(operation).input_shape if operation else None
    members = shape.members if shape is not None else {}
    wire = {member.serialization.get("name", name): (name, member) for name, member in members.items()}
    known = {name: (*wire.get(name, (name, None)), values[0]) for name, values in query.items()}
    return {
        name: int(value) if member is not None and member.type_name == "integer" else value
        for name, member, value in known.values()
    }


def _prove(shape: Any, value: dict[str, Any]) -> None:
    faults = ParamValidator().validate(value, shape)
    if faults.has_errors():
        raise RefusedError("ValidationException", faults.generate_report())


@contextmanager
def serving(bedrock: Bedrock) -> Iterator[Bedrock]:
    """Its `url` is for AWS_ENDPOINT_URL_BEDROCK, as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # or every answer waits 40 ms
        wbufsize = -1

        def do_GET(self) -> None:
            split = urlsplit(self.path)
            operation = ROUTES.get(("GET", split.path))
            self._respond(operation, _arguments(operation, parse_qs(split.query)))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._respond(ROUTES.get(("POST", self.path)), json.loads(body))

        def _respond(self, operation: str | None, arguments: dict[str, Any]) -> None:
            scope = SCOPE.search(self.headers["Authorization"])
            assert scope is not None
            place = (get_account_id_from(scope["key"]), scope["region"])
            try:
                if operation is None:
                    raise RefusedError("UnknownOperationException", self.path)
                answer = bedrock.answer(operation, place, arguments)
                _prove(SERVICE.operation_model(operation).output_shape, answer)
                self._send(200, answer)
            except RefusedError as exc:
                self._send(STATUS.get(exc.code, 400), {"message": str(exc)}, exc.code)

        def _send(self, status: int, answer: dict[str, Any], fault: str | None = None) -> None:
            body = json.dumps(answer, default=lambda at: at.isoformat() + "Z").encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            if fault:
                self.send_header("x-amzn-ErrorType", fault)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    bedrock.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield bedrock
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
