"""A cell as a tag is the cell that the component draws, and what is written otherwise is refused with its line."""

from __future__ import annotations

import pytest
from jinja2 import TemplateSyntaxError
from markupsafe import Markup

from tests.support.databases import Database
from tests.support.pages import make_app

BODY = "<b>{{ name }}</b>{% if late %} late{% endif %}"
MACRO = '{% from "components/table.html" import cell %}'


@pytest.mark.parametrize(("tag", "call"), [("'Due'", "'Due'"), ("'Due' numeric", "'Due', numeric=True"), ("label", "label"), ("label numeric", "label, numeric=True")])
def test_the_tag_draws_what_the_component_draws(sqlite_database: Database, tag: str, call: str) -> None:
    app = make_app(sqlite_database)
    values = {"name": "<i>A&B</i>", "late": True, "label": 'Left "or" right <now>'}
    with app.app_context():
        drawn = app.jinja_env.from_string(f"{{% cell {tag} %}}{BODY}{{% endcell %}}").render(values)
        wanted = app.jinja_env.from_string(f"{MACRO}{{% call cell({call}) %}}{BODY}{{% endcall %}}").render(values)
    assert drawn == wanted
    assert Markup("&lt;i&gt;A&amp;B&lt;/i&gt;") in drawn


def test_cells_stand_in_loops(sqlite_database: Database) -> None:
    app = make_app(sqlite_database)
    with app.app_context():
        drawn = app.jinja_env.from_string("{% for n in [1, 2] %}{% cell 'N' %}{{ n }}{% endcell %}{% endfor %}").render()
    assert drawn == "".join(f'<td role="cell" data-label="N"><div>{n}</div></td>' for n in (1, 2))


@pytest.mark.parametrize("source", ["\n{% cell %}x{% endcell %}", "\n{% cell 'Due' wide %}x{% endcell %}", "\n{% cell 'Due' %}x"])
def test_a_tag_that_is_written_otherwise_is_refused_with_its_line(sqlite_database: Database, source: str) -> None:
    app = make_app(sqlite_database)
    with pytest.raises(TemplateSyntaxError) as refused:
        app.jinja_env.from_string(source)
    assert refused.value.lineno == 2
