"""Keep what is safe to open: of outputs text, errors and PNG pictures.

Whatever a learner wrote as Markdown, and whatever learner code showed, passes through
here before it reaches a graded notebook, Formgrader or a feedback page.
"""

import base64
import binascii
import re
import struct
from html import unescape

MOST_OUTPUTS = 50  # of a cell
LONGEST_TEXT = 20_000  # characters of an output
LONGEST_REASON = 1200  # characters of a verdict's sentences
LARGEST_PICTURE = 2_000_000  # bytes
MOST_PIXELS = 25_000_000  # two megabytes can unfold to gigabytes
PNG = b"\x89PNG\r\n\x1a\n"
_ATTRIBUTE = re.compile(r"""\b(src|alt)=["']([^"']*)["']""")
_COMMAND = re.compile(
    r"\\(href|url|require|style|class|cssId|data|includegraphics|unicode)\b"
)
_LINK = re.compile(r"(\]|!)([(:\[])")
_SAYS_NOTHING = re.compile(r"<IPython\.core\.display\.\w+ object>")
_NO_WORDS = re.compile(r"<(script|style)\b.*?(</\1|\Z)", re.DOTALL | re.IGNORECASE)
_TAGS = re.compile(r"<[^<>]*>")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)")
_CONTROLS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
    r"\ufffe\uffff\U000e0000-\U000e007f]"  # what cannot be seen, or turns text around
)


def safe_outputs(outputs):
    """Return the safe part of a cell's outputs.

    Parameters
    ----------
    outputs : list
        nbformat outputs, made by a process that ran learner code: anything may be in
        there.

    Returns
    -------
    list of dict
        nbformat outputs of type stream, error and display_data; the last holds
        ``text/plain`` and perhaps ``image/png``.
    """
    if not isinstance(outputs, list):
        return []
    kept = [
        safe
        for output in outputs[:MOST_OUTPUTS]
        if isinstance(output, dict)
        for safe in _safe_output(output)
    ]
    if len(outputs) > MOST_OUTPUTS:
        kept.append(_stream(f"... {len(outputs) - MOST_OUTPUTS} more outputs\n"))
    return kept


def safe_markdown(source):
    """Return a Markdown text that loads and runs nothing, wherever it is shown.

    Every tag is spelt out, so are pictures, which would be fetched from anywhere,
    links, which some renderers let run code, and the commands by which a formula
    reaches outside itself.
    """
    source = _COMMAND.sub(r"\\ \1", source)
    source = _LINK.sub(r"\1\\\2", source)
    return _TAG.sub("&lt;", source)


def clean_line(value):
    """Return a value as one line of text to be shown in a verdict."""
    text = clean_text(value, LONGEST_REASON)
    return " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())


def clean_text(value, longest=LONGEST_TEXT):
    """Return a value as text without terminal codes, control characters or excess."""
    value = _join(value)
    cut = len(value) - longest
    value = _CONTROLS.sub("", _ESCAPES.sub("", value[:longest]))
    value = value.encode("utf-8", "replace").decode("utf-8")
    return value + (f"\n... {cut} more characters" if cut > 0 else "")


def _join(value):
    if isinstance(value, list):
        value = "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def _safe_output(output):
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        yield _stream(clean_text(output.get("text")), name)
    elif kind == "error":
        lines = output.get("traceback")
        lines = lines if isinstance(lines, list) else []
        yield {
            "output_type": "error",
            "ename": clean_text(output.get("ename"), 200),
            "evalue": clean_text(output.get("evalue"), 2000),
            "traceback": [clean_text(line, 4000) for line in lines[:100]],
        }
    elif kind in ("display_data", "execute_result"):
        data = output.get("data")
        yield from _safe_data(data if isinstance(data, dict) else {})


def _safe_data(data):
    """Yield displays; an HTML output gives its embedded PNG pictures, or its words."""
    text = clean_text(data.get("text/plain"))
    if _SAYS_NOTHING.fullmatch(text):
        text = _words_in(data.get("text/html")) or text
    picture = _safe_picture(data.get("image/png"))
    if picture:
        yield _display(text or "picture", picture)
        return
    pictures = _pictures_in(data.get("text/html"))
    if pictures:
        yield from (_display(alt or text, picture) for alt, picture in pictures)
    elif text:
        yield _display(text)


def _words_in(value):
    """Return what a page would say, without its markup."""
    value = _TAGS.sub(" ", _NO_WORDS.sub(" ", _join(value)[:LONGEST_TEXT]))
    lines = (" ".join(line.split()) for line in unescape(value).splitlines())
    return clean_text("\n".join(filter(None, lines)))


def _stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def _display(text, picture=None):
    data = {"text/plain": text} | ({"image/png": picture} if picture else {})
    return {"output_type": "display_data", "metadata": {}, "data": data}


def _safe_picture(value):
    """Return a PNG as base64 text without line breaks, or None."""
    value = _join(value)
    if not value or len(value) > LARGEST_PICTURE * 4 // 3:
        return None
    try:
        content = base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return base64.b64encode(content).decode() if _opens_quickly(content) else None


def _opens_quickly(content):
    """Return whether bytes are a PNG picture of a size that a browser can show."""
    if not content.startswith(PNG) or content[12:16] != b"IHDR" or len(content) < 24:
        return False
    width, height = struct.unpack(">II", content[16:24])
    return 0 < width * height <= MOST_PIXELS


def _pictures_in(value):
    """Return the embedded PNG pictures of an HTML text, with their descriptions."""
    value, found, position = _join(value), [], 0
    if len(value) > LARGEST_PICTURE * 4 // 3:
        return found
    # Searched by hand: a parser meets text made to keep it busy.
    while len(found) < MOST_OUTPUTS:
        start = value.find("<img", position)
        position = value.find(">", start)
        if min(start, position) < 0:
            break
        attributes = dict(_ATTRIBUTE.findall(value[start:position]))
        kind, _, content = attributes.get("src", "").partition(",")
        picture = kind == "data:image/png;base64" and _safe_picture(content)
        if picture:
            described = clean_text(unescape(attributes.get("alt", "")), 2000)
            found.append((described, picture))
    return found
