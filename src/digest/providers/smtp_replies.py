"""What SMTP replies mean, wherever they are read: in a conversation, a list of bounces or a webhook. Pure.

`fault_of` decides whose fault a refusal is. Reply codes are those of RFC 5321 (section 4.2), enhanced status codes
those of RFC 3463 and its registry (https://www.iana.org/assignments/smtp-enhanced-status-codes). If a service has codes
of its own, or only words, `fault_of` looks for the sender's account and for the recipient's mailbox in the words.
"""

from __future__ import annotations

import re
from typing import Literal

from digest.mail import redact_addresses
from digest.providers.provider_call import Fault

__all__ = [
    "LOGIN_REQUIRED",
    "Stage",
    "fault_of",
    "is_bounce_at_rcpt",
    "is_greylisting",
    "is_hard_bounce",
    "reply_text",
    "retry_after_in",
    "wording",
]

#: Where in a transaction a reply came: MAIL, RCPT, DATA, or the end of the message.
Stage = Literal["mail", "rcpt", "data", "message"]

#: The server requires authentication, or refused it (RFC 4954, section 6).
LOGIN_REQUIRED = frozenset({530, 534, 535, 538})

#: The mailbox or its domain does not exist, or takes no mail (RFC 3463, section 3.2; RFC 7505, section 3), or is full.
_MAILBOX_CODES = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
_FULL = "5.2.2"
#: 5.4.5 is how Gmail says that the daily limit of its user is reached (https://support.google.com/a/answer/3726730);
#: 5.1.7 and 5.1.8 are the sender's address, 5.7.8 to 5.7.14 the log-in. The others are Exchange Online's:
#: https://learn.microsoft.com/en-us/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online/non-delivery-reports-in-exchange-online
_SENDER_CODES = frozenset(
    {
        *("5.4.5", "5.1.7", "5.1.8", "5.7.8", "5.7.9", "5.7.11", "5.7.13", "5.7.14"),
        *("5.1.90", "5.2.252", "5.7.57", "5.7.60", "5.7.64", "5.7.232", "5.7.233", "5.7.501", "5.7.502", "5.7.503"),
        *("5.7.26", "5.7.509", "5.7.705", "5.7.708", "5.7.750"),
    }
)
#: Enhanced status codes that mean "bad destination address" (RFC 3463, section 3.2). 5.1.5 means a valid address;
#: 5.1.7, 5.1.8 and 5.1.9 are about the sender or the body. 5.1.10 is a null MX (RFC 7505, section 3).
_BAD_ADDRESS = re.compile(r"(?<![\d.])5\.1\.(?:[0-46]|10)(?![\d.]*\d)")
_NO_MAILBOX = re.compile(r"(?<![\d.])5\.1\.(?:1|10)(?![\d.]*\d)")
_BAD_SENDER = re.compile(r"(?<![\d.])5\.1\.[78](?![\d.]*\d)")
_BOUNCE = re.compile(r"5\d\d[ -]#?5\.1\.(?:1|10)(?![\d.]*\d)")
_STATUS = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.]*\d)")


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_LIMIT = r"(?:quotas?|limits?|limitations?|allowance|threshold)"
_ACCOUNT = r"(?:sender|account|user|customer|client|plan|subscription|tenant|domain)"
_PERIOD = r"(?:day|hour|minute|month|24 ?h(?:ours)?)"
#: The account that sends is named, with its limit, its policy or its state.
_SENDER_WORDS = _any_of(
    rf"\b(?:send(?:ing|er'?s?)?|submission|out(?:going|bound)|relay(?:ing)?|your|account'?s|customer'?s?)\s"
    rf"(?:[\w'-]+\s){{0,3}}{_LIMIT}\b",
    rf"\b{_LIMIT}\s(?:of|for|on)\s(?:the\s|this\s|your\s)?(?:sending\s|mail\s)?(?!user|domain){_ACCOUNT}\b",
    rf"\b(?:sender|sending|account|customer)'?s?\s(?:\w+\s)?policy\b|\bpolicy\s(?:of|for)\s(?:this\s|your\s){_ACCOUNT}\b",
    rf"\byour\s{_ACCOUNT}\b.{{0,40}}\b(?:suspended|blocked|disabled|locked|restricted|limited|over|exceed\w*)\b",
    rf"\b(?:this|sending)\s{_ACCOUNT}\s(?:may|can|must)(?:\s?not)?\s(?:only\s)?(?:send|mail)\b",
    r"\bsending\s(?:is\s|was\s|has\sbeen\s)?(?:paused|disabled|suspended|blocked)\b",
    r"\b(?:from|sender)\s(?:\w+\s)?(?:address|domain|identity)\b.{0,40}\b(?:not\s(?:been\s)?verified|unverified|match)\b",
    r"\b(?:address|identity|sender)\sis\snot\sverified\b|\bunauthenticated\ssenders?\b",
    rf"\b(?:messages?|e?-?mails?)\s(?:sent\s)?(?:from|by)\s(?:your|this)\s{_ACCOUNT}\b",
    rf"\b{_ACCOUNT}\b.{{0,30}}\b(?:suspended|blocked|disabled|locked)\s(?:for|from|due\sto)\s(?:send|spam|outgoing|abuse)",
    r"\b(?:outbound|outgoing)\s(?:messages?|e?-?mails?)\b.{0,40}\b(?:limited|disabled|blocked|suspended)\b",
    r"\b(?:tages|stunden|monats|versand|sende)-?\s?(?:limit|kontingent|quota|grenze)\w*|\blimit\w*\s(?:für\s)?(?:den\s)?versand\b",
    r"\b(?:ihr|dieses|des)\s(?:konto|kontos|account)\b.{0,40}\b(?:gesperrt|limit\w*|kontingent)\b",
    r"\b(?:quota|limite)\s(?:journali[eè]re?\s|quotidienne\s|horaire\s)?d.\s?(?:envois?|émission)\b",
    r"\bl[ií]mite\s(?:diario\s|giornaliero\s|di[aá]rio\s|horario\s)?(?:de|di)\s(?:env[ií]os?|invio)\b|\b(?:verzend|dag)limiet\w*",
    r"\bcredits?\s(?:are\s|is\s)?(?:exceeded|exhausted|used\sup)\b",
)
#: A limit of time or number, which is the sender's unless the words name the recipient.
_LIMIT_WORDS = _any_of(
    rf"\b(?:daily|hourly|weekly|monthly)\b.{{0,40}}\b(?:{_LIMIT}|maximum)\b",
    rf"\b(?:{_LIMIT}|maximum)\b.{{0,40}}\b(?:today|daily|hourly|(?:per|this|an?|each|every)\s{_PERIOD})\b",
    rf"\b(?:messages?|e?-?mails?|recipients?)\s?(?:a|an|per|each|every|/)\s?{_PERIOD}\b",
    rf"\b(?:messages?|e?-?mails?|rate)\s{_LIMIT}\s(?:is\s|was\s|has\sbeen\s)?(?:exceeded|reached|used\sup)\b",
    r"\btoo\smany\s(?:messages|e?-?mails)\s(?:sent\s)?(?:today|in\sthe\slast)\b",
)
_RECIPIENT_WORDS = _any_of(
    r"\brecipient(?:'s|s')?\b(?!s)", r"\btr(?:ied|ying)\sto\s(?:reach|contact)\b", r"\bmail ?box\b"
)
#: The same account over a day or more: waiting a few minutes does not help, although the reply code is temporary.
_LONG = _any_of(r"\bquota\b", r"\bcredits?\b", r"\bdaily\b", r"\bmonthly\b", r"\b(?:day|month|24 ?h)", r"\bsuspended\b")
_FULL_WORDS = _any_of(
    r"\b(?:mail ?box|inbox|mail ?drop)\b.{0,30}\b(?:full|over\s?quota|quota|size limit)\b",
    r"\b(?:postfach|mailbox)\b.{0,20}\b(?:voll|überfüllt)\b|\bstorage\slimit\b",
    r"\b(?:bo[iî]te|buz[oó]n|casella|caixa)\b.{0,30}\b(?:pleine|lleno|piena|cheia)\b|\b(?:postvak|mailbox)\b.{0,20}\bvol\b",
    r"\bover(?:\sits|\stheir|\sthe|\sdisk|\sstorage)*\s?quota\b|\b(?:user|disk|storage)\squota\sexceeded\b",
)
_NO_MAILBOX_WORDS = _any_of(
    r"\b(?:no\ssuch|unknown|invalid|non-?existent)\s(?:local\s)?(?:user|recipient|mail ?box|address)\b",
    r"\b(?:benutzer|empfänger|teilnehmer|adresse|addressee)\s(?:ist\s|is\s)?(?:unbekannt|unknown)\b",
    r"\b(?:utilisateur|destinataire)\sinconnue?\b|\b(?:usuario|destinatario)\s(?:desconocido|sconosciuto)\b",
    r"\b(?:user|recipient|mail ?box|address)\s(?:is\s|was\s)?(?:unknown|not\sfound|does(?:n't|\snot)\sexist)\b",
)
_PER_CONNECTION = _any_of(r"\b(?:this|per|same|one|each|a single)\s(?:smtp\s)?(?:connection|session)\b")
_GREYLISTING = _any_of(r"gr[ae]y-?\s?list")
_SPAN = re.compile(r"\b(\d{1,5})\s*(s|secs?|seconds?|m|mins?|minutes?)\b|\b(\d\d):(\d\d):(\d\d)\b", re.IGNORECASE)
#: What differs between two replies that say the same: names in brackets, hosts, numbers and the ids of queues.
_PARTICULAR = re.compile(r"<[^>]*>|\([^)]*\)|\[[^\]]*\]|\S*[\d@]\S*|\b[\w-]+(?:\.[\w-]+)+\b")
_CODES = re.compile(r"\d{3}(?:[ -]#?[245]\.\d{1,3}\.\d{1,3}\b)?")


