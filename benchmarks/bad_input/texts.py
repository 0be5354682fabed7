"""Damaged text: YAML of every kind of trouble, lists and tables by lines."""

from __future__ import annotations

from typing import Any

from benchmarks.bad_input.strange import Rng, as_json, damaged, pick, strange

_DEEP = 3_000  # levels of YAML
_TAGS = [
    "!!python/object/apply:os.system [touch outside]",
    "!!python/object/new:subprocess.Popen [[touch, outside]]",
    "!!python/name:os.system",
    "!!python/module:subprocess",
    "!!python/tuple [1, 2]",
    "!!binary aGFsbG8=",
    "!!binary nothing of the kind",
    "!!set {a, b}",
    "!!omap [a: 1, b: 2]",
    "!!timestamp 2001-99-99",
    "!!int many",
    "!!float ''",
    "!own {a: 1}",
    "!!map [1]",
    "!!str {a: 1}",
]
_WORDS = [
    "2001-12-14",
    "2001-99-99",
    "12:30:45",
    "0o17",
    "0x_",
    "1_000",
    "~",
    "=",
    "<<",
    "? a\n: b",
]
_WORDS += ["'", '"', "|", "- - - a", "@", "`", "\t", "%TAG ! a", "---\n---", "*none", "&a *a"]
_WORDS += ["[" * _DEEP, "{a: " * _DEEP, "9" * 5_000, "é\ud800", ". inf", "-.inf", ".NaN", "{? }"]


def laughs(levels: int = 9, width: int = 9) -> str:
    """A list of lists of lists ..., each named once: small as a file, endless when spelled out."""
    lines = ["l0: &l0 [lol, lol]"]
    for n in range(1, levels + 1):
        lines.append(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * width)}]")
    return "\n".join(lines)


def of_yaml(rng: Rng, content: bytes) -> bytes:
    """The settings of a YAML file, damaged as data or as text."""
    import yaml

    kind, data = int(rng.integers(0, 10)), yaml.safe_load(content) or {}
    if kind < 4:
        return as_json(rng, damaged(rng, data))  # which YAML holds as well
    if kind < 6:
        plain = _speakable(damaged(rng, data))
        return yaml.safe_dump(plain, allow_unicode=True, sort_keys=False).encode(errors="replace")
    keys = [*data, "seed"] if isinstance(data, dict) else ["seed"]
    key, text = pick(rng, keys), content.decode()
    if kind < 8:
        return f"{text}\n{key}: {pick(rng, _TAGS + _WORDS)}\n".encode(errors="surrogatepass")
    if kind == 8:
        bombs = [f"{laughs()}\n{key}: *l9", f"{key}: &a [*a]", f"{key}: &a {{{key}: *a}}"]
        bombs += [f"&a\n{key}: *a", f"base: &b {{{key}: 1}}\n<<: *b", f"? {laughs(3, 3)}\n: 1"]
        return pick(rng, bombs).encode()
    return of_lines(rng, content)


def _speakable(value: Any) -> Any:
    """Numbers of more digits than Python prints become text."""
    if isinstance(value, dict):
        return {k: _speakable(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_speakable(v) for v in value]
    return str(value)[:99] if isinstance(value, int) and abs(value) > 10**99 else value


def of_lines(rng: Rng, content: bytes) -> bytes:
    """Lines lost, repeated, swapped, filled with something else, or in another encoding."""
    lines = content.split(b"\n")
    for _ in range(int(rng.integers(1, 4))):
        place, change = int(rng.integers(0, len(lines))), int(rng.integers(0, 8))
        told = str(strange(rng))[:6_000].encode(errors="surrogatepass")
        if change == 0 and len(lines) > 1:
            del lines[place]
        elif change == 1:
            lines.insert(place, lines[int(rng.integers(0, len(lines)))])
        elif change == 2:
            lines[place] = told
        elif change == 3:
            lines[place] = told + lines[place]
        elif change == 4:
            lines[place] += told
        else:
            lines[place] = _cells(rng, lines[place], told)
    text = pick(rng, [b"\n", b"\n", b"\n", b"\r\n", b"\r"]).join(lines)
    form = int(rng.integers(0, 20))
    if form == 0:
        return text.decode(errors="replace").encode("utf-16")
    return b"\xef\xbb\xbf" + text if form == 1 else text


def _cells(rng: Rng, line: bytes, told: bytes) -> bytes:
    """One of the words of a line in the place of another, or lost."""
    for mark in (b",", b"__", b"=", b":", b" "):
        if mark in line:
            words = line.split(mark)
            place = int(rng.integers(0, len(words)))
            words[place : place + 1] = pick(rng, [[told], [], [b""], [words[place]] * 2])
            return mark.join(words)
    return line[::-1]
