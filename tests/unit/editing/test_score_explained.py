"""A story's score says how it comes about."""

from __future__ import annotations

from digest.editing import Score


def test_a_score_names_every_number_that_it_is_made_of():
    parts = {"weight": 1.5, "recency": 0.794, "coverage": 0.8, "substance": 0.25}
    score = Score(total=1.5 * (1 + 0.794 + 0.8 + 0.25), parts=parts)
    assert str(score) == "1.5 x (1 + recency 0.79 + coverage 0.80 + substance 0.25) = 4.27"


def test_what_a_story_has_in_common_with_others_is_named_too():
    parts = {"weight": 1.5, "recency": 0.794, "coverage": 0.8, "substance": 0.25}
    score = Score(total=1.5 * (1 + 0.794 + 0.8 + 0.25) / 1.12, parts=parts, variety={"same section": 0.12})
    assert str(score) == ("1.5 x (1 + recency 0.79 + coverage 0.80 + substance 0.25) / (1 + same section 0.12) = 3.81")
