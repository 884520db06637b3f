"""The bundle's documents as one page and one book: which documents, in which order, and where their links lead.

Pure values and functions; turning Markdown into HTML or Typst is an adapter's.
"""
