"""Campaigns: one rendered issue to one audience, once, whatever crashes and whenever."""

from digest.delivery.cancelling import cancel_campaign
from digest.delivery.ledger import Ledger
from digest.delivery.ledger_snapshot import LedgerSnapshot
from digest.delivery.plan import PlannedBatch, plan_batch, plan_campaign
from digest.delivery.report import (
    Campaign,
    CampaignDoneError,
    CampaignError,
    CampaignIncompleteError,
    CampaignInterrupted,
    CampaignRefusedError,
    SendReport,
)
from digest.delivery.roster import Roster
from digest.delivery.sender import send_campaign
from digest.delivery.starting import last_size, preview_campaign
from digest.delivery.stores.base import required_key
from digest.delivery.stores.git import has_branch
from digest.delivery.suppressing import without_suppressed
from digest.delivery.trial import send_test

__all__ = [
    "Campaign",
    "CampaignDoneError",
    "CampaignError",
    "CampaignIncompleteError",
    "CampaignInterrupted",
    "CampaignRefusedError",
    "Ledger",
    "LedgerSnapshot",
    "PlannedBatch",
    "Roster",
    "SendReport",
    "cancel_campaign",
    "has_branch",
    "last_size",
    "plan_batch",
    "plan_campaign",
    "preview_campaign",
    "required_key",
    "send_campaign",
    "send_test",
    "without_suppressed",
]
