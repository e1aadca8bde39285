"""Thousands of invented families: what the ledger answers against a second, plainer telling of the rules.

The model below walks day by day through a family's life and keeps who said what; it shares no code with rules.py.
One example of hypothesis is a class of children whose rows really lie in the database.
"""

from datetime import date, datetime, time, timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tongxin.kernel.base.fields import NO_END
from tongxin.kernel.base.models import Link
from tongxin.kernel.consent.models import Consent, ConsentText
from tongxin.kernel.consent.queries import may_process, may_process_each
from tongxin.kernel.people import services as people
from tongxin.kernel.people.models import Person

START = date(2026, 1, 1)
LENGTH = 40  # days of each story
CHILDREN, CLASSES = 40, 55  # 2,200 histories
days = st.integers(0, LENGTH - 1)
spans = st.tuples(days, days).map(sorted)
people_of = ("mother", "father", "child")
# Consent is what is said most, and texts come out early, so that both answers come up often.
SAID = ("given", "given", "given", "given", "refused", "withdrawn")


@st.composite
def histories(draw):
    """A family: when the child is here, who is guardian when, how old it is, what everybody says."""
    return {
        "here": draw(st.one_of(st.just([0, LENGTH]), spans)),
        "mother": draw(st.one_of(st.just([[0, LENGTH]]), st.lists(spans, max_size=2))),
        "father": draw(st.one_of(st.just([]), st.lists(spans, max_size=2))),
        # The fourteenth birthday falls before, within or after the story, or nobody knows it.
        "fourteen": draw(st.one_of(st.none(), st.integers(-5, LENGTH + 5))),
        "says": draw(
            st.lists(
                st.tuples(days, st.sampled_from(people_of), st.sampled_from(SAID)),
                max_size=7,
            )
        ),
    }


texts_of = st.lists(st.tuples(st.integers(0, 5) | days, st.booleans()), min_size=0, max_size=3)


def told(story, texts, asked):
    """Tell the answer at noon of a day by living through the days before it."""

    def is_guardian(who, on):
        return any(first <= on <= last for first, last in story[who])

    def is_here(on):
        return story["here"][0] <= on <= story["here"][1]

    if not is_here(asked):
        return False
    # Texts come out at eight, people speak at ten, and whoever speaks has read the newest text.
    published = sorted(texts)
    words = {}
    for today in range(asked + 1):
        for day, who, what in story["says"]:
            read = sum(1 for out, _ in published if out <= today)
            if read and day == today and is_here(today) and (who == "child" or is_guardian(who, today)):
                words[who] = (what, read, today)
    known = [number for number, (out, _) in enumerate(published, 1) if out <= asked]
    if not known:
        return False
    needed = max([n for n in known if published[n - 1][1]] or [0])

    def yes(who):
        return who in words and words[who][0] == "given" and words[who][1] >= needed

    if "child" in words and words["child"][0] != "given":
        return False
    if story["fourteen"] is not None and asked > story["fourteen"]:
        # A younger child's yes only took back its own no.
        return yes("child") and words["child"][2] > story["fourteen"]
    present = [who for who in ("mother", "father") if is_guardian(who, asked)]
    if any(who in words and words[who][0] != "given" for who in present):
        return False
    return any(yes(who) for who in present)


def moment(day, hour):
    return timezone.make_aware(datetime.combine(START + timedelta(days=day), time(hour)))


def write(school, children, stories, texts):
    """Put the stories into the database as the services would, past their refusals: rows of any kind may lie there."""
    Consent.objects.all()._raw_delete("default")
    ConsentText.objects.all()._raw_delete("default")
    Link.objects.filter(school=school, kind="guardian_of").delete()
    made = [
        ConsentText(school=school, purpose="screening", version=n, body="说明", renews=renews,
                    published_at=moment(out, 8))
        for n, (out, renews) in enumerate(sorted(texts), 1)
    ]  # fmt: skip
    made = ConsentText.objects.bulk_create(made)
    links, rows = [], []
    for (child, persons), story in zip(children, stories, strict=True):
        child.present_from = START + timedelta(days=story["here"][0])
        child.present_to = START + timedelta(days=story["here"][1])
        child.save()
        birth = None
        if story["fourteen"] is not None:
            birthday = START + timedelta(days=story["fourteen"])
            birth = birthday.replace(year=birthday.year - 14)
        Person.objects.filter(pk=child.pk).update(birth_date=birth)
        for who in ("mother", "father"):
            links += [
                Link(school=school, kind="guardian_of", a=persons[who], b=child,
                     valid_from=START + timedelta(days=first), valid_to=START + timedelta(days=last))
                for first, last in story[who]
            ]  # fmt: skip
        for day, who, what in story["says"]:
            read = [text for text in made if text.published_at <= moment(day, 10)]
            if read:
                rows.append(
                    Consent(school=school, student=child, purpose="screening", what=what,
                            who=persons.get(who, child), text=read[-1], channel="paper", at=moment(day, 10))
                )  # fmt: skip
    Link.objects.bulk_create(links)
    Consent.objects.bulk_create(rows)


@pytest.fixture
def classroom(cast):
    """Forty children with two possible guardians each, who are none yet."""
    made = []
    for number in range(CHILDREN):
        child = people.make_student(cast.school, f"学生{number}").person.subject
        persons = {
            who: people.make_subject(cast.school, "guardian", f"家长{number}{who}")
            for who in ("mother", "father")
        }
        made.append((child, persons))
    assert NO_END > START
    return cast.school, made


def test_the_ledger_answers_as_the_plain_story_does(classroom):
    school, children = classroom
    asked_in_all = [0, 0]

    @settings(
        max_examples=CLASSES,
        deadline=None,
        # The same families every time: how often both answers come up must not be left to chance.
        derandomize=True,
        database=None,
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.large_base_example,
        ],
    )
    @given(
        stories=st.lists(histories(), min_size=CHILDREN, max_size=CHILDREN),
        texts=texts_of,
        asked=st.lists(days, min_size=3, max_size=3),
    )
    def compare(stories, texts, asked):
        write(school, children, stories, texts)
        for day in asked:
            answers = may_process_each(
                school.pk, [child for child, _ in children], "screening", moment(day, 12)
            )
            alone = {child.pk: may_process(child, "screening", moment(day, 12)) for child, _ in children}
            assert alone == answers
            for (child, _), story in zip(children, stories, strict=True):
                expected = told(story, texts, day)
                assert answers[child.pk].allowed == expected, (
                    story,
                    sorted(texts),
                    day,
                    answers[child.pk].why,
                )
                asked_in_all[expected] += 1

    compare()
    # Both answers came up often enough for the comparison to mean something.
    assert sum(asked_in_all) >= 3 * 2000
    assert min(asked_in_all) >= 100, asked_in_all
