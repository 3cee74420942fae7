"""Signed notes and checkpoints: the published vectors, another reading of the format, and everything malformed."""

from __future__ import annotations

import base64
import hashlib
import random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from dpa.evidence.trail.notes import (
    MAX_SIGNATURES,
    Checkpoint,
    NoteError,
    SigningKey,
    VerifierKey,
    open_checkpoint,
    parse,
    sign,
    verify,
)
from tests.evidence.witness.signing import (
    ENOCH,
    ENOCH_LINE,
    PETER,
    PETER_LINE,
    PETER_PRIVATE,
    PETER_TEXT,
    verifier,
)

PETERS_NOTE = f"{PETER_TEXT}\n{PETER_LINE}"
peter, enoch = VerifierKey.parse(PETER), VerifierKey.parse(ENOCH)
# The examples printed in C2SP signed-note and tlog-checkpoint; their public keys are not published, so they are read, not verified.
SALVATORE = """\
Ognuno sta solo sul cuor della terra
trafitto da un raggio di sole:

ed è subito sera.

— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=
"""
SOFA = """\
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
"""
OURS = SigningKey("desk.example.org/trail/1f2e3d4c", bytes(range(32)))


def test_the_reference_implementations_key_and_note() -> None:
    assert peter.key_id.hex() == "c74f20a3"
    key = SigningKey.parse(PETER_PRIVATE)
    assert key.encode() == PETER_PRIVATE
    assert key.verifier.encode() == PETER
    assert sign(PETER_TEXT, [key]) == PETERS_NOTE, "Ed25519 is deterministic, so every implementation writes these bytes"
    opened = verify(PETERS_NOTE.encode(), [peter])
    assert (opened.text, [found.key for found in opened.verified], opened.unknown) == (PETER_TEXT, ["PeterNeumann+c74f20a3"], ())


def test_several_signatures() -> None:
    both = f"{PETER_TEXT}\n{PETER_LINE}{ENOCH_LINE}"
    opened = verify(both, [peter])
    assert ([found.name for found in opened.verified], [found.name for found in opened.unknown]) == (["PeterNeumann"], ["EnochRoot"])
    assert [found.name for found in verify(both, [peter, enoch]).verified] == ["PeterNeumann", "EnochRoot"]
    assert len(verify(f"{PETER_TEXT}\n{PETER_LINE * 3}", [peter]).verified) == 1, "a key counts once"
    with pytest.raises(NoteError, match="no known key signed it"):
        verify(both, [])
    with pytest.raises(NoteError, match="no known key"):
        verify(both, [VerifierKey("PeterNeumann", enoch.public)])
    wrong = PETER_LINE[:60] + "ABCD" + PETER_LINE[64:]
    with pytest.raises(NoteError, match="does not belong"):
        verify(f"{PETER_TEXT}\n{wrong}{ENOCH_LINE}", [peter, enoch])
    assert verify(f"{PETER_TEXT}\n{wrong}{ENOCH_LINE}", [enoch]).verified, "what an unknown key wrote says nothing"
    assert len(parse(f"{PETER_TEXT}\n{PETER_LINE * MAX_SIGNATURES}")[1]) == MAX_SIGNATURES
    large = sign(PETER_TEXT, [OURS]) + "".join(f"— k{n} {base64.b64encode(bytes(5000)).decode()}\n" for n in range(16))
    assert len(verify(large, [OURS.verifier]).unknown) == 16, "C2SP: at least 16 signatures, of nearly 5 kB each"


