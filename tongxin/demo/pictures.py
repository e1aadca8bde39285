"""Evidence files of the demo: drawn scenes and scanned sheets, without a single real face or word."""

from __future__ import annotations

import hashlib
import io
import os
import random
import shutil
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

SIZE = (640, 426)
SCENES = 10
SHEETS = 4
WARM = ((244, 236, 222), (226, 210, 186), (200, 70, 48), (60, 110, 112), (232, 178, 92), (120, 140, 96))
PHOTO_TYPES = ("photo", "screenshot", "link")


@dataclass(frozen=True)
class Picture:
    """One image that many evidence rows may show; each row still has a file of its own."""

    content: bytes
    content_type: str = "image/jpeg"

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def draw_all(seed: int) -> tuple[list[Picture], list[Picture]]:
    """Return (scenes, sheets)."""
    rng = random.Random(seed)
    return [_scene(rng) for _ in range(SCENES)], [_sheet(rng) for _ in range(SHEETS)]


def _jpeg(image: Image.Image) -> Picture:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=72)
    return Picture(out.getvalue())


def _scene(rng: random.Random) -> Picture:
    """A room with a board and rows of people seen from behind, as shapes."""
    image = Image.new("RGB", SIZE, rng.choice(WARM[:2]))
    draw = ImageDraw.Draw(image)
    width, height = SIZE
    draw.rectangle((0, height * 0.62, width, height), fill=(196, 178, 152))
    left, top = rng.randrange(60, 160), rng.randrange(40, 80)
    draw.rectangle((left, top, left + 330, top + 150), fill=(58, 92, 80), outline=(120, 96, 70), width=8)
    for n in range(4):
        y = top + 26 + n * 30
        draw.line((left + 30, y, left + rng.randrange(150, 290), y), fill=(226, 232, 224), width=4)
    for row in range(3):
        y = height * 55 // 100 + row * 62
        for place in range(7 + row):
            x = 30 + place * 600 // (7 + row) + rng.randrange(-8, 8)
            colour = rng.choice(WARM[2:])
            draw.ellipse((x, y - 40, x + 40, y), fill=(70, 56, 48))
            draw.rounded_rectangle((x - 12, y, x + 52, y + 70), 22, fill=colour)
    return _jpeg(image.filter(ImageFilter.GaussianBlur(0.6)))


def _sheet(rng: random.Random) -> Picture:
    """A filled-in form as a scanner gives it: lines and strokes, nothing to read."""
    image = Image.new("RGB", (426, 600), (250, 248, 242))
    draw = ImageDraw.Draw(image)
    draw.rectangle((120, 34, 306, 50), fill=(60, 60, 60))
    for n in range(12):
        y = 86 + n * 40
        draw.line((34, y, 392, y), fill=(150, 150, 150), width=2)
        for _ in range(rng.randrange(2, 6)):
            x = rng.randrange(50, 330)
            draw.line((x, y - 14, x + rng.randrange(12, 54), y - 12), fill=(40, 52, 92), width=3)
    draw.ellipse((286, 500, 372, 586), outline=(200, 60, 48), width=4)
    return _jpeg(image.rotate(rng.uniform(-1.2, 1.2), fillcolor=(250, 248, 242)))


class Album:
    """Puts pictures in a school's evidence folder; the same bytes are linked, not copied, where the disk can."""

    def __init__(
        self, root: Path, school_public_id: str, scenes: list[Picture], sheets: list[Picture]
    ) -> None:
        self.folder = root / school_public_id
        self.scenes, self.sheets = scenes, sheets
        self._first: dict[str, Path] = {}
        self._folders: set[Path] = set()

    def choose(self, type: str, n: int) -> Picture:
        """A picture for an evidence type, different from one entry to the next."""
        found = self.scenes if type in PHOTO_TYPES else self.sheets
        return found[n % len(found)]

    def place(self, picture: Picture, name: str) -> str:
        """Put a picture under a name of 32 hexadecimal digits; return its path inside the school's folder."""
        file = f"{name[:2]}/{name}.jpg"
        target = self.folder / file
        if target.parent not in self._folders:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._folders.add(target.parent)
        first = self._first.get(picture.sha256)
        if first is None:
            target.write_bytes(picture.content)
            self._first[picture.sha256] = target
            return file
        try:
            os.link(first, target)
        except OSError:
            shutil.copyfile(first, target)
        return file
