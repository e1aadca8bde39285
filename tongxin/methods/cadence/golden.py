"""Golden cases: a small world per case, the verdict its author expects, and whether the evaluator agrees.

A case is read liberally: what it leaves out is invented so that the rule applies and the entry would count.

    cases:
      - name: 只在暑假家访过，春季学期算未完成      # one sentence, required
        as_of: 2023-08-01                       # required; the day the verdict is asked for
        verdict: missed                         # met | open | missed | waived | not_expected | none (no row at all)
        entries:
          - kind: home_visit                    # default: the first kind the rule counts
            on: 2023-07-20                      # the day; a span is {from: 2023-07-20, to: 2023-07-22}
            at: "15:30"                         # time of day, optional
            times: 2                            # that many alike entries; default 1
            part: visited                       # part of the subject; default: the part the rule counts
            who: subject                        # who plays it: subject (default) | other | nobody
            people: 5                           # how many invented people play the part (for groups and activities)
            mode: online                        # any qualifier or amount of the kind by name (hours: 1.5, theme: …)
            with: {visitor: liu, observer: 3}   # further parts: a name, a list of names, or how many people
            by: other                           # the one the rule's `by` asks for is somebody else; `with: other` alike
            evidence: [photo]                   # default: all the rule needs; [] or none: nothing
            absent: true                        # the subject is recorded absent
            recorded: 2023-08-02                # when it was entered (day or time); default: at once
            evidence_recorded: 2023-09-01       # when the evidence was added; default: with the entry
            withdrawn: 2023-08-10               # when it was taken back
        attributes: {priority_care: true, class_size: 40, need_type: null}    # null = unknown
        # or dated: [{attribute: priority_care, value: true, from: 2023-03-01, to: 2023-04-30, recorded: 2023-03-05}]
        links: [homeroom_liaison, {link: secretary, from: 2023-03-01, to: 2023-06-30}]   # of the subject
        posts: [homeroom_teacher]               # the subject holds them; the same as links
        not_links: [branch_member]              # links the rule would invent, left out
        present: {from: 2023-03-01, to: 2023-05-31}      # default: always
        waiver: {reason: 家长书面谢绝, by: secretary, from: 2023-03-01, to: 2023-06-30}   # or true
        known_at: 2023-08-05                    # only what was entered by then; default: everything
        window: 2023春                          # name of the window, or a day in it; default: the latest begun
        calendar: {…}                           # another calendar than the pack's test_calendar
        done: 0 · owed: 1 · over: 0 · late_by: 3 · reason: 特殊 · bearer: [homeroom_teacher]     # checked when given

A student lives in a homeroom (with a homeroom teacher), a member of staff in a department, a member in a branch (with a
secretary), all in one school with a secretary; every post of the pack is held by an invented person called after it.
Names in `with:` are invented staff; a name equal to a post is that post's holder. An activity rule judges the first
entry of the case.
"""
