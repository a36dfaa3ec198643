"""The page in a real browser: headless Chromium, driven through Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.artifacts.compiling import ROOT, document, resolve, resolve_file
from tests.artifacts.reading import page_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no chromium: install it, or name the program in CHROMIUM")

HOSTILE = "</script><script>window.owned = 1</script><img src=x onerror='window.owned = 1'>\u202e\"'"
WEAK = document(
    generic={"externalHostname": HOSTILE},
    authentication={"requestheaderAllowedNames": [HOSTILE, "x" * 200]},
    etcd={"etcdServersOverrides": [{"resource": "/events", "servers": ["http://127.0.0.1:2"]}]},
)
PAGES = ("hardened", "weak")
OPEN_ALL = "document.querySelectorAll('details').forEach(each => each.open = true)"
VISIBLE = "rows => rows.filter(row => row.checkVisibility()).length"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    api = pytest.importorskip("playwright.sync_api", reason="no Playwright for this platform")
    with api.sync_playwright() as playwright:
        # A sandbox needs a user of its own, which a container's root has not.
        alone = ["--no-sandbox"] if os.geteuid() == 0 else []
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=alone)
        yield running
        running.close()


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("pages")
    made = {"hardened": resolve_file(ROOT / "samples/hardened/apiserver.yaml"), "weak": resolve(WEAK, folder)}
    for name, resolved in made.items():
        (folder / f"{name}.html").write_text(page_of(resolved), encoding="utf-8", newline="\n")
    return {name: (folder / f"{name}.html").as_uri() for name in made}


class Seen:
    """A page with everything that it said or asked for."""

    def __init__(self, browser: Browser, url: str, **context: Any) -> None:
        self.page: Page = browser.new_context(**context).new_page()
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(url)


@pytest.mark.parametrize("name", PAGES)
def test_it_says_nothing_asks_for_nothing_and_runs_nothing_else(
    name: str, browser: Browser, urls: dict[str, str]
) -> None:
    seen = Seen(browser, urls[name])
    seen.page.evaluate(OPEN_ALL)
    seen.page.locator("#theme").click()
    assert (seen.said, seen.asked) == ([], [urls[name]])
    assert seen.page.evaluate("window.owned") is None
    # The policy is in force: what is put in afterwards neither runs, nor loads, nor applies.
    seen.page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.owned = 1";
          document.body.append(script);
          document.body.insertAdjacentHTML("beforeend", "<img src='http://127.0.0.1:9/x'><p id=p style='color: red'>");
        }"""
    )
    for _ in range(100):
        if len(seen.said) >= 3:
            break
        seen.page.wait_for_timeout(50)
    assert seen.page.evaluate("window.owned") is None
    assert seen.page.evaluate("getComputedStyle(p).color !== 'rgb(255, 0, 0)'")
    assert len([text for text in seen.said if "Content Security Policy" in text]) == 3
    seen.page.context.close()


def test_storage_filter(browser: Browser, urls: dict[str, str]) -> None:
    page = Seen(browser, urls["weak"]).page
    rows, search = page.locator("table.storage tbody tr"), page.get_by_role("searchbox", name="Filter resources")
    every = rows.count()
    assert rows.evaluate_all(VISIBLE) == every
    search.fill("override 1")
    assert [row.split()[0] for row in rows.filter(visible=True).all_inner_texts()] == ["events"]
    search.fill("RBAC v1 roles")
    assert rows.evaluate_all(VISIBLE) == 2
    assert page.locator("#storage output").inner_text() == f"2 of {every} shown"
    search.press("Escape")
    assert rows.evaluate_all(VISIBLE) == every
    search.fill("no such thing")
    assert rows.evaluate_all(VISIBLE) == 0
    page.context.close()


def test_changed_options_only(browser: Browser, urls: dict[str, str]) -> None:
    page = Seen(browser, urls["hardened"]).page
    rows = page.locator("table.options tbody tr")
    folded = page.locator("#options details:not([open])").count()
    assert folded > 0
    page.get_by_label("changed only").check()
    changed = page.locator("table.options tbody tr.changed").count()
    assert rows.evaluate_all(VISIBLE) == changed > 40
    assert page.locator("#group-metrics").is_hidden()
    page.get_by_role("searchbox", name="Filter options").fill("audit log max")
    assert [row.split()[0] for row in rows.filter(visible=True).all_inner_texts()] == [
        "auditLogMaxage", "auditLogMaxbackup", "auditLogMaxsize",
    ]  # fmt: skip
    page.get_by_label("changed only").uncheck()
    page.get_by_role("searchbox", name="Filter options").fill("")
    assert page.locator("#options details:not([open])").count() == folded
    page.context.close()


