from __future__ import annotations

import pytest

from digest.errors import ListError

LEFT = {"unsubscribed", "hard_bounce", "complaint", "invalid", "manual"}


@pytest.mark.parametrize(
    ("export", "statuses"),
    [
        # Substack
        ("email,active_subscription,email_disabled\na@q.org,false,false\nb@q.org,true,true\n", "active unsubscribed"),
        # Ghost
        (
            (
                "email,name,subscribed_to_emails,deleted_at\n"
                "a@q.org,A,true,\n"
                "b@q.org,B,false,\n"
                "c@q.org,C,true,2026-02-03T04:05:06.000Z\n"
            ),
            "active unsubscribed unsubscribed",
        ),
        # Kit
        (
            (
                "email_address,state\n"
                "a@q.org,active\n"
                "b@q.org,cancelled\n"
                "c@q.org,bounced\n"
                "d@q.org,complained\n"
                "e@q.org,inactive\n"
            ),
            "active unsubscribed hard_bounce complaint pending",
        ),
        # beehiiv
        (
            "Email,Status,Subscription Tier\na@q.org,Active,free\nb@q.org,Inactive,free\nc@q.org,Pending,free\n",
            "active unsubscribed pending",
        ),
        # Klaviyo
        (
            (
                "Email,Email Marketing Consent,Email Marketing Consent Timestamp,SMS Marketing Consent\n"
                "a@q.org,SUBSCRIBED,2025-01-01,NEVER_SUBSCRIBED\n"
                "b@q.org,NEVER_SUBSCRIBED,,SUBSCRIBED\n"
                "c@q.org,UNSUBSCRIBED,2025-01-01,\n"
            ),
            "active pending unsubscribed",
        ),
        ('Email,Consent\na@q.org,"[""email"", ""sms""]"\nb@q.org,"[""sms""]"\n', "active declined"),
        # HubSpot
        (
            (
                "Email,Unsubscribed from all email,Opted out of email: News,Email hard bounce reason\n"
                "a@q.org,,,\n"
                "b@q.org,true,,\n"
                "c@q.org,,true,\n"
                "d@q.org,false,,UNKNOWN_USER\n"
            ),
            "active unsubscribed unsubscribed hard_bounce",
        ),
        # Shopify
        ("Email,Accepts Email Marketing,Accepts SMS Marketing\na@q.org,yes,no\nb@q.org,no,yes\n", "active declined"),
        # Salesforce
        ("Email,HasOptedOutOfEmail,DoNotCall\na@q.org,0,1\nb@q.org,1,0\n", "active unsubscribed"),
        # Mailjet
        ("email,IsExcludedFromCampaigns\na@q.org,false\nb@q.org,true\n", "active unsubscribed"),
        # AWeber
        (
            (
                "Email,Name,Status,Stop Time,Stop Status\n"
                "a@q.org,A,Subscribed,,\n"
                "b@q.org,B,Unsubscribed,2025-05-05 10:00:00,Unsubscribed\n"
                "c@q.org,C,Unsubscribed,2025-05-05,Undeliverable\n"
            ),
            "active unsubscribed hard_bounce",
        ),
        # MailPoet
        (
            "Email,Global status\na@q.org,Subscribed\nb@q.org,Inactive\nc@q.org,Unconfirmed\nd@q.org,Bounced\n",
            "active active pending hard_bounce",
        ),
        # Wix
        (
            (
                "Email,Email subscriber status,Email deliverability status\n"
                "a@q.org,Subscribed,Valid\n"
                "b@q.org,Never subscribed,Valid\n"
                "c@q.org,Subscribed,Bounced\n"
            ),
            "active pending hard_bounce",
        ),
        # CleverReach
        (
            (
                "email,activated,deactivated,bounced\n"
                "a@q.org,2024-01-01 10:00:00,0,0\n"
                "b@q.org,2024-01-01 10:00:00,2025-01-01 10:00:00,0\n"
                "c@q.org,0,0,0\n"
            ),
            "active unsubscribed pending",
        ),
        # Keap
        (
            (
                "Email,Email Status\n"
                "a@q.org,Double Opt-in\n"
                "b@q.org,Opted Out\n"
                "c@q.org,Reported Spam\n"
                "d@q.org,Non-Marketable\n"
            ),
            "active unsubscribed complaint pending",
        ),
        # Zoho, iContact, rapidmail
        (
            "Email,Contact Status\na@q.org,Active\nb@q.org,Do Not Mail\nc@q.org,Spam\n",
            "active unsubscribed complaint",
        ),
        ("email,status\na@q.org,normal\nb@q.org,donotcontact\nc@q.org,abused\n", "active unsubscribed complaint"),
        # SendGrid's bounces
        (
            (
                "email,reason,status,created\n"
                "a@q.org,550 no such user,5.1.1,1700000000\n"
                "b@q.org,550 no mailbox,5.1.1,1700000000\n"
            ),
            "hard_bounce hard_bounce",
        ),
        # dates
        (
            "Mail,Eingetragen am,Abgemeldet am\na@q.org,01.02.2024,\nb@q.org,01.02.2024,03.04.2025\n",
            "active unsubscribed",
        ),
        ("email,confirmed_at\na@q.org,2025-01-01\nb@q.org,\n", "active pending"),
        ("email,status,confirmed_at\na@q.org,active,2025-01-01\nb@q.org,active,\n", "active active"),
        # a form's checkbox
        ('Email,I agree to receive the newsletter\na@q.org,"Yes, send it to me"\nb@q.org,\n', "active pending"),
        ("Email,Newsletter\na@q.org,ja\nb@q.org,nein\n", "active declined"),
        # a header that says nothing, and cells that do
        ("Email,配信\na@q.org,配信中\nb@q.org,配信停止\n", "active unsubscribed"),
        ("Email,Mode\na@q.org,subscribed\nb@q.org,bounced\n", "active hard_bounce"),
        # numbers that only the tool understands, beside a flag
        ("user_email,user_status,newsletter\na@q.org,0,1\nb@q.org,0,0\n", "active declined"),
        # where people live, and what they are
        ("Email,State\na@q.org,OK\nb@q.org,CA\nc@q.org,OR\n", "active active active"),
        ("Email,Membership status\na@q.org,gold\nb@q.org,silver\n", "active active"),
        ("Email,Company\na@q.org,Bounce Media GmbH\nb@q.org,Junk Food Inc\n", "active active"),
        ("Email,Order status\na@q.org,cancelled\nb@q.org,paid\n", "active active"),
        ("Email,Soft bounces,Opens\na@q.org,3,4\nb@q.org,0,9\n", "active active"),
    ],
)
def test_what_each_tool_writes_is_understood(imports, export, statuses):
    people = (f"{letter}@q.org" for letter in "abcde")
    assert imports.statuses(export) == dict(zip(people, statuses.split(), strict=False))


