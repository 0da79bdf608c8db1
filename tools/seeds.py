"""Seeds for the fuzzer from our own transcripts: what meters said, as pieces with their waits."""

import pathlib
import sys

WAIT = 0x10
PIECE_MAX = 255

out = pathlib.Path(sys.argv[1])
for name in sys.argv[2:]:
    path = pathlib.Path(name)
    heard = []
    for line in path.read_text().splitlines():
        words = line.split()
        if len(words) > 3 and words[2] == "<":
            heard.append(bytes.fromhex("".join(words[3:])))
    # A session ends the wait where nothing follows; 0xFF passes a silence.
    pieces = [b"\xff" + bytes([WAIT, len(piece)]) + piece for piece in heard if len(piece) <= PIECE_MAX]
    stem = f"{path.parent.name}-{path.stem}"
    (out / stem).write_bytes(b"".join(pieces)[:4096])
    # For the door of dumps the first byte chooses the family; beyond all of them it is found out.
    (out / f"{stem}-dump").write_bytes((b"\xff" + b"".join(heard))[:4096])
