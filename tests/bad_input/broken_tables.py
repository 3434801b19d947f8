"""Tables in CSV and NPZ files that no study can use: broken, hostile, or of the wrong kind."""

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np

ROWS = 60
X, Y = np.random.default_rng(0).normal(size=(ROWS, 2)), np.arange(ROWS) % 3


def csv(header="a,b,y", cells=lambda i: (*X[i], Y[i]), rows=ROWS):
    return "\n".join([header, *(",".join(map(str, cells(i))) for i in range(rows))]).encode()


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, allow_pickle=True, **arrays)
    return file.getvalue()


def zipped(name, content):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return file.getvalue()


def declared(shape, dtype="<f8"):
    """An array file that says it is large and holds nothing."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file, {"descr": dtype, "fortran_order": False, "shape": shape}
    )
    return file.getvalue()


class Bomb:
    """Tells when it is unpickled."""

    def __reduce__(self):
        return Path("unpickled").touch, ()


TABLES = {
    "empty.csv": b"",
    "blank.csv": b"\n\n \n",
    "names.csv": b"a,b,y\n",
    "binary.csv": bytes(range(256)) * 9,
    "cut.csv": csv()[:-1] + b"\xe2\x82",
    "utf16.csv": csv().decode().encode("utf-16"),
    "nul.csv": b"\0" * 500,
    "ragged.csv": csv() + b"\n1,2,3,4,5,6\n",
    "quote.csv": b'a,b,y\n"1,2,3\n' + csv(),
    "twice.csv": csv("a,a,y"),
    "unnamed.csv": csv(",,y"),
    "wide.csv": b"," * 10_000_000 + b"\n1,2\n",
    "long.csv": b"x" * 10_000_000 + b"\n1\n",
    "other.csv": csv("a,b,z"),
    "hostile.csv": csv('"__class__","../../y","{x!r} %s 🎲"'),
    "one_class.csv": csv(cells=lambda i: (*X[i], "yes")),
    "gaps.csv": csv(cells=lambda i: (*X[i], "" if i == 7 else Y[i])),
    "missing.csv": csv(cells=lambda i: ("", "", Y[i])),
    "constant.csv": csv(cells=lambda i: (1, 2, Y[i])),
    "infinite.csv": csv(cells=lambda i: ("inf" if i == 3 else i * 0.3, 1, Y[i])),
    "huge.csv": csv(cells=lambda i: (10**300 * (i + 0.5), X[i, 1], Y[i])),
    "target.csv": csv(cells=lambda i: (*X[i], "inf" if i else 0.5)),
    "ids.csv": csv(cells=lambda i: (*X[i], f"id{i}")),
    "few.csv": csv(rows=2),
    "table.parquet": b"PAR1",
    "table": csv(),
    "empty.npz": b"",
    "text.npz": csv(),
    "zip.npz": zipped("x", b"no array"),
    "array.npz": declared((3,)) + bytes(24),
    "cut.npz": npz(x=X, y=Y)[:-300],
    "pickle.npz": npz(x=np.array([Bomb()] * ROWS, object), y=Y),
    "pickled.npz": pickle.dumps({"x": Bomb(), "y": Bomb()}),
    "target.npz": npz(x=X, y=np.array([Bomb()] * ROWS, object)),
    "bomb.npz": zipped("x.npy", declared((10**12,))),
    "code.npz": zipped("x.npy", b"\x93NUMPY\x01\x00\x16\x00{'descr':__import__(1)}"),
    "names.npz": npz(z=X, y=Y),
    "lengths.npz": npz(x=X, y=Y[:9]),
    "scalar.npz": npz(x=np.float64(3), y=Y),
    "nan.npz": npz(x=X, y=np.where(Y, Y, np.nan)),
    "infinite.npz": npz(x=X * np.inf, y=Y),
    "complex.npz": npz(x=X * 1j, y=Y),
    "words.npz": npz(x=X.astype(str), y=Y),
    "one_class.npz": npz(x=X, y=Y * 0),
}
