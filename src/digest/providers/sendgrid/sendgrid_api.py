"""Makes requests to SendGrid's v3 API, and interprets its error replies (twilio.com/docs/sendgrid/api-reference)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from digest.errors import CredentialsError, ProviderError
from digest.mail import redact_addresses
from digest.providers.provider_call import NotSent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from http.client import HTTPMessage

    from digest.providers.sendgrid.keep_alive_transport import KeepAliveClient, RequestHead
    from digest.providers.sendgrid.sendgrid_settings import SendGridSettings

    ApiRequest = Callable[[KeepAliveClient], Any]

__all__ = ["CALLS_AT_ONCE", "NO_REPLY", "ApiReply", "SendGridApi", "error_messages", "error_text"]


class ApiReply(NamedTuple):
    """A reply: its status, its headers by lower-case name, and its body. Status 0 means that none was read."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def is_unclear(self) -> bool:
        """Whether the request may have had its effect although it failed: no reply, 408 or 5xx."""
        return self.status in {0, 408} or self.status >= 500

    @property
    def reason(self) -> str:
        """What went wrong in one line, without addresses."""
        return redact_addresses(f"{self.status} {error_text(self.text)}" if self.status else self.text)


#: How many calls may be under way at a time, each over a connection of its own. SendGrid allows more, and each one more
#: puts its recipients at risk when the power fails.
CALLS_AT_ONCE = 2
#: Stands for a reply that was never read.
NO_REPLY = ApiReply(0, {}, "the reply was lost")


