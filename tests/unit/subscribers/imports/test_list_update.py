from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.errors import ListError

LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)


def test_new_people_come_below_and_other_lines_stay_as_they_are(imports):
    imports.text = 'email;name;city, state\n\n a@q.org ;"A";x\nb@q.org;B\n'
    update = imports.update("email,name\nA@q.org,\nc@q.org,C\n")
    assert imports.text == 'email;name;city, state\n\n a@q.org ;"A";x\nb@q.org;B\nc@q.org;C;\n'
    assert (update.added, update.updated, update.left_out) == (1, 0, {"in the list already": 1})


def test_fields_of_people_in_the_list_are_updated_where_they_stand(imports):
    imports.text = "email,name,status,city\na@q.org,Ana,active,Oslo\nb@q.org,Bo,active,Rome\n"
    update = imports.update("Email,Name,City,Shoe size\nA@Q.org,Ana Bell,Bergen,38\nb@q.org,,Rome,\n")
    assert imports.text == "email,name,status,city\na@q.org,Ana Bell,active,Bergen\nb@q.org,Bo,active,Rome\n"
    assert (update.updated, update.not_kept) == (1, ("Shoe size",))


def test_an_import_never_makes_anybody_mailable_again(imports):
    imports.text = "email,name,status\na@q.org,A,unsubscribed\nb@q.org,B,pending\nc@q.org,C,bounced\n"
    imports.suppressed_at = {"d@q.org": LONG_AGO}
    before = imports.text
    imports.update("email,name,status\n" + "".join(f"{letter.upper()}@q.org,New,active\n" for letter in "abcd"))
    assert imports.text == before


def test_a_dated_consent_confirms_somebody_who_was_pending(imports):
    imports.text = "email,name,status\na@q.org,A,pending\nb@q.org,B,unsubscribed\n"
    update = imports.update("email,status,CONFIRM_TIME\na@q.org,active,2026-01-02\nb@q.org,active,2026-01-02\n")
    assert imports.text == "email,name,status\na@q.org,A,active\nb@q.org,B,unsubscribed\n"
    assert update.confirmed == 1


def test_a_later_consent_of_somebody_suppressed_is_told_and_not_followed(imports):
    imports.suppressed_at = {"a@q.org": LONG_AGO}
    update = imports.update("email,status,OPTIN_TIME\na@q.org,subscribed,2026-01-02\n")
    assert (update.added, update.agreed_again) == (0, 1)


def test_never_confirmed_people_are_remembered_as_pending(imports):
    imports.text = "email,name\na@q.org,A\n"
    update = imports.update("email,status\nb@q.org,active\nc@q.org,unconfirmed\n")
    assert imports.text == "email,name,status\na@q.org,A\nb@q.org,,active\nc@q.org,,pending\n"
    assert (update.added, update.pending) == (1, 1)


def test_somebody_in_the_list_who_declined_is_named(imports):
    imports.text = "email,name\na@q.org,A\n"
    assert imports.update("Email,Accepts Email Marketing\na@q.org,no\n").withdrawn == ["a@q.org"]


def test_a_row_that_cannot_be_read_does_not_move_others(imports):
    imports.text = 'email,name,city\n"c@q.org","C\nD",y\na@q.org,"open,x\nb@q.org,B,Rome\n'
    imports.update("email,city\nb@q.org,Oslo\nc@q.org,Bonn\n")
    assert imports.text == 'email,name,city\nc@q.org,"C\nD",Bonn\na@q.org,"open,x\nb@q.org,B,Oslo\n'


def test_a_list_without_addresses_is_refused(imports):
    imports.text = "who,where\nA,B\n"
    with pytest.raises(ListError, match="no column called email"):
        imports.update("email\na@q.org\n")


def test_a_new_list_has_the_columns_of_the_export(imports):
    imports.text = ""
    imports.update("Email,City,Status\na@q.org,Oslo,active\nb@q.org,Oslo,vip\na@q.org,Rome,active\n")
    assert imports.text == "email,name,status,City\na@q.org,,active,Oslo\n"