def test_the_gravest_of_several_rows_counts_whatever_their_case(imports):
    plan = imports.plan("Email,Status\nZoe@q.org,subscribed\nzoe@Q.org,unsubscribed\nZOE@q.org,complained\nbo@q.org,\n")
    assert plan.left.reason("zoe@q.org") == "complaint"
    assert [person.email for person in plan.people()] == ["bo@q.org"]


def test_the_date_of_leaving_is_kept(imports):
    plan = imports.plan("Email,UNSUB_TIME\na@q.org,2025-02-03 04:05:06\n")
    (left,) = plan.left.people()
    assert left.left_at.isoformat() == "2025-02-03T04:05:06+00:00"


@pytest.mark.parametrize(
    ("name", "export"),
    [
        ("hard-bounces.csv", "email,count\na@q.org,3\n"),
        ("Abmeldungen.csv", "email,name\na@q.org,A\n"),
        ("robinson.csv", "email,name\na@q.org,A\n"),
        ("no-longer-wanted.csv", "email,name\na@q.org,A\n"),
        ("Kündigungen.csv", "email,name\na@q.org,A\n"),
        ("people.csv", "email,Unsubscribes\na@q.org,3\n"),
        ("people.csv", "email,GDPR consent\na@q.org,version B\nb@q.org,version A\n"),
        ("people.csv", "email,Status\na@q.org,gold\nb@q.org,silver\n"),
        ("people.csv", "email,Status\na@q.org,1\nb@q.org,2\nc@q.org,0\n"),
        ("people.csv", "email,Group\na@q.org,Readers\nb@q.org,Unsubscribed\n"),
        ("people.csv", "email,Mailing list status\na@q.org,On list\nb@q.org,Off list\n"),
        ("people.csv", "email,Notes\na@q.org,unsubscribed by phone\nb@q.org,likes boats\n"),
        ("people.csv", "email,Tags\na@q.org,unsubscribed\nb@q.org,vip\n"),
        ("people.csv", "email,Former member\na@q.org,yes\n"),
        ("people.csv", "email,Exit date\na@q.org,2027-01-31\n"),
        ("people.csv", "Unsubscribed contacts\nemail,name\na@q.org,Ana\n"),
        ("people.csv", "a@q.org,Ana,blue\nb@q.org,Bo,red\n"),
    ],
)
def test_a_hint_at_leavers_is_a_question_and_an_answer_settles_it(imports, name, export):
    assert imports.plan(export, name).question
    assert set(imports.statuses(export, name, whole_file="unsubscribed").values()) <= LEFT
    assert not imports.plan(export, name, whole_file="active").question