class SendGridApi:
    """Makes requests with one account's key. It connects, and reads the key, with the first request."""

    def __init__(self, settings: SendGridSettings, *, environ: Mapping[str, str], now: Callable[[], datetime]) -> None:
        self.settings = settings
        self._environ = environ
        self._now = now
        self._client: KeepAliveClient | None = None
        self._mail_head: RequestHead | None = None

    @property
    def api_key(self) -> str:
        """The account's key.

        Raises:
            CredentialsError: It is not set, or contains characters that no key has.
        """
        name = self.settings.api_key_env
        key = self._environ.get(name, "").strip()
        if not key:
            raise CredentialsError(
                f"{name} is not set", hint=f"Create a key with Mail Send access, then: export {name}=…"
            )
        if not key.isascii() or not key.isprintable():
            raise CredentialsError(f"{name} holds a character that no key has", hint="Copy the key again.")
        return key

    def call(self, request: ApiRequest, *, lost: ApiReply | None = None) -> ApiReply:
        """Make one request.

        Args:
            request: Makes the request with the client that is passed to it.
            lost: What to return if the request left and no reply was read. Without it, this raises NotSent too.

        Raises:
            NotSent: The request did not leave, or no reply was read.
            CredentialsError: The key is not set.
        """
        # The transport imports the vendor's package, which takes a noticeable time to load.
        from digest.providers.sendgrid.keep_alive_transport import ReplyLost, Unreachable  # noqa: PLC0415 - loads SendGrid's package

        try:
            response = request(self._connected())
        except Unreachable as error:
            raise NotSent(f"cannot reach SendGrid: {error}") from None
        except ReplyLost as error:
            if lost is None:
                raise NotSent(f"SendGrid did not answer: {error}") from None
            return lost
        return ApiReply(response.status_code, _by_lower_name(response.headers), _text(response.body))

    def post_mail(self, body: bytes, *, begin: Callable[[], None]) -> Callable[[], ApiReply]:
        """POST /v3/mail/send. The reply is read later, while up to `CALLS_AT_ONCE` requests are under way.

        Args:
            body: The request's body.
            begin: Called right before the first byte leaves.

        Returns: Waits for the reply, which is `NO_REPLY` if it was lost.

        Raises:
            NotSent: The request did not leave.
            CredentialsError: The key is not set.
        """
        from digest.providers.sendgrid.keep_alive_transport import ReplyLost, Unreachable  # noqa: PLC0415 - loads SendGrid's package

        client = self._connected()
        if self._mail_head is None:
            self._mail_head = client.head(lambda client: client.mail.send.post(request_body={}))
        try:
            awaited = client.start(self._mail_head, body, begin=begin)
        except Unreachable as error:
            raise NotSent(f"cannot reach SendGrid: {error}") from None

        def reply() -> ApiReply:
            try:
                response = awaited()
            except ReplyLost:
                return NO_REPLY
            return ApiReply(response.getcode(), _by_lower_name(response.info()), _text(response.read()))

        return reply

    def ask(self, request: ApiRequest) -> ApiReply:
        """Make a request that changes nothing, so that it can be repeated; the reply is a success.

        Raises:
            NotSent: Try again later.
            CredentialsError, ProviderError: It was refused.
        """
        reply = self.call(request)
        if reply.status >= 500:
            raise NotSent(reply.reason)
        if reply.status >= 300:
            raise self.refusal(reply)
        return reply

    def get_json(self, path: str, query: Mapping[str, str]) -> tuple[ApiReply, Any]:
        """GET a path below /v3: the reply with any status but 401 and 5xx, which raise, and its JSON or None."""
        reply = self.call(lambda client: client._(path).get(query_params=dict(query)))
        if reply.status == 401 or reply.status >= 500:
            raise self.refusal(reply)
        try:
            return reply, json.loads(reply.text or "null")
        except ValueError:
            return reply, None

    def get_list(self, path: str, query: Mapping[str, int]) -> list[Any]:
        """GET a path below /v3 whose reply is a list; raises the same errors as `ask`."""
        reply = self.ask(lambda client: client._(path).get(query_params=dict(query)))
        try:
            entries = json.loads(reply.text)
        except ValueError:
            entries = None
        if not isinstance(entries, list):
            raise ProviderError(  # an empty or malformed reply does not mean that the list is empty
                f"SendGrid's reply to {path} is not a list",
                hint="Check providers.sendgrid.host, and whether a proxy or a portal answers in its place.",
            )
        return entries

    def refusal(self, reply: ApiReply) -> NotSent | CredentialsError | ProviderError:
        """The exception for an unwelcome status: 429 NotSent, 401 and 403 CredentialsError, else ProviderError."""
        message = redact_addresses(error_text(reply.text))
        if reply.status == 429:
            return NotSent(f"SendGrid's rate limit is reached: {message}", retry_after=self._wait(reply.headers))
        if reply.status == 401 and "credits" in message.lower():
            # https://support.sendgrid.com/hc/en-us/articles/35466138799899-Understanding-the-Maximum-Credits-Exceeded-error
            return CredentialsError(
                f"SendGrid's account has no credits left: {message}",
                hint="Wait until they are renewed, or upgrade the Email API plan. Then: digest send --live --resume",
            )
        if reply.status in {401, 403}:
            host = urlsplit(self.settings.host).hostname or ""
            other = {"api.sendgrid.com": "api.eu.sendgrid.com", "api.eu.sendgrid.com": "api.sendgrid.com"}.get(host)
            hint = f"Check {self.settings.api_key_env}, its permissions, and that the sender is verified."
            if other and reply.status == 401:
                # Each region has keys and a host of its own:
                # https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/requests#base-url
                hint += f' If the key belongs to the other region: [providers.sendgrid] host = "https://{other}"'
            return CredentialsError(f"SendGrid refused the key: {reply.status} {message}", hint=hint)
        if reply.status == 413:
            return ProviderError(
                f"SendGrid refused the message as too large: {message}",
                hint="Shorten the issue, or set images.base_url, so that pictures are linked; then build it again.",
            )
        hint = "Check providers.sendgrid.host."
        if reply.status not in {404, 405} and 400 <= reply.status < 500:
            hint = "Nothing was accepted. See what the status means in SendGrid's documentation, or ask its support."
        return ProviderError(f"SendGrid refused the request: {reply.status} {message}", hint=hint)

    def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            for connection in self._client.connections:
                connection.close()

    def _connected(self) -> KeepAliveClient:
        if self._client is None:
            from sendgrid import SendGridAPIClient  # noqa: PLC0415 - loads SendGrid's package

            from digest.providers.sendgrid.keep_alive_transport import Connection, KeepAliveClient  # noqa: PLC0415 - loads SendGrid's package

            host = self.settings.host
            official = SendGridAPIClient(api_key=self.api_key, host=host)
            self._client = KeepAliveClient(
                connections=[Connection(host) for _ in range(CALLS_AT_ONCE)],
                host=host,
                request_headers=official.client.request_headers,
                version=3,
            )
        return self._client

    def _wait(self, headers: Mapping[str, str]) -> float | None:
        """Seconds to wait: Retry-After in seconds (RFC 9110, 10.2.3), or until the time in X-RateLimit-Reset.

        https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/rate-limits
        """
        try:
            if "retry-after" in headers:
                return max(0.0, float(headers["retry-after"]))
            if "x-ratelimit-reset" in headers:
                reset = datetime.fromtimestamp(int(headers["x-ratelimit-reset"]), UTC)
                return max(0.0, (reset - self._now()).total_seconds())
        except (ValueError, OverflowError, OSError):
            pass
        return None


def _by_lower_name(headers: Mapping[str, str] | HTTPMessage) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")


def error_messages(text: str) -> list[tuple[str, str]]:
    """Each message of an error reply with the field that it is about; empty if the reply has none."""
    try:
        errors = json.loads(text)["errors"]
        return [(str(error.get("message", "")), str(error.get("field") or "")) for error in errors]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


def error_text(text: str) -> str:
    """The messages of an error reply in one line; they may hold addresses."""
    return "; ".join(message for message, _ in error_messages(text)) or text[:200]
