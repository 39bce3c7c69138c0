"""Campaigns: one rendered issue to one audience, once, no matter when the program crashes.

Imports go down only::

    sender ─▶ two_phase_sender ─▶ batch_sender ─▶ calls/           posts mail
    rehearsal, cancellation                                        what else a user does with a campaign
    campaign_rails, recipients, composer, campaign                 pure
    ledger ─▶ group_ledger ─▶ batch_ledger ─▶ stores/              what is about to be posted, and its outcome
"""

from digest.delivery.campaign import (
    Campaign,
    CampaignDoneError,
    CampaignError,
    CampaignIncompleteError,
    CampaignInterrupted,
    CampaignRefusedError,
    CampaignRejectedError,
    CampaignState,
    SendReport,
)
from digest.delivery.campaign_rails import is_replaced
from digest.delivery.cancellation import cancel_campaign
from digest.delivery.ledger import Ledger, find_ledger, open_ledger
from digest.delivery.recipients import AudienceIndex, PlannedBatch, plan_batch, plan_campaign
from digest.delivery.rehearsal import preview_campaign, send_test_message
from digest.delivery.sender import send_campaign
from digest.delivery.stores.ledger_snapshot import LedgerSnapshot
from digest.delivery.stores.rejections import UnreachedRecipient
from digest.delivery.stores.store import required_key

__all__ = [
    "AudienceIndex",
    "Campaign",
    "CampaignDoneError",
    "CampaignError",
    "CampaignIncompleteError",
    "CampaignInterrupted",
    "CampaignRefusedError",
    "CampaignRejectedError",
    "CampaignState",
    "Ledger",
    "LedgerSnapshot",
    "PlannedBatch",
    "SendReport",
    "UnreachedRecipient",
    "cancel_campaign",
    "find_ledger",
    "is_replaced",
    "open_ledger",
    "plan_batch",
    "plan_campaign",
    "preview_campaign",
    "required_key",
    "send_campaign",
    "send_test_message",
]
