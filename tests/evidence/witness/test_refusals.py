"""Whoever comes upon a trail that contradicts what was signed has it verified and recorded, once: jobs, mails, documents, pages, commands, starts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from dpa.alerts import witnessing
from dpa.evidence import checking, jobs
from dpa.evidence.trail import checkpoints, keys, queries, witnesses
from dpa.evidence.trail.checkpoints import CheckpointRefused
from dpa.evidence.trail.models import TrailEvent, TrailVerification
from tests.evidence.ground import Ground
from tests.evidence.register.desk import desk_for
from tests.evidence.witness.signing import take, tick
from tests.evidence.witness.test_anchoring import make_organisations
from tests.evidence.witness.test_checkpoints import as_owner, begin_anew, rebuild
from tests.evidence.witness.test_trail_commands import Command, dpa
from tests.support.databases import Database
from tests.support.seals import SealGround

__all__ = ["dpa"]  # A fixture.


def rewritten(ground: Ground) -> None:
    """An organisation with a witness, a checkpoint, an edit with the tree computed anew."""
    ours, _ = make_organisations(ground)
    ground.happen(5)
    take(ground)
    with Session(ground.engine) as session, ground.begin(session) as unit:
        witnesses.add(unit, ours, "Audit & Co", "log@audit.example")
    rebuild(ground, edit=2)


def recorded(ground: Ground) -> list[int]:
    with Session(ground.engine) as session:
        found = list(session.scalars(select(TrailVerification.findings).order_by(TrailVerification.id)))
        said = session.query(TrailEvent).filter(TrailEvent.action == "evidence:trail:verified").count()
        assert said == len(found)
        return found


def by_daily_job(ground: Ground) -> None:
    ground.now = ground.now.replace(day=ground.now.day + 1)
    with Session(ground.engine) as session:
        jobs.daily_checkpoint(tick(ground, session, ground.now))


def by_witness_mail(ground: Ground) -> None:
    with Session(ground.engine) as session:
        witnessing.mail_witnesses(tick(ground, session, ground.now))


def by_worker_start(ground: Ground) -> None:
    with Session(ground.engine) as session:
        jobs.compare_checkpoints(tick(ground, session, ground.now))


@pytest.mark.parametrize("act", [by_daily_job, by_witness_mail, by_worker_start])
def test_every_caller_has_it_verified_and_recorded_once(act: Callable[[Ground], None], ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    rewritten(ground)
    read: list[object] = []
    verify = checking.verify_database
    monkeypatch.setattr(checking, "verify_database", lambda engine, **how: read.append(engine) or verify(engine, **how))
    for _ in range(3):
        with pytest.raises(CheckpointRefused, match="were changed after it"):
            act(ground)
    assert recorded(ground) == [1]
    assert len(read) == 1, "the whole trail is read once, not at each attempt"
    with Session(ground.engine) as session:
        last = queries.last_verification(session)
        assert last is not None
        assert "something among the events 0 to 5 was changed after it was signed" in last.first_finding


def test_the_command_too(ground: Ground, dpa: Command) -> None:
    rewritten(ground)
    for words in (("rotate-key",), ("checkpoint",), ("prove", "1", "--out", ground.settings.instance / "x.zip"), ("checkpoint",)):
        if words[0] == "prove":
            as_owner(ground, "DELETE FROM trail_checkpoint")
        code, _, told = dpa(*words)
        assert (code, len(told.strip().splitlines())) == (2, 1), told
        if words[0] != "rotate-key":
            assert f"The folder of keys is {keys.folder_of(ground.settings)}." in told
        assert recorded(ground) == [1], "by whichever command comes first"
    assert recorded(ground) == [1]


def test_sealing_too(database: Database, seal_ground: SealGround) -> None:
    desk = desk_for(database, seal_ground)
    ground = Ground(desk.engine, desk.settings, desk.clock.now())
    desk.order("Certificate 1")
    assert desk.work() == "1 documents issued"
    with ground.engine.connect() as connection:
        ordered = connection.execute(text("SELECT idx FROM trail_event WHERE action = 'evidence:document:ordered'")).scalar_one()
    rebuild(ground, edit=ordered)
    desk.order("Certificate 2")
    for _ in range(2):
        assert desk.work() == "1 failed"
        assert recorded(ground) == [1]
        desk.pass_time(timedelta(hours=1))


def test_a_web_process_that_starts_records_it_and_starts_all_the_same(ground: Ground, tmp_path: Path) -> None:
    rewritten(ground)
    for _ in range(2):
        checking.compare_at_start(ground.settings, ground.now)
    assert recorded(ground) == [1]
    nowhere = ground.settings.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'absent' / 'x.sqlite3'}"})
    checking.compare_at_start(nowhere, ground.now)
    (keys.folder_of(ground.settings) / keys.CURRENT).write_text("nonsense")
    checking.compare_at_start(ground.settings, ground.now)


def test_a_whole_trail_is_compared_without_a_word(ground: Ground) -> None:
    checking.compare_at_start(ground.settings, ground.now)
    ground.happen(3)
    by_worker_start(ground)
    take(ground)
    ground.happen(300)
    by_worker_start(ground)
    checking.compare_at_start(ground.settings, ground.now)
    assert recorded(ground) == []


def test_what_nobody_can_sign_is_a_finding_although_the_tree_is_whole(ground: Ground) -> None:
    """The folder of keys is gone: nothing differs, and yet nothing can be signed. Each verification says so until somebody begins anew."""
    ground.happen(5)
    take(ground)
    for path in keys.folder_of(ground.settings).iterdir():
        path.unlink()
    with pytest.raises(CheckpointRefused, match="the folder of keys holds no key that signed them"):
        by_worker_start(ground)
    assert recorded(ground) == [1]
    checkpoints.signer_for(ground.settings)  # As the next one who signs would make it.
    ground.happen(1)
    with pytest.raises(CheckpointRefused, match="the folder of keys holds the key of"):
        by_worker_start(ground)
    with Session(ground.engine) as session:
        assert jobs.verify_trail(tick(ground, session, ground.now.replace(day=24))).endswith("1 findings")
    assert recorded(ground) == [1, 1]
    begin_anew(ground, "The folder was lost")
    with Session(ground.engine) as session:
        assert jobs.verify_trail(tick(ground, session, ground.now.replace(day=26))).endswith("0 findings")
    by_worker_start(ground)


def test_nothing_to_sign_is_no_reason_to_verify(ground: Ground) -> None:
    with Session(ground.engine) as session, pytest.raises(checkpoints.NothingToSign), \
            checking.told(session, ground.settings, lambda: ground.begin(session)), ground.begin(session) as unit:
        checkpoints.take(unit, checkpoints.signer_for(ground.settings), "request")
    by_worker_start(ground)
    assert recorded(ground) == []


def test_a_log_that_grows_meanwhile_is_no_contradiction(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody signs between the reading of the head and that of the log: the comparison must not take that for an older copy."""
    ground.happen(3)
    take(ground)
    head = checkpoints._head

    def and_then_others_act(connection: object) -> int:
        size = head(connection)  # type: ignore[arg-type]
        monkeypatch.setattr(checkpoints, "_head", head)
        ground.happen(2)
        signer = checkpoints.signer_for(ground.settings)
        descriptor = signer.log.path.open("rb")
        import fcntl

        with descriptor, pytest.raises(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return size

    monkeypatch.setattr(checkpoints, "_head", and_then_others_act)
    checkpoints.examine(ground.engine, ground.settings)
    with ground.engine.connect() as connection:
        assert connection.execute(text("SELECT size FROM trail_head")).scalar() == 5
