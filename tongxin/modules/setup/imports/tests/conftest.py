import io

import pytest
import xlsxwriter
from django.urls import reverse

from tongxin.testing.cast import cast, today  # noqa: F401

HEADINGS = ["姓名", "身份证号", "班级", "监护人", "联系电话"]
WU = ["吴军", "130108201211234015", "七年级1班", "吴大山", "13800000001"]
LIN = ["林燕", "43112920121130104X", "七年级3班", "林大海", "13800000002"]


@pytest.fixture(autouse=True)
def data_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "data"
    return settings.DATA_DIR


def workbook(rows, name="名单.xlsx", sheet="七年级"):
    """Return an uploaded workbook of text cells."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        page = book.add_worksheet(sheet)
        for number, row in enumerate(rows):
            for column, text in enumerate(row):
                page.write_string(number, column, text)
    out.seek(0)
    out.name = name
    return out


@pytest.fixture
def upload(client):
    """Return a function that uploads rows and returns the import's address part."""

    def send(rows, kind="students"):
        answer = client.post(reverse("setup:import_upload"), {"kind": kind, "file": workbook(rows)})
        assert answer.status_code == 302, answer.content.decode()
        return answer["Location"].strip("/").split("/")[-2]

    return send


@pytest.fixture
def bring_in(client, upload):
    """Return a function that takes rows through every page and returns the import's address part."""

    def through(rows, kind="students"):
        key = upload(rows, kind)
        page = client.get(reverse("setup:import_preview", args=[key]))
        form = page.context["form"]
        data = {"since": form["since"].value(), "fingerprint": form["fingerprint"].value()}
        assert client.post(reverse("setup:import_confirm", args=[key]), data).status_code == 302
        return key

    return through
