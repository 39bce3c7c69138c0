"""Columns that only hint at people who left, negated flags, and columns that look like either and are not."""

from __future__ import annotations

import pytest


def export_of(header, usual, other):
    return f"Email,Name,{header}\na@q.org,Ada,{usual}\nb@q.org,Ben,{usual}\nz@q.org,Zoe,{other}\n"


@pytest.mark.parametrize(
    ("header", "usual", "other"),
    [
        ("Preference", "weekly", "none"),
        ("Frequency", "monthly", "Never"),
        ("Email frequency", "daily", "never"),
        ("Newsletter", "weekly", "no"),
        ("Digest", "Weekly", "Off"),
        ("Email delivery", "Individual", "None"),
        ("Email notifications", "All", "None"),
        ("Emails", "summary", "none"),
        ("Häufigkeit", "wöchentlich", "nie"),
        ("Fréquence", "hebdomadaire", "jamais"),
        ("Frecuencia", "semanal", "nunca"),
        ("Frequenza", "settimanale", "mai"),
        ("Frequentie", "wekelijks", "nooit"),
        ("Częstotliwość", "co tydzień", "nigdy"),
        ("配信頻度", "毎週", "なし"),
        ("Y how many times", "weekly", "never"),
    ],
)
def test_never_and_none_hint_at_leavers(imports, header, usual, other):
    plan = imports.plan(export_of(header, usual, other))
    assert repr(other) in plan.question
    # Whatever the answer, whoever wants nothing is not mailed.
    people = imports.statuses(export_of(header, usual, other), whole_file="active")
    assert people == {"a@q.org": "active", "b@q.org": "active", "z@q.org": "declined"}


def test_beside_a_status_never_withholds_its_person_without_a_question(imports):
    rows = "email,status,frequency\na@q.org,active,weekly\nb@q.org,active,never\nc@q.org,unsubscribed,weekly\n"
    assert imports.statuses(rows) == {"a@q.org": "active", "b@q.org": "declined", "c@q.org": "unsubscribed"}


@pytest.mark.parametrize(
    ("header", "usual", "other", "status"),
    [
        ("Not subscribed", "no", "yes", "declined"),
        ("Not opted in", "0", "1", "declined"),
        ("Nicht abonniert", "nein", "ja", "declined"),
        ("No marketing emails", "FALSE", "TRUE", "unsubscribed"),
        ("Unconfirmed", "no", "yes", "pending"),
        ("IsOptInPending", "false", "true", "pending"),
        ("Paused", "", "yes", "pending"),
        ("dnc_email", "", "1", "unsubscribed"),
        ("STOP email", "", "X", "unsubscribed"),
        ("Valid", "yes", "no", "invalid"),
        ("Deceased", "", "yes", "manual"),
        ("Contactable", "yes", "no", "unsubscribed"),
        ("gdpr_consent", "2025-01-02", "", "pending"),
        ("Keep me updated on events", "Yes", "No", "declined"),
        ("Tila", "Tilaaja", "Peruttu", "unsubscribed"),
        ("Stan", "Aktywny", "Odrzucony", "hard_bounce"),
        ("Data cancellazione", "", "02/01/2025", "unsubscribed"),
        ("配信状況", "正常", "配信エラー停止", "hard_bounce"),
        ("Rejects email", "no", "yes", "unsubscribed"),
        ("Consent", "Given", "Not given", "pending"),
        ("Opt-out date", "01/01/1970", "03/02/2025", "unsubscribed"),
        ("unsubscribed_at", "1900-01-01 00:00:00", "2025-02-03", "unsubscribed"),
        ("Werbewiderspruch", "nein", "ja", "unsubscribed"),
        ("Ne plus contacter", "non", "oui", "unsubscribed"),
        ("disabled_at", "", "2025-03-01", "unsubscribed"),
        ("Erased", "0", "1", "unsubscribed"),
        ("No Bulk Emails (User Opt Out)", "No", "Yes", "unsubscribed"),
        ("Consent received", "yes", "no", "declined"),
        ("Estat", "Actiu", "Baixa", "unsubscribed"),
        ("Būsena", "Aktyvus", "Atsisakė", "unsubscribed"),
        ("Status", "Subscribed", "Redacted", "unsubscribed"),
    ],
)
def test_flags_and_dates_say_who_is_not_mailed(imports, header, usual, other, status):
    people = imports.statuses(export_of(header, usual, other))
    assert people == {"a@q.org": "active", "b@q.org": "active", "z@q.org": status}


