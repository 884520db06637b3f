"""The charts of the documents as SVG text: the same bytes on every machine, no font measured, no library drawn with.

`scales` places numbers, `canvas` writes elements, `months`, `rows` and `points` are the kinds of charts, and `making`
says which charts a bundle has. Every number in a chart stands in a table of the same section with its source.
"""
