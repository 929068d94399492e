"""Light and dark, narrow and wide: the panel looks like a part of JupyterLab, and nothing of it is cut off."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from support.browser.lab_page import LabPage, Visit
from support.browser.lab_process import LabOptions, scripted
from support.models.messages_api import Answer, Call, MessagesApi, Think

ANSWER = """There were **214 repeated orders**, all from `the_import_of_the_third_of_march_with_a_long_name.csv`.

| month | orders | total | mean of all orders |
|:------|------:|------:|------:|
| January | 1,204 | 83,112.40 | 69.03 |
| February | 1,118 | 79,004.10 | 70.67 |

The mean is $\\bar{t} = \\frac{1}{12}\\sum_{m=1}^{12} t_m$.

```python
orders = pd.read_csv("sales.csv").drop_duplicates("order_id").assign(month=lambda frame: frame.date.dt.month)
```

1. Read [the data](penguins.csv)
2. Asked [the manual](https://pandas.pydata.org/docs/reference/api/pandas.DataFrame.drop_duplicates.html)

> March has one day more."""
COMMAND = "head -3 penguins.csv && echo " + "a_very_long_word_without_any_space_" * 4
CONTENT = "import pandas as pd\n\nprint(pd.__version__)\n"

CUT_OFF = """() => {
  const panel = document.querySelector('.jcr-Panel');
  const right = panel.getBoundingClientRect().right;
  const isReachable = node => {
    for (let up = node; !up.matches('.jcr-Transcript, .jcr-Panel'); up = up.parentElement) {
      const { overflowX, textOverflow } = getComputedStyle(up);
      if (textOverflow === 'ellipsis' || (up !== node && /auto|scroll/.test(overflowX))) return true;
    }
    return false;
  };
  const ends = node => {
    const rects = [...node.childNodes].filter(child => child.nodeType === Node.TEXT_NODE).flatMap(text => {
      const range = document.createRange();
      range.selectNode(text);
      return [...range.getClientRects()];
    });
    return Math.max(node.getBoundingClientRect().right, ...rects.map(rect => rect.right));
  };
  return [...panel.querySelectorAll('*')]
    .filter(node => !node.closest('.jcr-Spoken') && node.getClientRects().length && ends(node) > right + 1 && !isReachable(node))
    .map(node => node.outerHTML.slice(0, 160));
}"""
"""What reaches over the panel's edge, and cannot be scrolled to; what is only heard has no edge."""
SCROLLS_SIDEWAYS = """() => {
  const box = document.querySelector('.jcr-Transcript');
  return box.scrollWidth - box.clientWidth;
}"""


@pytest.fixture(scope="module")
def lab_options(api: MessagesApi) -> LabOptions:
    return scripted(api.url)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("theme", ["Light", "Dark", "Dark High Contrast"])
def test_the_panel_fits_its_theme_and_its_width(visit: Visit, api: MessagesApi, theme: str) -> None:
    api.script(
        Answer(Think("I should look at the data first, and then clean it."), Call("list_files", {"path": "."})),
        Answer("I look at its head.", Call("run_command", {"command": COMMAND})),
        Answer(Call("write_file", {"path": f"a/folder/with_a_long_name/of_{len(theme)}/query.py", "content": CONTENT})),
        ANSWER,
    )
    tab = visit("lab/tree/penguins.ipynb")
    tab.use_theme(f"JupyterLab {theme}")
    tab.open_panel()
    tab.new_session()
    nothing_is_cut_off(tab, f"{theme}-1-empty")
    tab.send("Drop the duplicates and plot by month")
    for number, question in enumerate(("Run this command?", "Change a/folder"), start=2):
        expect(tab.card).to_contain_text(question)
        nothing_is_cut_off(tab, f"{theme}-{number}-asks")
        tab.allow()
    expect(tab.turns).to_contain_text("March has one day more.")
    tab.finished()
    nothing_is_cut_off(tab, f"{theme}-4-done")
    tab.open_all_lines()
    nothing_is_cut_off(tab, f"{theme}-5-opened")
    popups(tab, f"{theme}-6")
    tab.panel.locator(".jcr-CodeBlock").last.hover()
    tab.shot(f"{theme}-7-code", tab.panel)

    colours = tab.panel.evaluate(
        "node => [node, document.querySelector('#jp-left-stack .lm-Widget:not(.lm-mod-hidden)')]"
        ".map(one => getComputedStyle(one).getPropertyValue('--jp-layout-color1'))"
    )
    assert colours[0] == colours[1]


def popups(tab: LabPage, name: str) -> None:
    for width in (300, 700):
        tab.widen(width)
        for title in ("Keys", "Context:", "Permission mode", "More", "Sessions"):
            tab.panel.get_by_title(title).first.click()
            expect(tab.panel.locator(".jcr-Popup")).to_be_visible()
            assert tab.page.evaluate(CUT_OFF) == [], f"{title} at {width} px"
            tab.shot(f"{name}-{title.split()[0]}-{width}", tab.panel)
            tab.page.keyboard.press("Escape")
            expect(tab.panel.locator(".jcr-Popup")).to_be_hidden()


def nothing_is_cut_off(tab: LabPage, name: str) -> None:
    for width in (300, 700):
        tab.widen(width)
        expect(tab.panel).to_have_js_property("offsetWidth", width)
        assert tab.page.evaluate(CUT_OFF) == [], f"{name} at {width} px"
        if tab.transcript.count():
            assert tab.page.evaluate(SCROLLS_SIDEWAYS) == 0, f"{name} at {width} px"
        tab.shot(f"{name}-{width}", tab.panel)
