from __future__ import annotations

import pytest

from digest.subscribers.imports.vocabulary import cell_kind, file_status, header_kind, plain_words, status_of


@pytest.mark.parametrize("text", ["Opt-Out", "OPT_OUT", "optOut", "optout", " opt  out. "])
def test_spellings_of_one_word_are_equal(text):
    assert plain_words(text) == "opt out"


@pytest.mark.parametrize(
    "word",
    [
        "Active",
        "SUBSCRIBED",
        "Confirmed",
        "double_opt_in",
        "aktiv",
        "angemeldet",
        "Abonné",
        "inscrite",
        "Suscrito",
        "iscritta",
        "ativo",
        "actief",
        "prenumererar",
        "tilmeldt",
        "påmeldt",
        "tilaaja",
        "zapisany",
        "přihlášen",
        "подписан",
        "Активный",
        "підписаний",
        "abone",
        "購読中",
        "已订阅",
        "구독",
        "مشترك",
        "פעיל",
    ],
)
def test_a_reader_is_known_in_many_languages(word):
    assert status_of(word) == "active"


@pytest.mark.parametrize(
    "word",
    [
        "Unsubscribed",
        "opted-out",
        "CANCELLED",
        "Deleted",
        "abgemeldet",
        "gekündigt",
        "Désabonnée",
        "résilié",
        "Baja",
        "cancelada",
        "disiscritta",
        "cancellato",
        "descadastrado",
        "uitgeschreven",
        "avregistrerad",
        "afmeldt",
        "avmeldt",
        "peruutettu",
        "wypisany",
        "odhlášena",
        "отписан",
        "Отписался",
        "відписаний",
        "iptal edildi",
        "配信停止",
        "退订",
        "已退訂",
        "수신거부",
        "إلغاء الاشتراك",
        "הוסר",
        "Unsubscribed by admin",
        "Unsubscribed (2025-01-01)",
    ],
)
def test_somebody_who_left_is_known_in_many_languages(word):
    assert status_of(word) == "unsubscribed"


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("Bounced", "hard_bounce"),
        ("Hard bounce", "hard_bounce"),
        ("HardBounce", "hard_bounce"),
        ("cleaned", "hard_bounce"),
        ("unzustellbar", "hard_bounce"),
        ("Undeliverable", "hard_bounce"),
        ("5.1.1", "hard_bounce"),
        ("550 5.1.1 no such user", "hard_bounce"),
        ("Complained", "complaint"),
        ("Marked as spam", "complaint"),
        ("SpamComplaint", "complaint"),
        ("Junk", "complaint"),
        ("plainte", "complaint"),
        ("invalid", "invalid"),
        ("Blocklisted", "manual"),
        ("Suppressed", "manual"),
        ("gesperrt", "manual"),
    ],
)
def test_the_reason_is_kept(word, reason):
    assert status_of(word) == reason


@pytest.mark.parametrize(
    "word",
    [
        "pending",
        "Unconfirmed",
        "NEVER_SUBSCRIBED",
        "Not subscribed",
        "nicht bestätigt",
        "en attente",
        "no confirmado",
        "soft bounced",
    ],
)
def test_somebody_who_never_confirmed_is_neither_a_reader_nor_gone(word):
    assert status_of(word) == "pending"


@pytest.mark.parametrize(
    "word", ["vip", "married", "NV", "gold", "not unsubscribed", "never bounced", "5.1.8", "5.7.1"]
)
def test_other_words_are_not_understood(word):
    assert status_of(word) == ""


@pytest.mark.parametrize(
    ("header", "role", "reason"),
    [
        ("Unsubscribed from all email", "left", "unsubscribed"),
        ("email_disabled", "left", "unsubscribed"),
        ("UNSUB_TIME", "left", "unsubscribed"),
        ("CLEAN_TIME", "left", "hard_bounce"),
        ("HasOptedOutOfEmail", "left", "unsubscribed"),
        ("Do not email", "left", "unsubscribed"),
        ("EMAIL_BLACKLISTED", "left", "manual"),
        ("Abgemeldet am", "left", "unsubscribed"),
        ("Date de désinscription", "left", "unsubscribed"),
        ("Fecha de baja", "left", "unsubscribed"),
        ("IsExcludedFromCampaigns", "left", "unsubscribed"),
        ("Complaint date", "left", "complaint"),
        ("subscribed_to_emails", "subscribed", ""),
        ("isSubscribed", "subscribed", ""),
        ("Accepts Email Marketing", "consent", ""),
        ("Einwilligung", "consent", ""),
        ("Confirmed at", "confirmed", ""),
        ("email_verified", "confirmed", ""),
        ("State", "maybe_status", ""),
        ("Subscription status", "status", ""),
    ],
)
def test_a_header_tells_what_its_column_is_about(header, role, reason):
    kind = header_kind(header)
    assert (kind.role, kind.reason) == (role, reason)


@pytest.mark.parametrize(
    "header",
    [
        "Adopted pet",
        "Option",
        "Blackboard",
        "Cleaning day",
        "Marital status",
        "Order status",
        "Accepts SMS Marketing",
        "Do not call",
        "Bounce count",
        "Spam score",
        "Disabled access needed",
        "Seats left",
        "active_subscription",
        "OPTIN_IP",
        "Consent text",
        "City",
        "Company",
        "Member since",
    ],
)
def test_other_headers_only_look_like_it(header):
    assert header_kind(header).role in {"other", "unknown"}


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("", "empty"),
        ("n/a", "empty"),
        ("0000-00-00 00:00:00", "empty"),
        ("Yes", "yes"),
        ("1", "yes"),
        ("✓", "yes"),
        ("wahr", "yes"),
        ("Yes, send me the letter", "yes"),
        ("FALSE", "no"),
        ("0", "no"),
        ("nein", "no"),
        ("いいえ", "no"),
        ("2026-01-02T03:04:05Z", "date"),
        ("31/12/2025", "date"),
        ("1767225600", "date"),
        ("Jan 5, 2026 10:00 AM", "date"),
        ("7", "number"),
        ("Oslo", "text"),
    ],
)
def test_a_cell_alone_is_a_yes_a_no_a_date_or_something_else(cell, kind):
    assert cell_kind(cell).value == kind


@pytest.mark.parametrize(
    ("name", "status", "certain"),
    [
        ("unsubscribed_members_export_1a.csv", "unsubscribed", True),
        ("cleaned_email_audience_export_1a.csv", "hard_bounce", True),
        ("subscribed_members_export_1a.csv", "active", True),
        ("bounces.csv", "hard_bounce", False),
        ("opt-outs 2026.xlsx", "unsubscribed", False),
        ("Abmeldungen.csv", "unsubscribed", False),
        ("spam_complaints.csv", "complaint", False),
        ("blacklist.txt", "manual", False),
        ("inactive.csv", "pending", False),
        ("subscribers.csv", "", False),
        ("subscribed-readers.csv", "", False),
        ("new.csv", "", False),
        ("list.csv", "", False),
    ],
)
def test_the_name_of_a_file_may_say_who_is_in_it(name, status, certain):
    assert file_status(name) == (status, certain)
