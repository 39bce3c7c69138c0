from __future__ import annotations

import pytest

from digest.errors import SourceError
from digest.sources import extract_article
from digest.sources.pages.page_obstacles import find_obstacle, page_it_leads_to

URL = "https://quay.example/news/ferry"


def page(title, *lines, head="", body=""):
    return (
        f"<!DOCTYPE html><html><head><title>{title}</title>{head}</head><body {body}>"
        + "".join(lines)
        + "</body></html>"
    )


def text(*paragraphs):
    return "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)


CHALLENGES = [
    page(
        "Just a moment...",
        "<h1>quay.example</h1>",
        text("Checking your browser before accessing quay.example."),
        "<script>window._cf_chl_opt={}</script>",
    ),
    page(
        "quay.example",
        "<p>Please enable JS and disable any ad blocker</p>",
        '<script src="https://ct.captcha-delivery.com/c.js"></script>',
    ),
    page(
        "Access Denied",
        "<h1>Access Denied</h1>",
        'You don\'t have permission to access "http://quay.example/" on this server.<p>Reference #18.2f</p>',
    ),
    page(
        "Access to this page has been denied",
        text(
            "Access to this page has been denied because we believe you are using automation tools to browse.",
            "Please make sure that Javascript and cookies are enabled.",
            "Reference ID: #1f",
        ),
        '<div id="px-captcha"></div>',
    ),
    page("", '<iframe src="/_Incapsula_Resource?x=1">Request unsuccessful. Incapsula incident ID: 1-2</iframe>'),
    page(
        "Pardon Our Interruption",
        "<h1>Pardon Our Interruption</h1>",
        text("As you were browsing something about your browser made us think you were a bot."),
    ),
    page(
        "Making sure you're not a bot!",
        "<h1>Making sure you're not a bot!</h1>",
        text(
            "Loading...",
            "The administrator of this website protects it against companies that aggressively scrape websites.",
        ),
    ),
    page("Einen Moment, bitte", text("Wir überprüfen die Sicherheit Ihrer Verbindung. Das dauert einige Sekunden.")),
    page(
        "Доступ ограничен",
        text("Нам кажется, что ваши запросы отправляются автоматически.", "Подтвердите, что вы не робот."),
    ),
]
CONSENTS = [
    page(
        "Before you continue to Harbour",
        "<h1>Before you continue</h1>",
        text("We use cookies and data to deliver and maintain our services.", "Accept all Reject all More options"),
    ),
    page(
        "Quay News",
        "<div class='sp_message'>",
        text(
            "We and our 812 partners store and/or access information on a device.",
            "You can withdraw your consent at any time in the privacy settings.",
        ),
        "<button>Accept</button></div>",
    ),
    page(
        "Hafenblatt",
        text(
            "Hafenblatt mit Werbung lesen: Besuchen Sie hafen.example wie gewohnt mit Werbung und Tracking.",
            "Ihre Zustimmung ist jederzeit widerrufbar.",
            "Wir und unsere 214 Partner verwenden Cookies.",
        ),
        "<button>Akzeptieren und weiter</button>",
    ),
    page(
        "Le Quai",
        "<h1>Votre vie privée est importante</h1>",
        text(
            "Avec votre consentement, nos 120 partenaires et nous utilisons des cookies et des données personnelles.",
            "Continuer sans accepter",
        ),
    ),
    page(
        "Jouw privacy", text("Wij en onze 90 partners gebruiken cookies.", "Geef je toestemming of pas je keuze aan.")
    ),
]
MISSING = [
    page("404 Not Found", "<h1>Not Found</h1>"),
    page("Page not found - The Quay", "<h1>Page not found</h1>", text("The page you are looking for may have moved.")),
    page("The Quay", "<h1>Oops! We can't find that page.</h1>", text("Try a search, or go back to our home page.")),
    page("Seite nicht gefunden | Kai", "<h1>Seite nicht gefunden</h1>", text("Zurück zur Startseite")),
    page("Page introuvable", "<h1>Erreur 404</h1>", text("La page demandée n'existe plus.")),
    page("El Muelle", "<h1>Página no encontrada</h1>", text("La página que busca no existe o ha sido eliminada.")),
    page("Pagina non trovata", text("La pagina che cerchi non esiste.")),
    page("Sidan hittades inte", "<h1>Sidan hittades inte</h1>", text("Sidan kan ha flyttats.")),
    page("Страница не найдена", "<h1>Ошибка 404</h1>", text("Страница удалена или перемещена.")),
    page("ページが見つかりません", "<h1>ページが見つかりません</h1>", text("ページは削除された可能性があります。")),
    page("Strona nie została znaleziona", text("Strona, której szukasz, nie istnieje.")),
]
LOG_INS = [
    page("Sign in", "<h1>Sign in to continue</h1><form><input type=email><input type=password></form>"),
    page(
        "Anmelden · Kai",
        "<h1>Anmelden</h1>",
        text("Bitte melden Sie sich an, um weiterzulesen. Passwort vergessen?"),
        "<form><input type='password'></form>",
    ),
    page(
        "Connexion",
        text("Connectez-vous pour lire la suite.", "Mot de passe oublié ? Créer un compte"),
        "<form><input name=user></form>",
    ),
]
MAINTENANCE = [
    page("Site Maintenance", "<h1>We&rsquo;ll be back soon!</h1>", text("Sorry for the inconvenience.")),
    page("The Quay", text("Briefly unavailable for scheduled maintenance. Check back in a minute.")),
    page("Wartungsarbeiten", "<h1>Wir sind gleich zurück</h1>", text("Wir bitten um Verständnis.")),
    page("En maintenance", "<h1>Site en maintenance</h1>", text("Nous serons de retour très vite.")),
]
ERRORS = [
    page("500 Internal Server Error", "<h1>Internal Server Error</h1>", text("The server encountered an error.")),
    page("WordPress &rsaquo; Error", text("There has been a critical error on this website.")),
    page(
        "Welcome to nginx!",
        "<h1>Welcome to nginx!</h1>",
        text(
            "If you see this page, the nginx web server is "
            "successfully installed and working. Further configuration is required."
        ),
    ),
    page("quay.example is for sale", "<h1>quay.example</h1>", text("This domain is for sale. Buy this domain today.")),
    page(
        "Account Suspended",
        "<h1>Account Suspended</h1>",
        text("This account has been suspended. Contact your hosting provider for more information."),
    ),
    page(
        "Unavailable",
        text(
            "Unfortunately, this content is not available in your country due to legal reasons, such as "
            "the General Data Protection Regulation."
        ),
    ),
]
PAYWALLS = [
    page(
        "Quay Times",
        "<h1>Subscribe to continue reading</h1>",
        text("Get unlimited digital access for £1 a week.", "Cancel anytime.", "Already a subscriber? Log in."),
    ),
]


