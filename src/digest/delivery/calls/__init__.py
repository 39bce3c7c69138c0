"""What happens around the calls to a provider: another attempt, refusals and deferrals, and outcomes that are unknown.

The senders above decide what to post. This is about what to do if a reply is not a plain acceptance.
"""
