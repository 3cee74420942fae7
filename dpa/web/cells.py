"""A tag of the templates: one cell of a list, written into the page where it stands.

A page of fifty rows holds hundreds of cells. As a macro with a body each of them costs more than what it holds: the template engine makes a
function of the body, calls it, and goes over its text once more.
"""

from __future__ import annotations

from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser


class Cell(Extension):
    """Let `{% cell 'Due' %}…{% endcell %}` stand for a cell of the column of that name; `{% cell 'Due' numeric %}` sets its text right.

    The cell carries its column's name as `cell` of components/table.html does. Raises the engine's TemplateSyntaxError, with the line, for a tag
    that is written otherwise.
    """

    tags = {"cell"}  # noqa: RUF012 - as the engine declares it

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """Read the tag and what stands in it."""
        line = next(parser.stream).lineno
        label = parser.parse_expression()
        numeric = bool(parser.stream.skip_if("name:numeric"))
        body = parser.parse_statements(("name:endcell",), drop_needle=True)
        begin = [nodes.TemplateData('<td role="cell" data-label="'), label, nodes.TemplateData('" class="numeric"><div>' if numeric else '"><div>')]
        return [nodes.Output(begin, lineno=line), *body, nodes.Output([nodes.TemplateData("</div></td>")], lineno=line)]