@pytest.mark.parametrize(
    ("message", "html"),
    [
        (message, html)
        for message, pages in [
            ("challenge", CHALLENGES),
            ("consent", CONSENTS),
            ("does not exist", MISSING),
            ("log-in", LOG_INS),
            ("maintenance", MAINTENANCE),
            ("errors or defaults", ERRORS),
            ("offer to subscribe", PAYWALLS),
        ]
        for html in pages
    ],
)
def test_says_what_was_sent_in_place_of_an_article(message, html):
    with pytest.raises(SourceError, match=message) as caught:
        extract_article(html, url=URL)
    assert caught.value.place.file == URL
    assert caught.value.hint


@pytest.mark.parametrize(
    "body",
    [
        "<div id='root'></div><script src='/a.js'></script>",
        "<noscript>You need to enable JavaScript to run this app.</noscript><div id=__next></div><script>1</script>",
        "<app-root>Loading...</app-root><script src='main.js'></script>",
        "<noscript><p>Bitte aktivieren Sie JavaScript.</p></noscript><script src='x.js'></script>",
    ],
)
def test_recognises_an_app_that_is_empty_without_scripts(body):
    with pytest.raises(SourceError, match="empty without JavaScript"):
        extract_article(page("Quay", body, head="<meta name=description content='All news from the quay.'>"), url=URL)


TEASERS = "".join(
    f"<article><h2><a href='/{n}'>Headline number {n} of the harbour</a></h2><p>{'A sentence about the town. ' * 5}</p>"
    "</article>"
    for n in range(8)
)


@pytest.mark.parametrize(
    ("url", "body", "head"),
    [
        ("https://quay.example/", "", ""),
        ("https://quay.example", "", "<meta property='og:type' content='website'>"),
        ("https://quay.example/en/", "", ""),
        ("https://quay.example/category/sport/", "class='archive category'", ""),
        ("https://quay.example/sport", "", "<meta property='og:type' content='website'>"),
    ],
)
def test_offers_the_feed_of_a_front_page(url, body, head):
    feed = "<link rel=alternate type='application/rss+xml' href='/feed.xml'>"
    with pytest.raises(SourceError, match="front page") as caught:
        extract_article(page("The Quay", "<h1>The Quay</h1>", TEASERS, head=head + feed, body=body), url=url)
    assert caught.value.hint == 'Its feed: feed = "https://quay.example/feed.xml"'


