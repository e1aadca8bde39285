"""Short notices after an action, with an undo where there is one."""

from django.contrib import messages
from django.http import HttpRequest


def notify(request: HttpRequest, text: str, undo_url: str = "") -> None:
    """Show a notice on the next page. With undo_url it carries a button that posts there.

    undo_url: a path of this site that takes a POST and takes the action back.
    """
    messages.success(request, text, extra_tags=f"undo:{undo_url}" if undo_url else "")
