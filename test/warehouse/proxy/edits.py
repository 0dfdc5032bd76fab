"""Edits of a text, and the mapping of positions in the new text to the original."""


class Edits:
    """Collects replacements of ranges of one text, in any order."""

    def __init__(self, text):
        self.text = text
        self._edits = []

    def replace(self, start, end, new):
        self._edits.append((start, end, new))

    def insert(self, position, new):
        self._edits.append((position, position, new))

    def swap(self, token, new):
        """Replaces one token."""
        self.replace(token.start, token.end, new)

    def drop(self, first, last=None):
        """Removes the tokens from first to last."""
        self.replace(first.start, (last or first).end, "")

    def apply(self):
        """Returns the new text, and sorts the edits for original_position()."""
        # at the same position: insertions first, in the order in which they were
        # made
        self._edits.sort(key=lambda edit: (edit[0], edit[1]))
        parts, at = [], 0
        for start, end, new in self._edits:
            if start < at:
                continue
            parts.append(self.text[at:start])
            parts.append(new)
            at = end
        parts.append(self.text[at:])
        return "".join(parts)

    def original_position(self, position):
        """Maps a 1-based position in the new text back to the client's text."""
        offset = position - 1
        at, shift = 0, 0
        for start, end, new in self._edits:
            if start < at:
                continue
            if offset < start + shift:
                break
            if offset < start + shift + len(new):
                return start + 1
            shift += len(new) - (end - start)
            at = end
        return offset - shift + 1
