"""A pack file may be anything: the door says in a sentence and with a line what is wrong, or every page of its draft opens."""

from __future__ import annotations

from random import Random

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import reverse

from tongxin.methods.cadence.lint import check_path
from tongxin.modules.authoring import services
from tongxin.modules.authoring.models import PackDraft

from .spoiling import FAULTS, ODDITIES, spoiled, with_fault

SEEDS = range(200)


def url(name, *args):
    return reverse(f"authoring:{name}", args=args)


def upload(client, text):
    file = SimpleUploadedFile("pack.yaml", text.encode())
    return client.post(url("drafts"), {"upload": "1", "file": file})


def sent(fields):
    return {field.html_name: "" if field.value() is None else field.value() for field in fields}


FORMS = ("about", "plan", "words", "kind", "rule", "hand_over")


def walk(client, draft, forms=FORMS):
    """Open every page of a draft, and send some of its forms as they stand; the client raises what a view does."""

    def opened(name, *args):
        answer = client.get(url(name, draft.public_id, *args))
        assert answer.status_code == 200, (name, args)
        return answer.context

    def send(name, *args, **form):
        if name == "undo" or name.removesuffix("_copy") in forms:
            draft.refresh_from_db()
            answer = client.post(url(name, draft.public_id, *args), form | {"revision": draft.revision})
            assert answer.status_code in (200, 302), (name, args)

    for name in ("draft", "export", "kind_new", "rule_new"):
        opened(name)
    send("about", **sent(opened("about")["form"]))
    for name in ("plan", "words"):
        send(name, **_tables(opened(name)["tables"]))
    for kind in list(services.pack_of(draft).kinds)[:1]:
        form = opened("kind", kind)["form"]
        send("kind", kind, **sent(form), **_tables(form.tables))
    for at in range(len(services.pack_of(draft).raw.get("obligations") or []))[:1]:
        form = sent(opened("rule", at)["form"])
        send("rule", at, **form, **{"try": "1"})
        send("rule", at, **form, save="1")
        send("rule_copy", at)
    opened("hand_over")
    send("hand_over", year="2026", note="")
    if PackDraft.objects.filter(pk=draft.pk).exists():
        send("undo")
        opened("draft")


def _tables(tables):
    found = {}
    for _title, table in tables:
        found |= {f"{table.prefix}-count": str(table.count)} | sent(f for row in table.table() for f in row)
    return found


def test_every_fault_in_a_file_is_said_at_the_door_with_its_line(tmp_path, cast, client):
    cast.sign_in(client, cast.wang)
    for fault, (path, value, said) in FAULTS.items():
        text = with_fault(path, value)
        (tmp_path / "pack.yaml").write_text(text, encoding="utf-8")
        linted = [f for f in check_path(tmp_path / "pack.yaml") if said in f.sentence]
        assert linted, f"`tongxin check` says nothing of {fault}"
        page = upload(client, text)
        assert page.status_code == 200, fault
        expected = f"第 {linted[0].line} 行：{linted[0].sentence}"
        assert expected in page.context["upload"].errors["file"], fault
    assert not PackDraft.objects.exists()


@pytest.mark.parametrize("oddity", ODDITIES)
def test_an_odd_pack_is_taken_and_every_page_of_its_draft_opens(oddity, cast, client):
    cast.sign_in(client, cast.wang)
    assert upload(client, with_fault(*ODDITIES[oddity])).status_code == 302
    walk(client, PackDraft.objects.get())


def test_packs_spoiled_at_random_are_refused_or_every_page_of_their_drafts_opens(cast, client):
    cast.sign_in(client, cast.wang)
    taken = 0
    for seed in SEEDS:
        with transaction.atomic():
            try:
                answer = upload(client, spoiled(Random(seed)))
                if answer.status_code == 302:
                    walk(client, PackDraft.objects.get(), (FORMS[seed % len(FORMS)],))
                    taken += 1
                else:
                    assert answer.context["upload"].errors["file"]
            except Exception as error:
                raise AssertionError(f"seed {seed}") from error
            transaction.set_rollback(True)
    assert len(SEEDS) // 4 < taken < len(SEEDS), "some are taken and some are refused"