@pytest.mark.parametrize("note", [
    "", PETER_TEXT, PETER_TEXT + "\n", PETERS_NOTE[:-1], "\x01" + PETERS_NOTE, PETERS_NOTE.replace("you", "y\tou", 1), PETERS_NOTE + "Unexpected line.\n",
    f"{PETER_TEXT}\n" + PETER_LINE.replace("PeterNeumann", "Bad Name"), f"{PETER_TEXT}\n" + PETER_LINE.replace("PeterNeumann", "Bad+Name"),
    f"{PETER_TEXT}\n" + PETER_LINE.replace("— ", "- "), f"{PETER_TEXT}\n— PeterNeumann\n", f"{PETER_TEXT}\n— PeterNeumann AAAA\n",
    f"{PETER_TEXT}\n— PeterNeumann x08go/Z\n", f"{PETER_TEXT}\n" + PETER_LINE.replace("AM=\n", "AN=\n"), f"{PETER_TEXT}\n{PETER_LINE * 101}",
    PETERS_NOTE.replace("\n\n", "\n \n"), PETERS_NOTE.replace("\n", "\r\n"), "x" * 1_000_001 + PETERS_NOTE, "\ud800" + PETERS_NOTE,
])
def test_malformed_notes_are_refused(note: str) -> None:
    with pytest.raises(NoteError):
        verify(note, [peter])


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(NoteError, match="UTF-8"):
        verify(b"\xff" + PETERS_NOTE.encode(), [peter])


def test_every_mangling_of_a_key_is_refused() -> None:
    for text in [*(PETER[:end] for end in range(len(PETER))), *(PETER[start:] for start in range(1, len(PETER))),
                 *(PETER[:at] + chr(ord(PETER[at]) + 1) + PETER[at + 1 :] for at in range(len(PETER))),
                 # A key of the wrong length and one of an unknown type, each with an id that fits.
                 "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
                 "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", PETER.replace("c74f20a3", "C74F20A3")]:
        with pytest.raises(NoteError):
            VerifierKey.parse(text)
    for at in range(len(PETER_PRIVATE)):
        with pytest.raises(NoteError) as refusal:
            SigningKey.parse(PETER_PRIVATE[:at] + chr(ord(PETER_PRIVATE[at]) + 1) + PETER_PRIVATE[at + 1 :])
        assert PETER_PRIVATE[-20:] not in str(refusal.value)
    assert "AYEK" not in repr(SigningKey.parse(PETER_PRIVATE)), "a key does not get into a log by being printed"


def test_the_printed_examples_are_read() -> None:
    text, signatures = parse(SALVATORE)
    assert text.endswith("\n\ned è subito sera.\n"), "the last blank line separates, the others belong to the text"
    assert signatures[0].key == "quasimodo.example/salvatore+367ba04b"
    found = Checkpoint.parse(parse(SOFA)[0])
    assert (found.origin, found.size, found.root.hex()[:8]) == ("example.com/behind-the-sofa", 20852163, "0ac5186a")
    assert found.text() + "\n" + parse(SOFA)[1][0].line() == SOFA


def test_a_checkpoint_is_signed_by_its_own_log() -> None:
    text = Checkpoint(OURS.name, 3, bytes(32)).text()
    assert open_checkpoint(sign(text, [OURS]), [OURS.verifier]).size == 3
    other = SigningKey("other.example/log", bytes(32))
    with pytest.raises(NoteError, match="itself did not sign"):
        open_checkpoint(sign(text, [other]), [OURS.verifier, other.verifier])
    assert open_checkpoint(sign(text, [other, OURS]), [OURS.verifier]).origin == OURS.name


@pytest.mark.parametrize("text", [
    "a/log\n1\n", "a/log\n1\nAAAA\n", "a/log\n01\n{root}\n", "a/log\n-1\n{root}\n", "a/log\n+1\n{root}\n", "a/log\n1\n{root}", "\n1\n{root}\n",
    "a/log\n\n{root}\n", "a/log\n1\n{root}\n\n", "a/log\n99999999999999999999\n{root}\n", "a/log\n9223372036854775808\n{root}\n", "a/log\n١\n{root}\n",
    "a/log\n1\n {root}\n",
])
def test_malformed_checkpoints_are_refused(text: str) -> None:
    root = base64.b64encode(bytes(32)).decode()
    with pytest.raises(NoteError):
        Checkpoint.parse(text.format(root=root))
    assert Checkpoint.parse(f"a/log\n0\n{root}\nan extension\n").size == 0, "extension lines are passed over"


