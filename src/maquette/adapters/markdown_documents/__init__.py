"""The bundle's Markdown documents as one HTML page and as one PDF, over the same tree of what a parser read."""

from maquette.adapters.markdown_documents.book import make_book
from maquette.adapters.markdown_documents.page import make_page
from maquette.adapters.markdown_documents.pdf import pdf_of, write_pdf

__all__ = ["make_book", "make_page", "pdf_of", "write_pdf"]
