"""The verbs: what each command does, in terms of the packages below.

::

    sources ──collect──▶ articles.jsonl ──plan──▶ issue.md ──build──▶ build/{email.html,email.txt,manifest.json}
              collecting                 merge      ▲  edit              building │        ▲
                                                    └── preview, check ◀──────────┘        │ approve
                                                        previewing, building               │
              inboxes ◀──send── provider ◀── batches ◀── audience ◀── lists                │
                        sending              ledger      suppressions             token ◀──┘

A verb takes an open `Project`, returns a frozen dataclass, and prints nothing. `starting` makes newsletters, `standing`
tells where each issue stands, `lists` looks after subscribers.
"""
