"""Give each parameter and each attribute in the API pages its own anchor and its own entry.

numpydoc writes parameters as a list whose items cannot be linked to. This extension makes a target
of each, such as ``lenet_sklearn.LeNet5Classifier.fit.sample_weight``. It can be found in the
search and in the index, and other pages link to it with {py:obj}.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.domains import ObjType
from sphinx.domains.python import PythonDomain

KINDS = {"Parameters": "parameter", "Other Parameters": "parameter", "Attributes": "attribute"}
_NAME = re.compile(r"\*{0,2}([A-Za-z_]\w*)")


def add_entries(app: Sphinx, doctree: nodes.document) -> None:
    """Make a target of each item in the lists of parameters and attributes."""
    for desc in list(doctree.findall(addnodes.desc)):  # what follows inserts before each
        if desc.get("domain") != "py" or desc.get("objtype") in ("attribute", "data"):
            continue
        ids = desc[0]["ids"]
        if not ids:
            continue
        for kind, term in _items(desc):
            _add(app, desc, ids[0], kind, term)


def _items(desc: addnodes.desc) -> list[tuple[str, nodes.term]]:
    """Return the items of the lists that belong to an object itself, not to its methods."""
    content = next(node for node in desc.children if isinstance(node, addnodes.desc_content))
    found = []
    for field_list in content.children:
        if not isinstance(field_list, nodes.field_list):
            continue
        for field in field_list.children:
            kind = KINDS.get(field[0].astext())
            lists = [node for node in field[1].children if isinstance(node, nodes.definition_list)]
            found += [(kind, item[0]) for each in lists for item in each.children if kind]
    return found


def _add(app: Sphinx, desc: addnodes.desc, owner: str, kind: str, term: nodes.term) -> None:
    """Make targets of the names of one item, "X_val, y_val" being two."""
    for link in list(term.findall(addnodes.pending_xref)):
        if link.get("reftype") == "obj" and link.parent is term and link is term.children[0]:
            link.replace_self(nodes.strong("", link.astext()))  # it would link to itself
    parts = term.children[0].astext().split(",")
    names = [found[1] for part in parts if (found := _NAME.match(part.strip()))]
    domain = app.env.domains.python_domain
    shown = owner.removeprefix("lenet_sklearn.")
    for name in names:
        full = f"{owner}.{name}"
        if full in domain.objects:
            continue
        term["ids"].append(full)
        domain.note_object(full, kind, full, location=term)
        text = f"{name} ({kind} of {shown})"
        index = addnodes.index(entries=[("single", text, full, "", None)])
        desc.parent.insert(desc.parent.index(desc), index)
    if names:
        anchor = f"{owner}.{names[0]}"
        link = nodes.reference("", "#", refid=anchor, classes=["headerlink"])
        link["reftitle"] = "Link to this entry"
        term += link


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    PythonDomain.object_types["parameter"] = ObjType("parameter", "obj")
    app.connect("doctree-read", add_entries)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