ARTICLE = "<meta property='og:type' content='article'>"


@pytest.mark.parametrize(
    ("url", "html"),
    [
        (
            URL,
            page(
                "Ferry stays in port",
                "<h1>Ferry stays in port</h1>",
                text("The noon ferry waits for the fog."),
            ),
        ),
        (
            URL,
            page(
                "Bakery closed for maintenance of its oven",
                "<h1>Bakery closed for maintenance of its oven</h1>",
                text("The bakery on Pier Road stays closed until Friday.", "Its oven of 1912 gets new bricks."),
            ),
        ),
        (
            URL,
            page(
                "Why sites ask for cookies",
                "<h1>Why sites ask for cookies</h1>",
                text(
                    "“We value your privacy” is the first sentence that readers see.",
                    "“Accept all” is the second.",
                    "A student has counted how often they are shown in a week, and found nine hundred.",
                ),
                head=ARTICLE,
            ),
        ),
        (
            URL,
            page(
                "Council backs log-in for parking",
                "<h1>Council backs log-in for parking</h1>",
                text("Drivers will log in with their licence plate from May.", "The council voted by nine to four."),
            ),
        ),
        (
            URL,
            page(
                "Short news",
                "<h1>Short news</h1>",
                text("The bridge opens at nine.", "Cars wait for ten minutes."),
                "<div id='cookie-banner'>",
                text("We use cookies.", "Accept all", "Manage choices"),
                "</div>",
            ),
        ),
        (
            URL,
            page(
                "Brief",
                "<h1>Pier reopens on Friday</h1>",
                text("The pier reopens on Friday after a year of repairs."),
                "<aside>",
                TEASERS,
                "</aside>",
                head=ARTICLE,
            ),
        ),
        (
            URL,
            page(
                "Pier",
                "<h1>Pier reopens on Friday</h1>",
                text("The pier reopens on Friday after a year of repairs."),
                "<form><input type=password>Log in</form>",
                "<script src='/cdn-cgi/challenge-platform/x.js'></script>",
            ),
        ),
        (
            "https://quay.example/",
            page("A letter", "<h1>A letter from the quay</h1>", text("The tide was low today. " * 20)),
        ),
        (URL, page("Bank resets passwords", "<h1>Bank resets passwords</h1>", text("The bank reset 4,000 passwords."))),
        (URL, page("Bus 404 runs at night", "<h1>Bus 404 runs at night</h1>", text("The 404 runs all night."))),
        (
            "articles/maintenance.html",
            page("Maintenance", "<h1>Maintenance</h1>", text("The lock is closed for maintenance.")),
        ),
    ],
)
def test_takes_short_articles_and_articles_about_such_pages(url, html):
    assert extract_article(html, url=url).text


@pytest.mark.parametrize(
    ("html", "target"),
    [
        ('<meta http-equiv="refresh" content="0; url=/new">', "https://quay.example/new"),
        (
            "<META HTTP-EQUIV=Refresh CONTENT='3;URL=\"https://quay.example/new\"'><p>This page has moved.</p>",
            "https://quay.example/new",
        ),
        ("<meta http-equiv=refresh content='0,new'>", "https://quay.example/news/new"),
        ("<script>window.location.replace('/new')</script>", "https://quay.example/new"),
        ('<script>document.location.href = "/new";</script><p>Redirecting</p>', "https://quay.example/new"),
        ("<meta http-equiv=refresh content=300>", ""),
        ("<meta http-equiv=refresh content='600;url=/new'>", ""),
        ("<meta http-equiv=refresh content='0;url=#top'>", ""),
        ("<meta http-equiv=refresh content='0;url=javascript:alert(1)'>", ""),
        ("<noscript><meta http-equiv=refresh content='0;url=/?js=0'></noscript><div id=app></div>", ""),
        ("<meta http-equiv=refresh content='0;url=/new'>" + "<p>Much text</p>" * 60, ""),
        ("<script>if (old) location.href = '/new'</script>" + "<p>Much text</p>" * 60, ""),
        ("", ""),
    ],
)
def test_follows_a_page_that_only_leads_on(html, target):
    assert page_it_leads_to(html, url=URL) == target


def test_a_page_that_only_leads_on_is_no_article():
    error = find_obstacle("<meta http-equiv=refresh content='0;url=/new'><p>This page has moved.</p>", url=URL, text="")
    assert "only leads on to https://quay.example/new" in str(error)