def by_the_words_of_the_specification(note: bytes, vkey: str) -> tuple[str, int, bytes]:
    """Another reading of C2SP signed-note and tlog-checkpoint, as short as the specifications, sharing nothing with ours."""
    name, key_id, encoded = vkey.split("+", 2)
    material = base64.standard_b64decode(encoded)
    assert material[0] == 1
    assert hashlib.sha256(name.encode() + b"\x0a" + material).hexdigest()[:8] == key_id
    at = note.rindex(b"\n\n")
    text, lines = note[: at + 1], note[at + 2 :].split(b"\n")
    assert lines.pop() == b""
    good = False
    for line in lines:
        dash, signer, value = line.decode().split(" ")
        assert dash == "\u2014"
        raw = base64.standard_b64decode(value)
        if signer == name and raw[:4].hex() == key_id:
            Ed25519PublicKey.from_public_bytes(material[1:]).verify(raw[4:], text)
            good = True
    assert good
    origin, size, root = text.decode().split("\n")[:3]
    return origin, int(size), base64.standard_b64decode(root)


@settings(max_examples=200, deadline=None, database=None)
@given(size=st.integers(0, 2**63 - 1), root=st.binary(min_size=32, max_size=32), seeds=st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=3))
def test_our_notes_are_read_by_others_and_by_us(size: int, root: bytes, seeds: list[bytes]) -> None:
    keys = [SigningKey(OURS.name, seed) for seed in dict.fromkeys(seeds)]
    note = sign(Checkpoint(OURS.name, size, root).text(), keys)
    for key in keys:
        assert by_the_words_of_the_specification(note.encode(), key.verifier.encode()) == (OURS.name, size, root)
        assert VerifierKey.parse(key.verifier.encode()) == key.verifier
        assert SigningKey.parse(key.encode()) == key
    assert open_checkpoint(note, [keys[-1].verifier]) == Checkpoint(OURS.name, size, root)


def test_no_flipped_bit_of_a_note_is_accepted() -> None:
    note = sign(Checkpoint(OURS.name, 4711, hashlib.sha256(b"x").digest()).text(), [OURS]).encode()
    keys = [OURS.verifier]
    before = open_checkpoint(note, keys)
    for at in range(len(note)):
        for bit in (1, 2, 16):
            broken = note[:at] + bytes([note[at] ^ bit]) + note[at + 1 :]
            with pytest.raises(NoteError):
                open_checkpoint(broken, keys)
    assert open_checkpoint(note, keys) == before


# RFC 8032 section 7.1, tests 1 to 3: public key, message, signature.
RFC_8032 = [
    ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
]


def test_the_verifiers_own_signature_check() -> None:
    v = verifier()
    for public, message, signature in ((bytes.fromhex(part) for part in case) for case in RFC_8032):
        assert v.ed25519_verifies(public, message, signature)
        assert not v.ed25519_verifies(public, message + b"x", signature)
        s = int.from_bytes(signature[32:], "little")
        for more in (1, 2, 15):
            if s + more * v.L < 2**256:
                assert not v.ed25519_verifies(public, message, signature[:32] + (s + more * v.L).to_bytes(32, "little")), "S must be below L"
        assert not v.ed25519_verifies(public, message, signature[:63])
        assert not v.ed25519_verifies(public[:31], message, signature)
    # Not canonical, or of small order: y of at least p, x of 0 with a sign, the neutral point as a key.
    for point in [v.P.to_bytes(32, "little"), (v.P + 1).to_bytes(32, "little"), (1 | 1 << 255).to_bytes(32, "little"), bytes([2]) + bytes(31)]:
        assert v.decompress(point) is None
    for small in (bytes([1]) + bytes(31), bytes(32), (v.P - 1).to_bytes(32, "little")):
        assert v.decompress(small) is not None
        assert not v.ed25519_verifies(small, b"anything", bytes([1]) + bytes(63)), "this key would verify every message"


def test_the_verifiers_signature_check_agrees_with_the_library() -> None:
    v, chosen = verifier(), random.Random(3)
    for _ in range(40):
        key = SigningKey("a/log", chosen.randbytes(32))
        text = chosen.randbytes(chosen.randrange(60)).hex() + "\n"
        signature = key.signature(text).value
        assert v.ed25519_verifies(key.verifier.public, text.encode(), signature)
        at, bit = chosen.randrange(64), 1 << chosen.randrange(8)
        broken = signature[:at] + bytes([signature[at] ^ bit]) + signature[at + 1 :]
        assert v.ed25519_verifies(key.verifier.public, text.encode(), broken) is key.verifier.verifies(text, broken) is False
