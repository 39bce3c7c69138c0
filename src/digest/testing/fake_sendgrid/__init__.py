"""A fake SendGrid on loopback: a real HTTP server that rejects what SendGrid rejects, and fails as networks fail.

.. code-block:: python

    with FakeSendGrid() as fake:
        fake.disturb("429", "drop-after")      # what the next calls of /v3/mail/send meet
        settings = {"host": fake.host}         # for [providers.sendgrid]
        ...
        assert [mail.to for mail in fake.mails] == ["ana@example.com"]

It is written from the vendor's published documents, not from the provider that it tests.
"""

from digest.testing.fake_sendgrid.fake_account import FAKE_KEY, FakeAccount, SentMail
from digest.testing.fake_sendgrid.fake_server import FakeSendGrid

__all__ = ["FAKE_KEY", "FakeAccount", "FakeSendGrid", "SentMail"]
