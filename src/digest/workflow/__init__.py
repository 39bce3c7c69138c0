"""The verbs: what each command does, in terms of the packages below.

::

    sources ──collect──▶ articles.jsonl ──plan──▶ issue.md ──build──▶ build/{email.html,email.txt,manifest.json}
              collecting                 merge      ▲  edit              building │        ▲
                                                    └── preview, check ◀──────────┘        │ approve
                                                        building                           │
              inboxes ◀──send── provider ◀── batches ◀── audience ◀── lists                │
                        sending              ledger      suppressions             token ◀──┘

A verb takes an open `Project`, returns a frozen dataclass, and prints nothing: ``collecting.collect`` and ``add``,
``building.build``, ``check`` and ``approve``, ``sending.send`` and ``send_test``, ``standing.status``,
``people.check_lists``, ``starting.initialise`` and ``make_demo_newsletter``. Import the module that has
the one you need: each brings its own libraries.
"""
