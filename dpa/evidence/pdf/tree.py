"""The structure tree as PDF objects (ISO 32000-1, 14.7.2 to 14.7.4)."""

from __future__ import annotations

from pikepdf import Array, Dictionary, Name, Object, Pdf, String

from dpa.evidence.pdf.structure import Element


class Tree:
    """Writes the elements of a document into its file, and the way back from marked content to elements."""

    def __init__(self, pdf: Pdf, root: Element) -> None:
        self.pdf = pdf
        self.pages = [page.obj for page in pdf.pages]
        self.owners: list[dict[int, Object]] = [{} for _ in self.pages]
        """For each page the element of each marked-content identifier."""
        self.forms: list[Object] = []
        self.scopes: dict[str, Object] = {}
        self.top = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot))
        self.document = self._element(root, self.top)

    def form(self, widget: Object, page: Object, description: str) -> None:
        """Add a form element that holds a widget, and point the widget to it."""
        widget.StructParent = len(self.pages) + len(self.forms)
        held = Dictionary(Type=Name.OBJR, Obj=widget, Pg=page)
        element = self.pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Form, P=self.document, Alt=description, K=held))
        self.forms.append(element)

    def close(self) -> None:
        """Finish the tree: children of the document, parent tree, pages."""
        self.document.K = Array([*self.document.get("/K", Array()), *self.forms])
        numbers: list[object] = []
        for number, (page, owners) in enumerate(zip(self.pages, self.owners, strict=True)):
            page.StructParents = number
            page.Tabs = Name.S
            numbers += [number, self.pdf.make_indirect(Array([owners[at] for at in range(len(owners))]))]
        for number, form in enumerate(self.forms, len(self.pages)):
            numbers += [number, form]
        self.top.K = self.document
        self.top.ParentTree = self.pdf.make_indirect(Dictionary(Nums=Array(numbers)))
        self.top.ParentTreeNextKey = len(self.pages) + len(self.forms)
        self.pdf.Root.StructTreeRoot = self.top

    def _element(self, element: Element, parent: Object) -> Object:
        written = self.pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name("/" + element.role), P=parent))
        self._describe(element, written)
        kids: list[object] = []
        home = -1
        for kid in element.kids:
            if isinstance(kid, Element):
                kids.append(self._element(kid, written))
                continue
            page, identifier = kid
            if home < 0:
                home, written.Pg = page, self.pages[page]
            kids.append(identifier if page == home else Dictionary(Type=Name.MCR, Pg=self.pages[page], MCID=identifier))
            self.owners[page][identifier] = written
        if kids:
            written.K = kids[0] if len(kids) == 1 and element.role != "Document" else Array(kids)
        return written

    def _describe(self, element: Element, written: Object) -> None:
        if element.scope or element.numbering or element.box:
            written.A = self._attributes(element)
        if element.alt:
            written.Alt = String(element.alt)
        if element.language:
            written.Lang = String(element.language)

    def _attributes(self, element: Element) -> Object:
        if element.box:
            return Dictionary(O=Name.Layout, Placement=Name.Block, BBox=Array(list(element.box)))
        word = element.scope or element.numbering
        if word not in self.scopes:
            attributes = Dictionary(O=Name.Table, Scope=Name("/" + word)) if element.scope else Dictionary(O=Name.List, ListNumbering=Name("/" + word))
            self.scopes[word] = self.pdf.make_indirect(attributes)
        return self.scopes[word]
