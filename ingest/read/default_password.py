"""Workbooks that Excel encrypted although their author gave no password to open them.

Excel 97-2003 encrypts a workbook whose structure is protected, with a password that it tries
itself before it asks: opening one asks nobody for anything, so such a file is read. This is the
RC4 encryption of [MS-XLS] 2.2.10 and [MS-OFFCRYPTO] 2.3.6; other kinds are refused.
"""

from __future__ import annotations

import hashlib
import struct
from typing import Final

from ingest.read.biff import BOF, BOUND_SHEET, FILEPASS, records

_PASSWORD: Final = "VelvetSweatshop"  # noqa: S105 - printed in the specification
_BLOCK: Final = 1024
_RC4: Final = b"\x01\x00\x01\x00\x01\x00"
_SKIPPED: Final = 0x0FFF  # a kind of record that no reader knows
# Records that are never encrypted; of a BOUNDSHEET the place of the sheet is not.
_PLAIN: Final = frozenset({BOF, FILEPASS, 0xE1, 0x0138, 0x0194, 0x0195, 0x0196})


def encryption_of(stream: bytes) -> bytes | None:
    """Return the FILEPASS record of a workbook, None where it is not encrypted."""
    for number, (kind, start, length) in enumerate(records(stream)):
        if kind == FILEPASS:
            return stream[start : start + length]
        if number > 10:
            break
    return None


def decrypted(stream: bytes, file_pass: bytes) -> bytes | None:
    """Return the stream in clear, as long as before; None where it takes a person's password."""
    if not file_pass.startswith(_RC4) or len(file_pass) < 54:
        return None
    salt, verifier, digest = file_pass[6:22], file_pass[22:38], file_pass[38:54]
    secret = hashlib.md5(_PASSWORD.encode("utf-16-le"), usedforsecurity=False).digest()[:5]
    secret = hashlib.md5((secret + salt) * 16, usedforsecurity=False).digest()[:5]
    plain = _xor(verifier + digest, _keystream(secret, 0, 32))
    if hashlib.md5(plain[:16], usedforsecurity=False).digest() != plain[16:]:
        return None
    blocks = -(-len(stream) // _BLOCK)
    keys = b"".join(_keystream(secret, number, _BLOCK) for number in range(blocks))
    clear = bytearray(_xor(stream, keys[: len(stream)]))
    for kind, start, length in records(stream):
        clear[start - 4 : start] = stream[start - 4 : start]
        kept = length if kind in _PLAIN else 4 if kind == BOUND_SHEET else 0
        clear[start : start + kept] = stream[start : start + kept]
        if kind == FILEPASS:
            clear[start - 4 : start - 2] = struct.pack("<H", _SKIPPED)
    return bytes(clear)


def _keystream(secret: bytes, block: int, length: int) -> bytes:
    """Return the bytes of RC4 for one block of the stream."""
    key = hashlib.md5(secret + struct.pack("<I", block), usedforsecurity=False).digest()
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % 16]) & 255
        state[i], state[j] = state[j], state[i]
    out = bytearray(length)
    i = j = 0
    for place in range(length):
        i = (i + 1) & 255
        j = (j + state[i]) & 255
        state[i], state[j] = state[j], state[i]
        out[place] = state[(state[i] + state[j]) & 255]
    return bytes(out)


def _xor(data: bytes, key: bytes) -> bytes:
    number = int.from_bytes(data, "little") ^ int.from_bytes(key, "little")
    return number.to_bytes(len(data), "little")
