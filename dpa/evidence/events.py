"""The trail's own events. Each sentence follows the name of who acted."""

from __future__ import annotations

from enum import StrEnum


class Event(StrEnum):
    """Names of the events, slice:object:action."""

    CLOCK_STEPPED = "evidence:clock:stepped"
    PAYLOAD_ERASED = "evidence:payload:erased"
    TRAIL_VERIFIED = "evidence:trail:verified"
    SEAL_INSTALLED = "evidence:seal:installed"
    SEAL_RETIRED = "evidence:seal:retired"
    SEAL_REVOKED = "evidence:seal:revoked"
    SEAL_LIST_SIGNED = "evidence:seal:list_signed"
    STAMP_ROOT_KEPT = "evidence:authority:root_kept"
    STAMP_ROOT_ENDED = "evidence:authority:root_ended"
    CHECKPOINT_KEPT = "evidence:checkpoint:kept"
    CHECKPOINT_COMPARED = "evidence:checkpoint:compared"
    CHECKPOINT_CONTRADICTED = "evidence:checkpoint:contradicted"
    WITNESS_JUDGED = "evidence:witness:judged"
    WITNESS_ADDED = "evidence:witness:added"
    WITNESS_REMOVED = "evidence:witness:removed"
    KEY_ROTATED = "evidence:key:rotated"
    KEY_BEGUN_ANEW = "evidence:key:begun_anew"
    TRAIL_PROVED = "evidence:trail:proved"
    TRAIL_EXPORTED = "evidence:trail:exported"
    DOCUMENT_ORDERED = "evidence:document:ordered"
    DOCUMENT_ISSUED = "evidence:document:issued"
    DOCUMENT_STAMPED = "evidence:document:stamped"
    DOCUMENT_FOUND = "evidence:document:found"
    DOCUMENT_RENUMBERED = "evidence:document:renumbered"
    NUMBERS_PASSED_OVER = "evidence:numbers:passed_over"
    FILE_FAULTY = "evidence:file:faulty"
    FILE_WHOLE = "evidence:file:whole"
    DOCUMENT_DOWNLOADED = "evidence:document:downloaded"


SENTENCES: dict[str, str] = {
    Event.SEAL_INSTALLED: "put a seal to use ({backend}, valid until {until}, fingerprint {fingerprint})",
    Event.SEAL_RETIRED: "retired the seal with the fingerprint {fingerprint}; what it sealed stays valid",
    Event.SEAL_REVOKED: "revoked the seal with the fingerprint {fingerprint}",
    Event.STAMP_ROOT_KEPT: "keeps the root certificate of a time-stamp authority ({name}, fingerprint {fingerprint})",
    Event.STAMP_ROOT_ENDED: "decided to believe the time-stamp authority with the root {fingerprint} no longer",
    Event.SEAL_LIST_SIGNED: "signed list {number} of the seals revoked under their root",
    Event.CLOCK_STEPPED: "dated the next act {seconds} seconds before the entry above it: the clock was set back, or the act waited",
    Event.PAYLOAD_ERASED: "erased the personal part “{part}” of event {event} on the basis of {basis}",
    Event.DOCUMENT_ORDERED: "ordered the document {number}",
    Event.DOCUMENT_ISSUED: "issued the document {number}, sealed at level {level}",
    Event.DOCUMENT_STAMPED: "added an archive time-stamp to the document {number}",
    Event.DOCUMENT_FOUND: "listed the document {number} again, whose file was in the store: it was issued before an older database was restored",
    Event.DOCUMENT_RENUMBERED: "gave the waiting document {former} the number {number}, because {former} had left the house before an older database was restored",
    Event.NUMBERS_PASSED_OVER: "passed over the numbers {first} to {last} of the year {year} ({kind}): files in the store bear such numbers from before an older database was restored",
    Event.FILE_FAULTY: "found {what} of the document {number} {fault} in the store",
    Event.FILE_WHOLE: "found {what} of the document {number} whole in the store again",
    Event.DOCUMENT_DOWNLOADED: "downloaded {what} of the document {number}",
    Event.TRAIL_VERIFIED: "verified the trail of {size} events and found {findings} things wrong",
    Event.CHECKPOINT_KEPT: "keeps a copy of the checkpoint over {size} events outside",
    Event.CHECKPOINT_COMPARED: "compared the kept note of the checkpoint over {size} events: it is the same",
    Event.CHECKPOINT_CONTRADICTED: "showed a kept note over {size} events that contradicts the trail",
    Event.WITNESS_JUDGED: "looked at the address of a witness: {found}",
    Event.WITNESS_ADDED: "named a witness to whom checkpoints of the trail are mailed",
    Event.WITNESS_REMOVED: "removed a witness to whom checkpoints of the trail were mailed, and erased name and address",
    Event.KEY_ROTATED: "made a new key that signs checkpoints, {new}, to follow {old}",
    Event.KEY_BEGUN_ANEW: "began a new line of checkpoints with the key {new}, because the former one could not be continued",
    Event.TRAIL_PROVED: "made a proof bundle of {count} events",
    Event.TRAIL_EXPORTED: "exported the events {first} to {last}",
}
