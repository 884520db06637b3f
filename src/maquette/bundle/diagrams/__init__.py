"""The pictures of a bundle: views of the design as values, drawn as Mermaid text and as SVG without any tool."""
