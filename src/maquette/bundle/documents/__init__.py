"""The documents of a bundle as plain data, a module each; the templates in ``templates/docs`` print them.

How to add a document:

1. A module here with one function ``name_view(seen) -> Mapping``: rows and figures, no file names, no Markdown. A
   figure is `figures.figure(text, source)` or ``seen.facts.figure("latency.p95_ms")``; a sentence with figures in it is
   a list of words and figures (`figures.Sentence`), `figures.clause` a part that is said with all of its figures or
   not at all. What is unknown is None, an empty list or left out.
2. A line in `registry.DOCUMENTS`: data name to function.
3. A template ``templates/docs/NN-name.md.j2``: head (title, DRAFT), then ``{% if rows %}## Heading ... {% endif %}`` a
   section: a section is printed with its facts or not at all. ``{{ figure | sourced }}`` prints a figure with the mark
   of its kind, ``{{ sentence | said }}`` a sentence; a number typed into a template is wrong unless it is structure.
   ``{{ name | anchor("line") }}`` sets an anchor, ``{{ name | fragment("line") }}`` is the link to it. Diagrams:
   ``{% with wanted = "data-flow" %}{% include "docs/_diagram.md.j2" %}{% endwith %}``.
   Charts, which `bundle.charts.making` lists, in the same way with ``docs/_chart.md.j2``. A column whose figures all
   come from one computation has the mark in its heading: the heading is a figure then.
4. An ``[[outputs]]`` entry and the data name under ``inputs`` in ``templates/docs/template.toml``, with ``when`` over
   facts, ``decisions.<slot>`` (what binding rules decided) and ``bundle.*``; an unknown condition makes no file.
5. Its sections with their feeds in ``templates/docs/sections.toml``: facts by name, ``scale.*``, or a name of
   `feeds.feed_values` (a new stage value gets a new name there). The lints in ``tests/unit/test_document_lints.py``
   then compare: a changed requirement must change exactly the sections that it feeds.
6. New acronyms with their expansion under ``[constants.glossary]`` of ``templates/docs/template.toml``; the first use
   in each document is expanded by itself (`terms`).

Rows of tables are preferred to prose: a row is a fact with its value. A sentence that stands in the bundles of all
scenarios alike, numbers masked, is boilerplate; its remedy is to name the fact, the model or the rule that it is about.

Links to evidence: `evidence_links` turns the mark behind each figure into a link, by what the source's words begin
with: ``answer X``, ``default of X`` and ``derived.X = formula`` lead to the register of requirements, ``run R`` to the
evaluation plan, ``cost of OPTION`` to the cost model, ``rule R`` to the traceability matrix; every other source (a
formula, a price) is listed in the traceability matrix with the numbers that rest on it. A new kind of place is a line
of ``_HOMES`` and an anchor in the document that holds it.

What is not known stands in "Not known yet" of the register and of the brief only, with the cheapest way to learn it;
elsewhere the row or section is absent.
"""
