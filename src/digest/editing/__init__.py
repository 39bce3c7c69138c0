"""From a week of articles to a proposed issue: group, rank, select and summarise. Pure: no disk, network or clock."""

from digest.editing.bullets import pick_bullets
from digest.editing.grouping import address_reused, group_articles
from digest.editing.issue_plan import Dropped, Period, Plan, plan_issue
from digest.editing.proposal import other_reports, propose_story
from digest.editing.provenance import Trace, trace_bullets
from digest.editing.story_ranking import Ranked, Score, score_story
from digest.editing.story_updates import by_address, was_seen

__all__ = [
    "Dropped",
    "Period",
    "Plan",
    "Ranked",
    "Score",
    "Trace",
    "address_reused",
    "by_address",
    "group_articles",
    "other_reports",
    "pick_bullets",
    "plan_issue",
    "propose_story",
    "score_story",
    "trace_bullets",
    "was_seen",
]
