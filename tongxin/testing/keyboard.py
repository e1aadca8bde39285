"""Walk pages as somebody does who has no mouse: Tab, Enter, Space and arrows, always knowing where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

MOST_STOPS = 80

# What is focused, as it would be said, and whether an eye finds it: a ring of at least two pixels, inside the window.
# A card draws the ring around itself (::after).
_STOP = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return {said: "", ring: true, inside: true, tag: "body"};
  const texts = [...(one.labels || [])].map((label) => label.textContent);
  const group = one.closest("fieldset")?.querySelector("legend")?.textContent || "";
  const said = one.getAttribute("aria-label") || texts.join(" ") || one.textContent || one.placeholder || one.name || "";
  const drawn = (style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const ring = drawn(getComputedStyle(one)) || drawn(getComputedStyle(one, "::after"));
  const box = one.getBoundingClientRect();
  const seen = box.width > 0 && box.height > 0;
  const inside = seen && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  let covered = false;
  if (inside) {
    const x = Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 1);
    const y = Math.min(Math.max(box.top + box.height / 2, 1), innerHeight - 1);
    const top = document.elementFromPoint(x, y);
    covered = !!top && !one.contains(top) && !top.contains(one) && !top.closest("label")?.contains(one)
      && getComputedStyle(top).pointerEvents !== "none" && !!top.closest("header, nav, .toasts");
  }
  return {said: `${group} ${said}`.replace(/\\s+/g, " ").trim(), ring, inside, covered, tag: one.tagName.toLowerCase(),
          type: one.type || "", id: one.id};
}"""


class Keyboard:
    """The keys of one page. Every stop must be seen: without a ring, or out of the window, the walk fails."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def here(self) -> dict[str, Any]:
        """Where the focus is: said, tag, type, id, ring, inside, covered."""
        return self.page.evaluate(_STOP)

    def _settled(self) -> dict[str, Any]:
        """Where the focus is once scrolling and rings have been drawn; on a busy machine that takes a moment."""
        for _look in range(20):
            stop = self.here()
            if stop["tag"] == "body" or (stop["ring"] and stop["inside"] and not stop["covered"]):
                break
            self.page.wait_for_timeout(100)
        return stop

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def reach(self, said: str, *, tag: str = "", back: bool = False) -> dict[str, Any]:
        """Press Tab until what is focused is called so; returns it. Fails when it cannot be reached or seen."""
        passed = []
        for _stop in range(MOST_STOPS):
            self.press("Shift+Tab" if back else "Tab")
            stop = self._settled()
            passed.append(stop["said"][:30])
            if stop["tag"] == "body":
                continue
            assert stop["ring"], f"no ring around {stop}"
            assert stop["inside"], f"out of the window: {stop}"
            assert not stop["covered"], f"covered: {stop}"
            if said in stop["said"] and tag in ("", stop["tag"]):
                return stop
        raise AssertionError(f"{said} is not reached by Tab; passed {passed}")