def fault_of(code: int, text: str, *, stage: Stage) -> Fault:
    """Decide whose fault a refusal is.

    Args:
        code: The reply code; what is neither 4xx nor 5xx has no place there and is temporary.
        text: The rest of the reply, which may begin with an enhanced status code.
        stage: Where in the transaction it came. At MAIL nobody is named yet, so it is about the sender.
    """
    match = _STATUS.search(text)
    status = match[0] if match else ""
    if code in LOGIN_REQUIRED:
        return Fault.SENDER
    if code // 100 == 5:
        return _permanent_fault(text, status, stage)
    return _temporary_fault(code, text, status, stage)


def _permanent_fault(text: str, status: str, stage: Stage) -> Fault:
    if _PER_CONNECTION.search(text):
        return Fault.CONNECTION
    if stage == "mail" or status in _SENDER_CODES or (status not in _MAILBOX_CODES and _is_about_sender(text)):
        return Fault.SENDER
    has_no_mailbox = not status and _NO_MAILBOX_WORDS.search(text) and "sender" not in text.lower()
    if status in _MAILBOX_CODES or status == _FULL or _FULL_WORDS.search(text) or has_no_mailbox:
        return Fault.RECIPIENT
    return Fault.UNCLEAR


def _temporary_fault(code: int, text: str, status: str, stage: Stage) -> Fault:
    if _is_about_sender(text) and _LONG.search(text):
        return Fault.SENDER
    # 452 4.5.3 is "too many recipients": RFC 5321, section 4.5.3.1.10, and some servers count them over a connection.
    is_full_server = code == 452 and not status.startswith(("4.1.", "4.2."))
    is_connection = code // 100 != 4 or code == 421 or status.endswith(".5.3") or is_full_server
    if is_connection or stage == "mail" or _PER_CONNECTION.search(text):
        return Fault.CONNECTION
    return Fault.LATER