def test_pipeline_filter_keeps_the_numbers_of_steps(browser: Browser, urls: dict[str, str]) -> None:
    page = Seen(browser, urls["hardened"]).page
    page.get_by_role("searchbox", name="Filter steps").fill("KubeletClientConfig")
    (step,) = page.locator("#pipeline li[data-item]").filter(visible=True).all()
    assert step.get_attribute("value") == "11"
    assert step.locator("tbody tr").filter(visible=True).count() == 8
    page.get_by_role("searchbox", name="Filter steps").fill("validateTokenRequest")
    assert page.locator("#pipeline li[data-item]").filter(visible=True).all_inner_texts() == ["validateTokenRequest"]
    page.context.close()


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [320, 375, 768, 1280])
def test_no_page_scrolls_sideways(name: str, width: int, browser: Browser, urls: dict[str, str]) -> None:
    page = Seen(browser, urls[name], viewport={"width": width, "height": 800}).page
    page.evaluate(OPEN_ALL)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width == 375:
        # Each cell stands below its row's heading, with the heading of its column, and inside the screen.
        cell = page.locator("table.storage tbody td").first
        assert cell.evaluate("cell => getComputedStyle(cell, '::before').content") == '"Key prefix"'
        box = cell.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    page.context.close()


CONTRASTS = """() => {
  const channels = (text) => text.match(/[\\d.]+/g).map(Number);
  const luminance = (color) => {
    const [r, g, b] = color.map((each) => each / 255).map((each) =>
      each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = channels(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color.slice(0, 3);
    }
  };
  const found = {};
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility()) continue;
    const [one, two] = [luminance(channels(getComputedStyle(element).color)), luminance(behind(element))];
    const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    const kind = `${element.tagName}.${element.className}`;
    found[kind] = Math.min(found[kind] || 99, ratio);
  }
  return found;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_in_both_themes(scheme: str, browser: Browser, urls: dict[str, str]) -> None:
    """WCAG 2.1, 1.4.3: at least 4.5 to 1."""
    page = Seen(browser, urls["weak"], color_scheme=scheme).page
    page.evaluate(OPEN_ALL)
    contrasts = page.evaluate(CONTRASTS)
    assert len(contrasts) > 20
    assert {kind: ratio for kind, ratio in contrasts.items() if ratio < 4.5} == {}
    page.context.close()


def test_themes(browser: Browser, urls: dict[str, str]) -> None:
    page = Seen(browser, urls["hardened"], color_scheme="dark").page
    background, button = "getComputedStyle(document.body).backgroundColor", page.get_by_role("button", name="Theme")
    dark = page.evaluate(background)
    button.click()
    assert button.inner_text() == "Theme: light"
    light = page.evaluate(background)
    assert (dark, light) == ("rgb(17, 22, 28)", "rgb(255, 255, 255)")
    button.click()
    assert page.evaluate(background) == dark
    button.click()
    assert button.inner_text() == "Theme: system"
    page.emulate_media(color_scheme="light")
    assert page.evaluate(background) == light
    page.context.close()


def test_paper_shows_everything_in_dark_letters(browser: Browser, urls: dict[str, str]) -> None:
    # Without scripts it is the style alone that unfolds.
    page = Seen(browser, urls["hardened"], color_scheme="dark", java_script_enabled=False).page
    rows = page.locator("tbody tr")
    folded = rows.count() - rows.evaluate_all(VISIBLE)
    assert folded > 100
    page.emulate_media(media="print")
    assert rows.evaluate_all(VISIBLE) == rows.count()
    assert page.locator("pre").evaluate_all(VISIBLE) == page.locator("pre").count() > 5
    assert page.locator("nav").is_hidden()
    assert page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor") == "rgb(255, 255, 255)"
    page.emulate_media(media="screen")
    assert page.pdf(format="A4").startswith(b"%PDF-")
    page.context.close()


def test_without_scripts_everything_is_there_but_the_tools(browser: Browser, urls: dict[str, str]) -> None:
    page = Seen(browser, urls["hardened"], java_script_enabled=False).page
    assert (
        page.locator(".tools").filter(visible=True).count() == page.locator("button").filter(visible=True).count() == 0
    )
    page.locator("summary", has_text="metrics").first.click()
    assert page.locator("#option-disabled-metrics").is_visible()
    page.context.close()


def test_keys_lead_everywhere(browser: Browser, urls: dict[str, str]) -> None:
    page = Seen(browser, urls["hardened"]).page
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.inner_text() == "Skip to content"
    box = skip.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert skip.evaluate("link => getComputedStyle(link).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.locator("main:focus").wait_for()
    # A link to what is folded or filtered away brings it back.
    target = page.locator("#option-feature-gates")
    page.get_by_role("searchbox", name="Filter options").fill("etcd servers")
    assert target.is_hidden()
    page.locator("#pipeline details").evaluate_all("all => all.forEach(each => each.open = true)")
    page.locator("#pipeline a[href='#option-feature-gates']").first.press("Enter")
    target.wait_for(state="visible")
    page.context.close()
