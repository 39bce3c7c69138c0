from __future__ import annotations


def test_c501_looks_only_at_the_configured_clients(problems, clean, built):
    clean.rendered = built(clean, html=lambda html: html.replace("tide.png", "tide.svg"))
    assert [code for code, _ in problems(clean)] == ["C501"]
    check = clean.config.check.model_copy(update={"clients": ("outlook", "yahoo")})
    clean.config = clean.config.model_copy(update={"check": check})
    assert problems(clean) == []
