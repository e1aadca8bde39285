"""Add a proof to an entry: of which type, and the files."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from tongxin.kernel.ledger.services import Upload
from tongxin.methods.cadence.declarations import Kind

from .activity import PHOTO
from .fields import FilesField


class EvidenceForm(forms.Form):
    """type: one of the kind's evidence types; files: one or more."""

    def __init__(self, kind: Kind | None, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        types = (kind.evidence if kind else ()) or (PHOTO,)
        self.fields["type"] = forms.ChoiceField(
            label=_("材料类型"), choices=[(t.name, t.title) for t in types], initial=types[0].name
        )
        self.fields["files"] = FilesField(label=_("照片或文件"), required=False)

    def clean_files(self) -> list[Any]:
        files = self.cleaned_data["files"]
        if not files:
            raise forms.ValidationError(_("请先选择照片或文件。"))
        return files

    def uploads(self) -> list[Upload]:
        kind = self.cleaned_data["type"]
        return [Upload(kind, file.read(), file.name) for file in self.cleaned_data["files"]]
