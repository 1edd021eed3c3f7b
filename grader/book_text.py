"""Text, formulas, code and outputs of a notebook as HTML that needs nothing else.

Markdown is nbconvert's; its formulas become MathML, which browsers draw themselves:
the pages are opened from a folder, without a network to load a formula engine from.
"""

import re
from functools import lru_cache
from html import escape

from markupsafe import Markup

_LESSON = re.compile(r'href="[^"]*?(\d\d_\w+)\.ipynb')
_TAGS = re.compile(r"<[^>]+>")
SHOWN = ("text/html", "image/png", "text/plain")


@lru_cache(maxsize=1)
def _markdown():
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    class Renderer(IPythonRenderer):
        """nbconvert's, with formulas that are drawn without scripts."""

        def block_math(self, body):
            """Return a formula on a line of its own.

            Where it is wider than the window it scrolls, by keyboard too.
            """
            return _formula(body, "block").replace("<math ", '<math tabindex="0" ', 1)

        def inline_math(self, body):
            """Return a formula within a line."""
            return _formula(body, "inline")

        def heading(self, text, level, **attrs):
            """Return a heading with an id; the page's own is the first."""
            name = slug(text)
            return f'<h{level} id="{name}">{text}</h{level}>\n'

    return MarkdownWithMath(renderer=Renderer(escape=False))


def text_html(source):
    """Return Markdown as HTML; links to lessons lead to their pages."""
    return Markup(_LESSON.sub(r'href="\1.html', _markdown().render(source)))


def slug(text):
    """Return a heading's text as the name of an anchor."""
    return re.sub(r"[^a-z0-9]+", "-", _TAGS.sub("", text).lower()).strip("-")


def _formula(body, display):
    from latex2mathml.converter import convert

    try:
        return convert(body.strip(), display=display)
    except Exception:  # whatever it cannot read is still legible as it was written
        return f"<code>{escape(body.strip())}</code>"


def code_html(source):
    """Return Python code as HTML with classes for colours."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    lexer = PythonLexer(stripnl=False)
    coloured = highlight(source.rstrip("\n"), lexer, HtmlFormatter(nowrap=True))
    return Markup(f'<pre class="code"><code>{coloured.rstrip()}</code></pre>')


def output_html(output):
    """Return one output of a cell; the course's own code made it.

    Widgets are left out: what they show stands beside them as a picture.
    """
    kind = output["output_type"]
    if kind == "stream":
        return _pre(output["text"])
    if kind == "error":
        return _pre("\n".join(output["traceback"]) or output["ename"])
    data = output["data"]
    shown = next((kind for kind in SHOWN if kind in data), None)
    if shown == "text/html":
        return Markup(f'<div class="shown">{data[shown]}</div>')
    if shown == "image/png":
        alt = escape(data.get("text/plain", "A picture."))
        image = data[shown].replace("\n", "")
        return Markup(f'<img src="data:image/png;base64,{image}" alt="{alt}">')
    return _pre(data.get("text/plain", ""))


def _pre(text):
    from nbconvert.filters.ansi import strip_ansi

    text = strip_ansi(text).strip("\n")
    return Markup(f'<pre class="out">{escape(text)}</pre>') if text else Markup("")
