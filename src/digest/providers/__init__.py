"""The services that send the mail: one contract, one module or sub-package per provider, found by entry point.

========================  ==============================================================================================
``contract``              what a provider is: `Provider`, its `Capabilities`, a `Diagnosis`, `MailHolds`
``base_provider``         `BaseProvider`, the defaults of everything that a simple service does not have
``provider_call``         what goes into one call and what comes back: `MailContent`, `Recipient`, `SendResult`
``provider_registry``     providers by name, and the settings of each
``outbox``, ``smtp``, …   the providers
``two_phase_self_test``   whether an account really holds mail back, and ``two_phase_record``, its record
========================  ==============================================================================================
"""

from digest.config import ProviderSettings
from digest.providers.base_provider import BaseProvider
from digest.providers.contract import (
    CancelRefusedError,
    Capabilities,
    Diagnosis,
    MailHolds,
    Provider,
    ProviderAccount,
    do_nothing,
)
from digest.providers.message_composition import MessageComposer
from digest.providers.provider_call import (
    CallRefused,
    Deferred,
    Fault,
    LinkedRecipients,
    MailContent,
    NoSlot,
    NotSent,
    Outcome,
    Recipient,
    SendResult,
    Verdict,
)
from digest.providers.provider_registry import InstalledSettings, open_provider, provider_names
from digest.providers.smtp_replies import is_bounce_at_rcpt, is_greylisting, is_hard_bounce, wording
from digest.providers.two_phase_self_test import (
    SelfTestStep,
    begin_two_phase_test,
    finish_two_phase_test,
    passed_two_phase_test,
    require_two_phase,
)

__all__ = [
    "BaseProvider",
    "CallRefused",
    "CancelRefusedError",
    "Capabilities",
    "Deferred",
    "Diagnosis",
    "Fault",
    "InstalledSettings",
    "LinkedRecipients",
    "MailContent",
    "MailHolds",
    "MessageComposer",
    "NoSlot",
    "NotSent",
    "Outcome",
    "Provider",
    "ProviderAccount",
    "ProviderSettings",
    "Recipient",
    "SelfTestStep",
    "SendResult",
    "Verdict",
    "begin_two_phase_test",
    "do_nothing",
    "finish_two_phase_test",
    "is_bounce_at_rcpt",
    "is_greylisting",
    "is_hard_bounce",
    "open_provider",
    "passed_two_phase_test",
    "provider_names",
    "require_two_phase",
    "wording",
]