def test_an_answer_never_makes_a_reader_of_somebody_who_left_by_the_files_own_word(imports):
    export = "email,status\na@q.org,unsubscribed\nb@q.org,pending\nc@q.org,gold\n"
    assert imports.statuses(export, whole_file="active") == {
        "a@q.org": "unsubscribed",
        "b@q.org": "pending",
        "c@q.org": "active",
    }


def test_a_word_that_is_not_understood_leaves_its_row_out_and_is_named(imports):
    plan = imports.plan("email,status\na@q.org,active\nb@q.org,vip\n")
    assert (plan.question, dict(plan.left_out)) == ("", {"unknown status": 1})
    assert [(problem.place.line, problem.message) for problem in plan.problems] == [
        (3, "status 'vip' is not understood")
    ]
    assert [person.email for person in plan.people()] == ["a@q.org"]


def test_a_shifted_row_makes_nobody_a_reader(imports):
    plan = imports.plan(
        "Email,Status,Name,City\nlea@a.org,,unsubscribed,,Oslo\nmax@a.org\nana@a.org,active,Ana,Bonn\nbo@a.org,active\n"
    )
    assert [person.email for person in plan.people()] == ["ana@a.org", "bo@a.org"]
    assert plan.left_out == {"bad row": 2}
    assert [problem.place.line for problem in plan.problems] == [2, 3]


@pytest.mark.parametrize(
    ("export", "name"),
    [
        ("Vorname;Name;E-Mail\nJörg;Öhm;a@q.org\n", "Jörg Öhm"),
        ("Prénom,Nom,Courriel\nZoé,Émile,a@q.org\n", "Zoé Émile"),
        ("First Name,Name,Email\nAna,Ana Bell,a@q.org\n", "Ana Bell"),
        ("Email\nAna Bell <a@q.org>\n", "Ana Bell"),
        ("Nombre,Apellidos,Correo electrónico\nIñaki,Núñez,a@q.org\n", "Iñaki Núñez"),
        ("姓,名,メールアドレス\n山田,太郎,a@q.org\n", "太郎 山田"),
    ],
)
def test_a_name_is_put_together(imports, export, name):
    assert [person.name for person in imports.plan(export).people()] == [name]


def test_the_addresses_are_found_by_content_and_never_guessed(imports):
    export = "#,What is your name?,Where may we write to?\n1,Gina,a@q.org\n2,Hanno,b@q.org\n"
    assert list(imports.statuses(export)) == ["a@q.org", "b@q.org"]
    assert list(imports.statuses("Contact owner,Recipient's inbox\no@q.org,a@q.org\n")) == ["a@q.org"]
    with pytest.raises(ListError, match="both hold addresses"):
        imports.plan("first inbox,last inbox\na@q.org,b@q.org\n")
    with pytest.raises(ListError, match="no column looks like addresses"):
        imports.plan("who,where\nAna,Oslo\n")


def test_columns_in_two_spellings_become_one(imports):
    assert imports.plan("email,City,CITY,Name\nana@a.org,Bonn,Oslo,Ana\n").fields == ("City",)
