"""Topics of messages that belong to no rule of a programme: what their reader's page says, where it leads."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from tongxin.kernel.signals.topics import CALLED, TO_LOOK_AT

# A trial of the call of somebody who has to look at a child at once.
CALLED_TRY = "called_try"
# Some of a class have not filled in something; the server's clock jumped.
NOT_BEGUN, CLOCK_OFF = "not_begun", "clock_off"
# A family wrote; a task was handed down; a summary was handed up; one is told of a report that cannot wait, or of its deadline.
FAMILY_WROTE, TASK_GIVEN, HANDED_UP = "family_wrote", "task_given", "handed_up"
HARM_TOLD, HARM_DUE = "harm_told", "harm_due"

# Home visits were planned for somebody; a family is asked whether the time suits; a family's difficulty was given to somebody.
VISITS_YOURS, VISIT_TO_CONFIRM, FAMILY_NEEDS = "visits_yours", "visit_to_confirm", "family_needs"
# The time a family or whoever goes was told is another one now; others come; a visit that was announced is off.
VISIT_MOVED, VISIT_BY_OTHERS, VISIT_OFF = "visit_moved", "visit_by_others", "visit_off"
VISITS_CHANGED = "visits_changed"

# A child's case: something new, given to keep, late, waits for a second person, has no keeper, is to be received.
CASE_NEWS, CASE_YOURS, CASE_LATE, CASE_TO_CLOSE = "case_news", "case_yours", "case_late", "case_to_close"
CASE_WITHOUT_KEEPER, CASE_TO_RECEIVE = "case_without_keeper", "case_to_receive"
# Something to do for a child, not done in time; what came of a signal was not written down.
CHILD_TASK, CHILD_TASK_LATE, OUTCOME_OWED = "child_task", "child_task_late", "outcome_owed"

# A round of pairing or teaming: wishes are asked for, one's own pair is out, somebody objects, it is in force.
ROUND_WISHES, ROUND_ANSWER = "round_wishes", "round_answer"
ROUND_OBJECTION, ROUND_IN_FORCE = "round_objection", "round_in_force"

# These leave by e-mail at once, whatever the hour, the day and the reader's rhythm.
URGENT = (CALLED, CALLED_TRY, CLOCK_OFF, HARM_TOLD, HARM_DUE)

SENTENCES = {
    CALLED: _("有一名学生请您现在当面看看。请打开，点“我来处理”或“转给下一位”。"),
    CALLED_TRY: _("这是试一次，没有学生需要您看。看到它，说明有事时能通知到您。"),
    TO_LOOK_AT: _("有学生请您在一天内看看。请打开，点“我来处理”或“转给下一位”。"),
    CASE_NEWS: _("您负责的一名学生有了新情况，请打开看看。"),
    CASE_YOURS: _("有一名学生请您负责，请打开看看下一步做什么。"),
    CASE_LATE: _("有一名学生的事过了期限，请打开看看下一步做什么。"),
    CASE_TO_CLOSE: _("有一份结案申请，要由您这第二个人看过再同意。"),
    CASE_WITHOUT_KEEPER: _("有一名学生现在没有人负责，请安排接手的人。"),
    CASE_TO_RECEIVE: _("有一名学生请您接手，请打开点“我接手了”。"),
    CHILD_TASK: _("有一件事请您为一名学生做，请打开看看。"),
    CHILD_TASK_LATE: _("请别人为学生做的一件事过了日期，还没有做。"),
    OUTCOME_OWED: _("有学生已经有人去看过，还没有写下结果。请打开写一句，或建个案。"),
    NOT_BEGUN: _("您班上还有学生没有填，请打开看看是谁，提醒一下。"),
    CLOCK_OFF: _("服务器的时钟刚才跳了一分钟以上，通知的时间可能不准。请核对服务器的时间，再重新启动后台。"),
    FAMILY_WROTE: _("有家长给您留了话，请打开回复。"),
    TASK_GIVEN: _("给您派了一个任务，请打开看要求和期限。"),
    HANDED_UP: _("有一份报告交上来了，请打开看看。"),
    HARM_TOLD: _("有一份报告告诉了您，请现在打开。"),
    HARM_DUE: _("有一份报告的上报时限快到了，请现在打开。"),
    VISITS_YOURS: _("家访排好了，请打开看您的时间和路线。"),
    VISIT_TO_CONFIRM: _("老师想来家访，请打开看时间，方便就点“可以”。"),
    VISIT_MOVED: _("家访的时间改了，请打开看新的时间，方便就点“可以”。"),
    VISIT_BY_OTHERS: _("家访的时间没有变，来的老师有变化，请打开看谁来。"),
    VISIT_OFF: _("原来说好的家访时间取消了，排好以后再告诉您。"),
    VISITS_CHANGED: _("您的家访路线改了，请打开看现在的时间和路线。"),
    FAMILY_NEEDS: _("有一个家庭的困难请您帮忙，请打开看看。"),
    ROUND_WISHES: _("有一轮结对请您填志愿，点几下就好。"),
    ROUND_ANSWER: _("结对的名单出来了，请看看您的，同意或写下意见。"),
    ROUND_OBJECTION: _("有人对结对的名单有意见，请打开处理。"),
    ROUND_IN_FORCE: _("结对生效了，请打开看看。"),
}
PLACES = {
    CALLED: "cases:signals", TO_LOOK_AT: "cases:signals", NOT_BEGUN: "screening:home",
    FAMILY_WROTE: "network:families", TASK_GIVEN: "network:tasks", HANDED_UP: "network:reports",
    HARM_TOLD: "network:harm", HARM_DUE: "network:harm",
    **dict.fromkeys((CASE_NEWS, CASE_YOURS, CASE_LATE, CASE_TO_CLOSE, CASE_WITHOUT_KEEPER), "cases:mine"),
    CASE_TO_RECEIVE: "cases:handovers", CHILD_TASK: "cases:tasks", CHILD_TASK_LATE: "cases:mine",
    OUTCOME_OWED: "cases:taken", VISITS_YOURS: "home_visits:home", VISIT_TO_CONFIRM: "home_visits:family",
    FAMILY_NEEDS: "home_visits:requests", VISITS_CHANGED: "home_visits:home",
    **dict.fromkeys((VISIT_MOVED, VISIT_BY_OTHERS, VISIT_OFF), "home_visits:family"),
    **dict.fromkeys((ROUND_WISHES, ROUND_ANSWER, ROUND_OBJECTION, ROUND_IN_FORCE), "rounds:home"),
}  # fmt: skip
# What leaves the house: no word about mental health, no name, no address that says more than the front door.
SUBJECTS = {
    CALLED: _("提醒：有一件事请您现在登录处理"),
    CALLED_TRY: _("提醒：这是试发，不用处理"),
    CLOCK_OFF: _("提醒：服务器的时钟不准"),
    HARM_TOLD: _("提醒：有一件事请您现在登录处理"),
    HARM_DUE: _("提醒：有一件事请您现在登录处理"),
}
LETTERS = {
    CALLED: _("有一件事请您现在登录处理。请尽快回应，过了时间会转给下一位。"),
    CALLED_TRY: _("这是试发的邮件，没有事要处理。收到它，说明有事时能通知到您。"),
    CLOCK_OFF: SENTENCES[CLOCK_OFF],
    HARM_TOLD: _("有一件事请您现在登录处理。"),
    HARM_DUE: _("有一件事的时限快到了，请您现在登录处理。"),
}
