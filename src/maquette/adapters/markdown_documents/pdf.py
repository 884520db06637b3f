"""The book as a PDF, typeset by Typst: no time of the clock in it, so that equal documents give equal bytes."""

from pathlib import Path

from maquette.adapters.markdown_documents.book import make_book
from maquette.bundle.site.model import Site
from maquette.foundation.problems import Unavailable
from maquette.foundation.whole_files import put_bytes


def pdf_of(site: Site) -> bytes:
    """The PDF.

    Raises:
        Unavailable: The package is not installed, or cannot typeset the documents.
    """
    try:
        import typst
    except ImportError as error:
        raise Unavailable("Typst is not installed", fix="Install it: pip install 'maquette[pdf]'.") from error
    try:
        return typst.compile(make_book(site).encode(), format="pdf")
    except typst.TypstError as error:
        raise Unavailable(
            f"the documents cannot be typeset: {error.message}", fix="Export the folder or the site instead."
        ) from error


def write_pdf(place: Path, site: Site, *, replace: bool) -> bool:
    """Put the PDF there, whole; False when the very same one was there already.

    Raises:
        Conflict: Another file is there and may not be replaced.
        InvalidInput: A folder is in its place, or its folder is not there.
        Unavailable: Typst is not installed, or the file cannot be written; an old file is as it was.
    """
    return put_bytes(place, pdf_of(site), replace=replace)
