"""Pages of evidence: documents, trail, checkpoints, seal, and the public check of a document.

Each module has its own blueprint, so that the side bar marks the entry a page belongs to.
"""

from __future__ import annotations

from dpa.evidence.views import checkpoints, documents, seal, trail, verify, verify_files

blueprints = tuple(module.blueprint for module in (documents, trail, checkpoints, seal, verify, verify_files))
