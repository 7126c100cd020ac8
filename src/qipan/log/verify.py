"""Verify a published log, holding nothing but its files and the keys of those one trusts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import sha256

from qipan.kernel.errors import BadInputError, Finding
from qipan.log.checkpoint import head_of
from qipan.log.model import Head, Published
from qipan.log.note import Verifier, is_signed, parted
from qipan.log.tree import leaf_hash, node_hash

# Canonical JSON of texts that need no escape has one form only.
_ENTRY = re.compile(rb'\{"at":"[0-9TZ:.+-]+","digest":"(?P<digest>[0-9a-f]{64})","kind":"(?P<kind>[^"\\\x00-\x1f]+)"\}')

Checked = tuple[Head | None, tuple[Finding, ...]]
"""Head that a checkpoint tells, if it can be read, and what is wrong with it."""


def check_checkpoint(
    row: int, note: str, *, log: Verifier, witnesses: Sequence[Verifier] = (), quorum: int = 0
) -> Checked:
    """Return what a checkpoint says, and what is wrong with its signatures.

    Rules: ``note_malformed``, ``checkpoint_malformed``, ``origin_differs``, ``log_unsigned``, ``quorum_missing``;
    ``signature_unchecked`` for a signature of a key that was not given: every signature must be vouched for.

    Parameters
    ----------
    row
        Its place among the checkpoints, the first is 1.
    quorum
        How many of the witnesses must have signed.
    """
    try:
        text, signatures = parted(note)
        origin, head = head_of(text)
    except BadInputError as error:
        return None, (Finding(row, "checkpoint", error.code, error.message),)
    findings = []
    if origin != log.name:
        findings.append(Finding(row, "origin", "origin_differs", f"The origin must be {log.name}, was {origin}."))
    signed = {
        verifier for signature in signatures for verifier in (log, *witnesses) if is_signed(text, signature, verifier)
    }
    if log not in signed:
        findings.append(Finding(row, "signature", "log_unsigned", f"{log.name} must have signed, has not."))
    seen = len(signed - {log})
    if seen < quorum:
        told = f"At least {quorum} witnesses must have signed, was {seen}."
        findings.append(Finding(row, "signature", "quorum_missing", told))
    if len(signatures) > len(signed):
        strange = [one for one in signatures if not any(is_signed(text, one, verifier) for verifier in signed)]
        names = ", ".join(signature.name for signature in strange or signatures)
        told = f"Every signature must be that of a key that was given (a witness's too), was not: {names}."
        findings.append(Finding(row, "signature", "signature_unchecked", told))
    return head, tuple(findings)


def check_growth(entries: Sequence[bytes], heads: Iterable[Head | None]) -> tuple[Finding, ...]:
    """Return every head that is not that of the first entries of its size, in the order of checkpoints.

    Rules: ``head_differs``, ``head_beyond``, ``heads_unordered``; ``entries_unsigned`` when the newest head covers
    fewer entries than there are.
    """
    findings: list[Finding] = []
    peaks: list[tuple[int, bytes]] = []
    size = 0
    for row, head in enumerate(heads, start=1):
        if head is None:
            continue
        if head.size < size:
            told = f"Checkpoints must follow each other, was {head.size} after {size} leaves."
            findings.append(Finding(row, "size", "heads_unordered", told))
            continue
        if head.size > len(entries):
            told = f"A checkpoint must speak of entries that are there, was {head.size} of {len(entries)}."
            findings.append(Finding(row, "size", "head_beyond", told))
            continue
        for entry in entries[size : head.size]:
            _grow(peaks, leaf_hash(entry))
        size = head.size
        if _root(peaks) != head.root:
            told = f"The root of {size} leaves must be {_root(peaks).hex()}, was {head.root.hex()}."
            findings.append(Finding(row, "root", "head_differs", told))
    if size < len(entries):
        told = f"Every entry must be under a checkpoint, was not for {len(entries) - size} of them."
        findings.append(Finding(0, "entries", "entries_unsigned", told))
    return tuple(findings)


def check_held(
    entries: Sequence[bytes], note: str, *, log: Verifier, witnesses: Sequence[Verifier] = ()
) -> tuple[Finding, ...]:
    """Return what is wrong between entries and a checkpoint that was kept from earlier; row 0.

    Rules: those of `check_checkpoint`, ``head_differs`` and ``head_beyond``.
    """
    head, findings = check_checkpoint(0, note, log=log, witnesses=witnesses)
    if head is None:
        return findings
    grown = check_growth(entries[: head.size], (head,))
    return findings + tuple(replace(found, row=0) for found in grown if found.rule.startswith("head_"))


def check_files(published: Published, kinds: Iterable[str]) -> tuple[Finding, ...]:
    """Return what is missing or strange among the payloads and entries; row 1 is the first entry.

    Rules: ``entry_malformed``, ``payload_missing`` for entries of kinds whose payloads are published, ``file_stray``.
    """
    findings, wanted = [], frozenset(kinds)
    known: set[str] = set()
    for row, entry in enumerate(published.entries, start=1):
        kind, digest = entry_words(entry)
        if digest is None:
            told = "An entry must be canonical JSON with at, digest and kind, was not."
            findings.append(Finding(row, "entry", "entry_malformed", told))
            continue
        known.add(digest)
        if kind in wanted and digest not in published.payloads:
            findings.append(Finding(row, "payload", "payload_missing", f"A payload must be there, was not: {digest}."))
    strange = [*published.strays, *sorted(published.payloads - known)]
    findings += [
        Finding(0, name, "file_stray", f"A file must be part of the log, was not: {name}.", name) for name in strange
    ]
    return tuple(findings)


def check_payload(row: int, digest: str, data: bytes) -> tuple[Finding, ...]:
    """Return a finding when a payload is not what was entered; rule ``payload_changed``."""
    found = sha256(data).hexdigest()
    if found == digest:
        return ()
    return (Finding(row, "payload", "payload_changed", f"A payload must hash to {digest}, was {found}."),)


def entry_words(entry: bytes) -> tuple[str, str | None]:
    """Return kind and digest of an entry; no digest where it is not written as the log writes it."""
    found = _ENTRY.fullmatch(entry)
    try:
        return (found["kind"].decode(), found["digest"].decode()) if found else ("", None)
    except UnicodeDecodeError:
        return "", None


def _grow(peaks: list[tuple[int, bytes]], leaf: bytes) -> None:
    """Add a leaf to the complete subtrees of a log, largest first: (level, hash)."""
    level, found = 0, leaf
    while peaks and peaks[-1][0] == level:
        found = node_hash(peaks.pop()[1], found)
        level += 1
    peaks.append((level, found))


def _root(peaks: Sequence[tuple[int, bytes]]) -> bytes:
    if not peaks:
        return sha256(b"").digest()
    found = peaks[-1][1]
    for _, left in reversed(peaks[:-1]):
        found = node_hash(left, found)
    return found
