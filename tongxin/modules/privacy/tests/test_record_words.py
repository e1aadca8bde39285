"""The audit record speaks the users' language: every code that is written has its words."""

import re
from pathlib import Path

from django.urls import reverse

from tongxin.kernel.people import services as people
from tongxin.modules.privacy.record_words import ACTIONS

SOURCES = Path(__file__).resolve().parents[3]
ROOMS = "access|authoring|calendar|consent|insight|keys|ledger|notices|obligations|people|privacy|programmes|rosters|setup"
CODE = re.compile(rf'audit\.write\([^"]*?"((?:{ROOMS})\.[a-z_]+)"')


def test_every_code_of_the_audit_record_has_words():
    written = {
        code
        for path in SOURCES.rglob("*.py")
        if "tests" not in path.parts
        for code in CODE.findall(path.read_text(encoding="utf-8"))
    }
    assert "ledger.entry_read" in written
    assert written - set(ACTIONS) == set()


def test_the_audit_page_says_what_was_done(client, cast, today):
    people.appoint(cast.xu.subject, "audit_admin", people.school_subject(cast.school), since=today)
    people.depart(cast.ma.subject, today, by=cast.wang.account)
    cast.sign_in(client, cast.xu)
    page = client.get(reverse("privacy:audit")).content.decode()
    assert "办理离校" in page
    assert "people.departed" not in page
