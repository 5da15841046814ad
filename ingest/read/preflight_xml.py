"""XML as a stream of elements, without a tree, and never with a document type or entities."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from xml.parsers import expat

from ingest.read.unreadable import UnreadableFileError

Start = Callable[[str, dict[str, str]], None]


class Scanner:
    """What a pass over one XML part does with it; elements come without their prefix.

    Set `text` in `start` to receive the character data that follows, None to leave it out.
    """

    def __init__(self) -> None:
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = _refuse_doctype
        self._parser.EntityDeclHandler = _refuse_doctype
        self._local: dict[str, str] = {}
        self.handle(self._start, self._end)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take the beginning of an element, with its attributes as written."""

    def end(self, name: str) -> None:
        """Take the end of an element."""

    def handle(self, start: Start, end: Callable[[str], None]) -> None:
        """Call these in place of `start` and `end`, with names as written: a third of the time."""
        self._parser.StartElementHandler = start
        self._parser.EndElementHandler = end

    def listen(self, text: Callable[[str], None] | None) -> None:
        """Pass the text from here on to `text`, or to nobody."""
        self._parser.CharacterDataHandler = text

    def scan(self, chunks: Iterable[bytes], part: str) -> None:
        """Read a part to its end; raise `UnreadableFileError` where it is not well-formed."""
        try:
            for chunk in chunks:
                self._parser.Parse(chunk, False)
            self._parser.Parse(b"", True)
        except (expat.ExpatError, LookupError) as error:  # LookupError: an unknown encoding
            raise UnreadableFileError(
                "IN-unreadable", f"the part {part!r} is not well-formed: {error}", reason="damaged"
            ) from error

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = self._local.get(name)
        if local is None:
            local = self._local[name] = name.rpartition(":")[2]
        self.start(local, attributes)

    def _end(self, name: str) -> None:
        self.end(self._local[name])


def refuse_dtd(chunks: Iterable[bytes]) -> None:
    """Raise where a part, whatever it is, is XML with a document type; read all of it.

    Parts that nobody reads may be anything (drawings of old Excel are no XML): only what they
    cost and a document type count.
    """
    parser: expat.XMLParserType | None = expat.ParserCreate()
    assert parser is not None  # noqa: S101 - for the checker of types
    parser.StartDoctypeDeclHandler = _refuse_doctype
    for chunk in chunks:
        if parser is not None:
            try:
                parser.Parse(chunk, False)
            except (expat.ExpatError, LookupError):
                parser = None


def _refuse_doctype(*_declaration: object) -> None:
    raise UnreadableFileError("IN-dtd", "a part of the file declares a document type or entities")
