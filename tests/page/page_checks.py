"""What holds of the page of `weir report` in a browser. Each check gives what is wrong."""

# Every element with text of its own that can be seen; text in figures is the figures'.
OWN_TEXT = """
  const texts = [...document.querySelectorAll('body *')].filter(e =>
    !e.closest('svg') && e.getClientRects().length > 0 &&
    [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()));
  const said = e => e.tagName.toLowerCase() + ' "' + e.textContent.trim().slice(0, 40) + '"';
"""

# WCAG 2.1: relative luminance and contrast of two colours.
CONTRAST = """
  const channels = c => c.match(/[\\d.]+/g).map(Number);
  const solid = c => channels(c).length < 4 || channels(c)[3] > 0;
  const luminance = c => { const [r, g, b] = channels(c).slice(0, 3).map(v => v / 255).map(
    v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ratio = (a, b) => { const [x, y] = [luminance(a), luminance(b)];
    return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05); };
  const behind = e => { for (; e; e = e.parentElement) {
    const c = getComputedStyle(e).backgroundColor; if (solid(c)) return c; }
    return 'rgb(255, 255, 255)'; };
"""

FOCUSABLE = """
  const focusable = [...document.querySelectorAll(
    'a[href], button, input, select, textarea, summary, [tabindex]')].filter(
    e => e.getAttribute('tabindex') !== '-1' && e.getClientRects().length > 0);
"""


def quiet(browser):
    """Nothing asked of the network, nothing on the console, no script."""
    wrong = []
    for event in browser.events:
        method, params = event.get("method", ""), event.get("params", {})
        if method == "Network.requestWillBeSent":
            url = params["request"]["url"]
            own = params.get("type") == "Document" and url.startswith(("file:", "about:"))
            if not own and not url.startswith("data:"):
                wrong.append(f"asks for {url}")
        elif method in ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"):
            wrong.append(f"console: {params}")
    return wrong + browser.run("""
      const policy = document.querySelector('meta[http-equiv=Content-Security-Policy]');
      const wrong = [...document.querySelectorAll('script, link, iframe, object, embed')].map(
        e => 'a <' + e.tagName.toLowerCase() + '>');
      if (!policy || !policy.content.includes("default-src 'none'")) wrong.push('no policy');
      return wrong;""")


def fits(browser):
    """The page itself never scrolls sideways; what is too wide scrolls within it."""
    return browser.run("""
      const wide = document.documentElement.scrollWidth;
      const there = document.documentElement.clientWidth;
      return wide > there ? ['the page is ' + wide + ' wide, the window ' + there] : [];""")


def legible(browser):
    """No text smaller than 14 px."""
    return browser.run(OWN_TEXT + """
      return texts.filter(e => parseFloat(getComputedStyle(e).fontSize) < 13.99).map(
        e => getComputedStyle(e).fontSize + ': ' + said(e)).slice(0, 5);""")


def contrasts(browser):
    """WCAG AA for text, 4.5 : 1; figures stand on white, which they are drawn for."""
    return browser.run(OWN_TEXT + CONTRAST + """
      const wrong = texts.map(e => [ratio(getComputedStyle(e).color, behind(e)), e]).filter(
        p => p[0] < 4.5).map(p => p[0].toFixed(2) + ': ' + said(p[1])).slice(0, 5);
      for (const svg of document.querySelectorAll('svg'))
        if (behind(svg) !== 'rgb(255, 255, 255)') wrong.push('a figure on ' + behind(svg));
      return wrong;""")


def keyboard(browser):
    """Tab reaches everything that can be used, in the order of the page, and it shows."""
    count = browser.run(FOCUSABLE + """
      focusable.forEach((e, i) => { e.dataset.order = i; });
      document.activeElement.blur(); window.scrollTo(0, 0);
      return focusable.length;""")
    wrong = browser.run("""
      return [...document.querySelectorAll('*')].filter(e => e.scrollWidth > e.clientWidth + 1 &&
        ['auto', 'scroll'].includes(getComputedStyle(e).overflowX) && e.tabIndex < 0).map(
        e => 'scrolls, and no key reaches it: ' + e.textContent.trim().slice(0, 40));""")
    for i in range(count):
        browser.press_tab()
        got = browser.run("""
          const e = document.activeElement, s = getComputedStyle(e);
          return [e.dataset.order, s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0,
                  e.textContent.trim().slice(0, 40)];""")
        if got[0] != str(i):
            return wrong + [f"tab {i + 1} goes to number {got[0]}: {got[2]!r}"]
        if not got[1]:
            wrong.append(f"focus cannot be seen on {got[2]!r}")
    return wrong if count > 3 else wrong + ["next to nothing can be reached"]


def sound(browser):
    """Ids are there once, references lead somewhere, headings and tables say what they are."""
    return browser.run("""
      const wrong = [], ids = new Map();
      for (const e of document.querySelectorAll('[id]')) {
        if (ids.has(e.id)) wrong.push('two elements are ' + e.id);
        ids.set(e.id, e);
      }
      for (const e of document.querySelectorAll('[aria-labelledby]'))
        if (!ids.has(e.getAttribute('aria-labelledby')))
          wrong.push('named by nothing: ' + e.tagName);
      for (const e of document.querySelectorAll('a[href], use')) {
        const to = e.getAttribute('href') || e.getAttribute('xlink:href');
        const svg = e.closest('svg'), at = ids.get(to.slice(1));
        if (to[0] !== '#' || !at) wrong.push('leads nowhere: ' + to);
        else if (svg && at.closest('svg') !== svg) wrong.push('leads out of its figure: ' + to);
      }
      for (const t of document.querySelectorAll('table')) {
        if (!t.caption || !t.caption.textContent.trim()) wrong.push('a table without caption');
        for (const th of t.querySelectorAll('th'))
          if (!th.scope) wrong.push('a heading of no scope: ' + th.textContent);
      }
      let level = 0;
      for (const h of document.querySelectorAll('h1, h2, h3, h4')) {
        if (+h.tagName[1] > level + 1) wrong.push('a level is left out before ' + h.textContent);
        level = +h.tagName[1];
      }
      if (document.querySelectorAll('h1').length !== 1) wrong.push('not one h1');
      if (!document.documentElement.lang || !document.title) wrong.push('no language or title');
      return wrong.slice(0, 8);""")


CHECKS = [quiet, fits, legible, contrasts, keyboard, sound]
