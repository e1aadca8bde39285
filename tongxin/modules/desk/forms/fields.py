"""Form fields of the desk: several ids under one name, several files under one name."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _

_ID = re.compile(r"[\w-]{22}")
MOST_IDS = 3000
MOST_FILES = 12


class _Ids(forms.SelectMultiple):
    def value_from_datadict(self, data, files, name):
        return data.getlist(name) if hasattr(data, "getlist") else data.get(name, [])


class IdsField(forms.Field):
    """Public ids, each once, in the order sent. What they point to is checked by the form."""

    widget = _Ids

    def clean(self, value: Any) -> list[str]:
        ids = list(dict.fromkeys(one for one in value or [] if _ID.fullmatch(one)))
        if self.required and not ids:
            raise forms.ValidationError(_("请选择%(name)s。") % {"name": self.label})
        if len(ids) > MOST_IDS:
            raise forms.ValidationError(_("一次最多选%(n)d个。") % {"n": MOST_IDS})
        return ids


class _Files(forms.FileInput):
    allow_multiple_selected = True

    def value_from_datadict(self, data, files, name):
        return files.getlist(name) if hasattr(files, "getlist") else files.get(name, [])


class FilesField(forms.FileField):
    """Several uploaded files; what they are is judged by the ledger when they are kept."""

    widget = _Files

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = [file for file in data or [] if file]
        if len(files) > MOST_FILES:
            raise forms.ValidationError(_("一次最多上传%(n)d个文件。") % {"n": MOST_FILES})
        return files
