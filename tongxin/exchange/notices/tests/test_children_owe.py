"""A pupil may owe something themselves and somebody above be told of it: the name stays where it may be read."""

from datetime import timedelta

import pytest
from django.urls import reverse

from tongxin.exchange.notices import wording
from tongxin.kernel.obligations.models import Message
from tongxin.kernel.obligations.reminders import remind
from tongxin.kernel.programmes.services import change
from tongxin.testing.cast import NOW

from .conftest import WITH_STEPS

COUNT = "    bearer: homeroom_teacher\n    count: {kind: home_visit, part: visited}\n"
STEP = "escalate: [{at: -60d, to: secretary}, {at: -60d, to: homeroom_teacher}]"
THEMSELVES = WITH_STEPS.replace("remind: [60d, 3d]", STEP).replace(
    COUNT, COUNT.replace("homeroom_teacher", "self")
)
PLAIN = THEMSELVES.replace(
    "count: {kind: home_visit, part: visited}", "count: {kind: wellbeing_lesson, part: homeroom}"
)


def told(world, text, who):
    assert text != WITH_STEPS
    change(world.programme, text, "学生自己负责", by=None, base=1)
    remind(world.school, NOW.date() + timedelta(days=1))
    found = Message.objects.filter(matter__bearer__type="student", recipient=who.subject)
    messages = list(found.select_related("matter", "matter__bearer"))
    assert messages
    return messages, {message.matter.bearer.name for message in messages}


@pytest.mark.parametrize("text", [PLAIN, THEMSELVES])
def test_no_letter_names_a_pupil_who_owes_something(world, text):
    messages, pupils = told(world, text, world.wang)
    letter = wording.letter("青山中学", messages, NOW.date())
    assert not [name for name in pupils if name in letter.body]
    assert f"您有{len(messages)}件事" in letter.body


def test_on_the_page_a_pupil_is_named_to_those_who_may_read_the_class_of_the_rule(world, client):
    messages, pupils = told(world, THEMSELVES, world.wang)
    said = [line.text for line in wording.page_lines(world.wang.viewer(), messages, NOW.date())]
    assert not [name for name in pupils if name in "".join(said)]
    assert "一名学生或家长负责的" in said[0]
    own = list(Message.objects.filter(matter__bearer__type="student", recipient=world.liu.subject))
    said = [line.text for line in wording.page_lines(world.liu.viewer(), own, NOW.date())]
    assert "安小禾" in "".join(said)


def test_following_up_names_and_filters_no_pupil_beyond_reach(world, client):
    messages, pupils = told(world, THEMSELVES, world.wang)
    world.sign_in(client, world.wang)
    page = client.get(reverse("notices:matters"), {"state": ""}).content.decode()
    assert not [name for name in pupils if name in page]
    one = messages[0].matter.bearer
    narrowed = client.get(reverse("notices:matters"), {"state": "", "who": one.public_id})
    assert narrowed.context["lines"] == []
    world.sign_in(client, world.liu)
    assert "安小禾" in client.get(reverse("notices:matters"), {"state": ""}).content.decode()