@pytest.mark.parametrize(
    ("header", "usual", "other"),
    [("Durum", "Abone", "Uçtu"), ("Group", "Members", "Former members"), ("List", "Newsletter", "Unsubscribed")],
)
def test_a_status_of_which_only_some_words_are_known_is_asked_about(imports, header, usual, other):
    assert header in imports.plan(export_of(header, usual, other)).question


@pytest.mark.parametrize(
    ("header", "usual", "other"),
    [
        ("Purchase frequency", "weekly", "never"),
        ("Dietary preference", "vegan", "none"),
        ("Delivery address", "1 Main Street", "none"),
        ("Last login", "2025-01-01", "Never"),
        ("SMS frequency", "weekly", "never"),
        ("Subscription type", "monthly", "none"),
        ("Children", "2", "none"),
        ("Pending orders", "0", "2"),
        ("Payment pending", "no", "yes"),
        ("Consent to track", "Yes", "No"),
        ("HTML email", "yes", "no"),
        ("Estado", "Baja California", "Jalisco"),
        ("State", "Ohio", "Maine"),
        ("Title", "Dr", "None"),
        ("Secondary email", "ada@home.example", ""),
        ("Emails opened", "1", "0"),
        ("Marketing emails clicked", "1", "0"),
        ("Newsletters received", "1", "0"),
        ("E-Mails geöffnet", "1", "0"),
    ],
)
def test_other_columns_are_kept_as_they_are(imports, header, usual, other):
    plan = imports.plan(export_of(header, usual, other))
    assert (plan.question, plan.fields) == ("", (header,))
    assert [person.status for person in plan.people()] == ["active"] * 3


@pytest.mark.parametrize(
    ("header", "usual", "other"),
    [("Receive email", "1", "-1"), ("Receive email", "3", "-2"), ("Status", "C", "S"), ("Status", "1", "2")],
)
def test_codes_that_only_the_tool_knows_are_asked_about(imports, header, usual, other):
    assert header in imports.plan(export_of(header, usual, other)).question


@pytest.mark.parametrize(
    ("header", "usual", "other", "status"),
    [
        ("Newsletter?", "Yes please", "No thanks", "declined"),
        ("Newsletter", "Ja gerne", "Nein danke", "declined"),
        ("メールマガジン配信", "可", "不可", "declined"),
        ("メルマガ", "希望する", "希望しない", "declined"),
        ("status", "aktivní", "Označil jako spam", "complaint"),
        ("Marketing suspended", "0", "1", "pending"),
        ("email1_is_bad", "false", "true", "invalid"),
    ],
)
def test_answers_in_forms_and_other_words_are_understood(imports, header, usual, other, status):
    assert imports.statuses(export_of(header, usual, other)) == {
        "a@q.org": "active",
        "b@q.org": "active",
        "z@q.org": status,
    }


def test_an_unknown_word_in_a_status_of_the_subscription_leaves_its_row_out(imports):
    rows = "email,Status subskrypcji,Data rezygnacji\na@q.org,Aktywny,\nb@q.org,Odbity twardo,\nc@q.org,Do aktywacji,\n"
    assert imports.statuses(rows) == {"a@q.org": "active", "b@q.org": "hard_bounce"}
    (problem,) = imports.plan(rows).problems
    assert (problem.place.line, "'Do aktywacji' is not understood" in problem.message) == (4, True)


def test_beside_a_status_a_column_that_is_partly_understood_still_says_who_left(imports):
    rows = "email,status,group\na@q.org,active,Friends\nb@q.org,active,Unsubscribed\nc@q.org,active,Family\n"
    assert imports.statuses(rows) == {"a@q.org": "active", "b@q.org": "unsubscribed", "c@q.org": "active"}


def test_codes_in_a_status_are_asked_about_even_if_another_column_says_who_left(imports):
    export = "Email,Status,Unsubscribe reason\na@q.org,1,\nb@q.org,2,too many\nc@q.org,3,\n"
    assert "Status" in imports.plan(export).question
    assert not imports.plan(export.replace(",2,", ",1,").replace(",3,", ",1,")).question


def test_the_letters_of_a_tool_that_is_known_are_understood(imports):
    rows = "".join(f"{letter}@q.org,{letter.upper()},t0k3n\n" for letter in "csubp")
    assert imports.statuses(f"Email,Status,Token\n{rows}") == {
        "c@q.org": "active",
        "s@q.org": "pending",
        "u@q.org": "unsubscribed",
        "b@q.org": "hard_bounce",
        "p@q.org": "complaint",
    }
