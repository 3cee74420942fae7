"""Files with which a stranger checks documents and proofs without us. Nobody signs in; a fingerprint printed in a document opens its seal's."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from dpa.evidence.forms import FingerprintForm
from dpa.evidence.pages import means
from dpa.evidence.register import recipe
from dpa.evidence.register.recipe import Means
from dpa.problems import NotFound
from dpa.web import access, downloads, edge

blueprint = Blueprint("verify_files", __name__)
Answer = str | Response | tuple[str, int]
UNKNOWN = (
    "No seal with this fingerprint is known here. Enter all 64 digits as the last pages of the document print them; if they are as printed, the document was not sealed by anybody who "
    "uses this page."
)  # fmt: skip
TYPES = {".pem": "application/x-pem-file", ".txt": "text/plain; charset=utf-8", ".py": "text/x-python; charset=utf-8"}


@blueprint.get("/verify/files")
@access.public
def index() -> Answer:
    """Show what is the same for every document, and ask for the seal."""
    return _page(FingerprintForm())


@blueprint.post("/verify/files")
@access.public
def look_up() -> Answer:
    """Lead to the files of a seal."""
    typed = FingerprintForm()
    if not typed.validate_on_submit():
        return _page(typed), 422
    plain = recipe.typed_fingerprint(str(typed.fingerprint.data))
    if plain is None or recipe.means(edge.session(), plain) is None:
        typed.fingerprint.errors = [UNKNOWN]
        return _page(typed), 422
    return redirect(url_for(".seal", fingerprint=plain))


@blueprint.get("/verify/files/<any('trail-keys.txt', 'verify_trail.py'):name>")
@access.public
def tool(name: str) -> Answer:
    """Hand out the keys of the trail, or the verifier."""
    found = means.tool_files(edge.session()).get(name)
    if found is None:
        raise NotFound("No checkpoint of the trail has been signed here yet, so there is no key.")
    return _hand_out(found, name)


@blueprint.get("/verify/seals/<string:fingerprint>")
@access.public
def seal(fingerprint: str) -> Answer:
    """Show the files for documents under a seal."""
    found = means.view(_means(fingerprint), edge.settings())
    return render_template("public/verify_seal.html", view=found, tools=means.tools(edge.session()))


@blueprint.get("/verify/seals/<string:fingerprint>/<string:name>")
@access.public
def seal_file(fingerprint: str, name: str) -> Answer:
    """Hand out one file of a seal, or all of them together."""
    found = _means(fingerprint)
    if name == "all.zip":
        return downloads.attachment(means.together(edge.session(), found, edge.settings()), f"check-{found.named.fingerprint[:16]}.zip", "application/zip")
    content = means.seal_files(found, edge.settings()).get(name)
    if content is None:
        raise NotFound("There is no such file for this seal.")
    return _hand_out(content, name)


def _means(fingerprint: str) -> Means:
    found = recipe.means(edge.session(), fingerprint)
    if found is None:
        raise NotFound("No seal with this fingerprint is known here. Compare it with the one that the last pages of the document print.")
    return found


def _hand_out(content: bytes, name: str) -> Response:
    return downloads.attachment(content, name, TYPES[name[name.rindex("."):]])


def _page(typed: FingerprintForm) -> str:
    return render_template("public/verify_files.html", form=typed, tools=means.tools(edge.session()))
