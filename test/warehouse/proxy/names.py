"""Names of up to 127 bytes; the server keeps only 63.

The server gets another name for a longer one, which consists of its beginning and
a hash; clients never see it.  The file long_names contains both, for the views of
the catalog.
"""

import hashlib
import os
import threading

LONGEST = 127
LONGEST_BEHIND = 63

_lock = threading.Lock()
_full = {}               # name in the server -> name
_path = None


def keep_in(folder):
    """Sets the path of the file, and reads it."""
    global _path
    _path = os.path.join(folder, "long_names")
    with _lock, open(_path, "a+", encoding="utf-8") as file:
        file.seek(0)
        for line in file:
            behind, name = line.rstrip("\n").split("\t")
            _full[behind] = name


def behind(name):
    """Returns the server's name for a name."""
    data = name.encode("utf-8", "surrogateescape")
    if len(data) <= LONGEST_BEHIND:
        return name
    data = data[:LONGEST]
    name = data.decode("utf-8", "ignore")
    short = data[:50].decode("utf-8", "ignore") + "_" + hashlib.md5(data).hexdigest()[:12]
    with _lock:
        if short not in _full:
            _full[short] = name
            if _path is not None:
                with open(_path, "a", encoding="utf-8") as file:
                    file.write(f"{short}\t{name}\n")
    return short


def full(name):
    """Returns the name that clients use."""
    return _full.get(name, name)
