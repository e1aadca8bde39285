"""QR codes as drawings inside a page: nothing is fetched, and they print sharply."""

import io

import segno
from django.utils.safestring import SafeString, mark_safe


def qr(text: str, kind: str = "") -> SafeString:
    """Return a QR code as an inline SVG drawing. kind: "long" for addresses that need a finer one, "board" for a projector."""
    out = io.BytesIO()
    name = f"qr qr--{kind}" if kind else "qr"
    segno.make(text, error="m").save(
        out, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=2, svgclass=name, lineclass=None
    )
    return mark_safe(out.getvalue().decode())