def _is_about_sender(text: str) -> bool:
    if _SENDER_WORDS.search(text):
        return True
    return _LIMIT_WORDS.search(text) is not None and _RECIPIENT_WORDS.search(text) is None


def is_hard_bounce(*replies: object, otherwise: bool | None = None) -> bool:
    """Whether these replies or status codes about one mail mean that the address permanently does not exist.

    A full mailbox (5.2.2), a policy (5.7.x) or a temporary failure (4.x.x) may be resolved by next week. A reply that
    names the mailbox (5.1.1, 5.1.10) always counts. Otherwise a reply that blames the sender's address (5.1.7, 5.1.8;
    RFC 3463, section 3.2) is not about the recipient's, whatever else is said.

    Args:
        replies: Texts such as ``5.1.1`` or ``550 5.1.1 no such user``; anything else counts as empty.
        otherwise: What the provider concludes itself, for replies that do neither; None if it concludes nothing.
    """
    texts = [reply for reply in replies if isinstance(reply, str)]
    if any(map(_NO_MAILBOX.search, texts)):
        return True
    if any(map(_BAD_SENDER.search, texts)):
        return False
    return any(map(_BAD_ADDRESS.search, texts)) if otherwise is None else otherwise


def is_bounce_at_rcpt(reason: str) -> bool:
    """Whether a recorded reason is a server's reply to RCPT that the mailbox does not exist (5.1.1, 5.1.10)."""
    return _BOUNCE.match(reason) is not None


def is_greylisting(text: str) -> bool:
    """Whether a reply says that it is greylisting: the same recipient is accepted a few minutes later (RFC 6647)."""
    return _GREYLISTING.search(text) is not None


def retry_after_in(text: str) -> float | None:
    """The seconds to wait that a reply names, such as "in 300 seconds" or "in 00:05:00"; None if it names none."""
    match = _SPAN.search(text)
    if match is None:
        return None
    if match[3]:
        return int(match[3]) * 3600.0 + int(match[4]) * 60 + int(match[5])
    return float(match[1]) * (60 if match[2].lower().startswith("m") else 1)


def wording(reason: str) -> str:
    """A reason without what differs from one recipient to the next, so that two of them can be compared.

    Reply code and status stay; addresses, hosts, numbers and the ids of queues become ``…``.
    """
    codes = _CODES.match(reason)
    head = codes[0] if codes else ""
    rest = " ".join(_PARTICULAR.sub("…", reason[len(head) :]).split())
    return f"{head} {rest}".strip()


def reply_text(code: int, reply: bytes) -> str:
    """A reply in one line, without addresses."""
    return redact_addresses(" ".join(f"{code} {reply.decode('utf-8', 'replace')}".split()))
