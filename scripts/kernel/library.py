"""Copies the sources of Rust's standard library for rust-analyzer: signatures without comments, bodies, tests and processors.

rust-analyzer, which evcxr asks for the types of variables, reads and expands all of this before the first one. What a function
does inside says nothing about its type, so a fifth of the text is enough; Shift+Tab then shows a signature of the standard
library without its documentation.
"""

import re
import shutil
import sys
from pathlib import Path

CRATES = ("core", "alloc", "std")
LEFT_OUT = {"tests", "benches", "tests.rs"}
TOKEN = re.compile(
    r"""//[^\n]*|/\*|b?c?r(?P<hashes>\#*)"|[bc]?"(?:\\.|[^"\\])*"|b?'(?:\\(?:x..|u\{[^}]*\}|.)|[^'\\])'|'\w+|\w+|\s+|.""", re.S
)
# What concerns readers, stability and the optimiser.
ATTRIBUTE = re.compile(
    r"#!?\[(?:doc|stable|rustc_const_stable|rustc_const_unstable|must_use|inline|rustc_allow_const_fn_unstable|rustc_diagnostic_item"
    r"|allow|expect|deny|warn|track_caller|cold|optimize|rustc_promotable|rustc_inherit_overflow_checks)\b"
    r'[^\[\]"]*(?:"(?:\\.|[^"\\])*"[^\[\]"]*)*\]'
)


def tokens(text):
    """The words and signs of a source, without comments."""
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        token, at = match.group(), match.end()
        if token == "/*":
            depth = 1
            while depth:
                opens, closes = text.find("/*", at), text.find("*/", at)
                deeper = -1 < opens < closes
                depth, at = (depth + 1, opens + 2) if deeper else (depth - 1, closes + 2)
        elif match["hashes"] is not None:
            end = text.index('"' + match["hashes"], at) + 1 + len(match["hashes"])
            yield text[match.start() : end]
            at = end
        elif token.isspace():
            yield "\n" if "\n" in token else " "
        elif not token.startswith("//"):
            yield token


def end_of_block(code, at):
    """Where the block that opens here closes."""
    depth = 0
    while True:
        depth += (code[at] == "{") - (code[at] == "}")
        if depth == 0:
            return at
        at += 1


def signatures(text):
    """The source with every function's body empty, but for those whose body says what `impl Trait` is."""
    code, kept, at = list(tokens(text)), [], 0
    while at < len(code):
        named = code[at] == "fn" and at + 2 < len(code) and re.match(r"[\w$]", code[at + 2])
        if not named:
            kept.append(code[at])
            at += 1
            continue
        body, depth = at, 0
        while body < len(code) and depth >= 0 and not (depth == 0 and code[body] in "{;"):
            depth += (code[body] in "([") - (code[body] in ")]")
            body += 1
        signature = "".join(code[at:body])
        kept.append(signature)
        at = body
        if body < len(code) and code[body] == "{" and "impl" not in signature.rpartition("->")[2]:
            kept.append("{loop{}}")
            at = end_of_block(code, body) + 1
    return re.sub(r"\n\s*\n+", "\n", ATTRIBUTE.sub("", "".join(kept)))


def reduce(sources, target):
    """Writes the signatures of the library at `sources` into the folder `target`, once for each version of it."""
    version = f"{sources} {(sources / 'core' / 'src' / 'lib.rs').stat().st_mtime_ns} {Path(__file__).stat().st_mtime_ns}"
    if (target / "version").exists() and (target / "version").read_text() == version:
        return
    shutil.rmtree(target, ignore_errors=True)
    for crate in CRATES:
        for source in (sources / crate / "src").rglob("*.rs"):
            path = source.relative_to(sources)
            if not LEFT_OUT & set(path.parts):
                copy = target / path
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_text(signatures(source.read_text(encoding="utf-8")), encoding="utf-8")
    (target / "version").write_text(version)


if __name__ == "__main__":
    reduce(Path(sys.argv[1]), Path(sys.argv[2]))
