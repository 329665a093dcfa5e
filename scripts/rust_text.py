"""What can be told of a cell's Rust without a compiler: its functions, its variables, what it calls when it runs."""

import re

# Comments, strings, characters; a lifetime such as 'a is no character.
LITERAL = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<text>b?r(?P<hashes>\#*)".*?"(?P=hashes)|b?"(?:\\.|[^"\\])*")|b?'(?:\\.[^'\n]*|[^'\\\n])'""",
    re.S,
)
COMMAND = re.compile(r" *:[^ ]*(?: +.*)?")
# What has a name for later cells and runs nothing: an item, once the insides of all brackets are blank.
ITEM = re.compile(
    r"""(?:\#\[\s*\]\s*)*(?:pub\s*(?:\(\s*\)\s*)?)?
    (?: (?:const\s+|async\s+|unsafe\s+|extern\s*)*fn\s+[^;{}]*\{\s*\}
      | (?:unsafe\s+)?(?:struct|enum|union|trait|impl|mod|extern)\b[^;{}]*(?:\{\s*\}|;)
      | macro_rules!\s*\w+\s*\{\s*\}
      | (?:const|static|use|type)\s[^;]*; )""",
    re.X,
)


def blank(text):
    return re.sub(r"[^\n]", " ", text)


def split_commands(source):
    """The kernel's commands at the head of a cell (`:dep ...`, `!ls`), as evcxr finds them, and the cell with blanks in their place."""
    commands, lines = [], source.split("\n")
    for number, line in enumerate(lines):
        if line.startswith("!") or COMMAND.fullmatch(line):
            commands.append(line)
            lines[number] = blank(line)
        elif line.strip() and not line.startswith("//"):
            break
    return commands, "\n".join(lines)


def code_only(source):
    """The cell with commands, comments and strings blank; every other character is at its place."""
    return LITERAL.sub(lambda found: blank(found.group()), split_commands(source)[1])


def skeleton(source):
    """The cell's code with the insides of all brackets blank too."""
    depth, kept = 0, []
    for character in code_only(source):
        if character in ")]}":
            depth = max(depth - 1, 0)
        kept.append(character if depth == 0 or character == "\n" else " ")
        if character in "([{":
            depth += 1
    return "".join(kept)


def items(source):
    """Where the items of the cell are: functions, constants, types, imports."""
    return [found.span() for found in ITEM.finditer(skeleton(source))]


def functions(source):
    """The functions that the cell defines: name, signature, body with its braces, as they are written."""
    found, bare = [], skeleton(source)
    for start, end in items(source):
        head = re.search(r"\bfn\s+(\w+)", bare[start:end])
        if head:
            brace = bare.index("{", start + head.end())
            found.append((head.group(1), source[start:brace].rstrip(), source[brace:end]))
    return found


def statements(source):
    """The code that runs with the cell itself: all but its items."""
    code = list(code_only(source))
    for start, end in items(source):
        code[start:end] = blank("".join(code[start:end]))
    return "".join(code)


def runs(source):
    """Whether the cell does anything beyond defining items."""
    return bool(statements(source).strip(" \n\t;"))


def calls(code, name):
    """Whether this code calls the function, or hands it on; not a method or a function of another module of that name."""
    return bool(re.search(rf"(?<![\w.:]){name}\s*[(,)]", code))


def declared(source):
    """The variables that the cell declares for later ones."""
    patterns = re.findall(r"\blet\s+(\([^)]*\)|[^:=;]*)", top_level(source))
    return [name for pattern in patterns for name in re.findall(r"\b[a-z_]\w*\b", pattern) if name not in ("mut", "ref", "_")]


def top_level(source):
    """The statements outside of braces, with what is in round and square brackets."""
    depth, kept = 0, []
    for character in statements(source):
        depth -= character == "}"
        kept.append(character if depth == 0 or character == "\n" else " ")
        depth += character == "{"
    return "".join(kept)


def uses(source, name):
    """Whether the cell uses a variable of this name that it does not make itself."""
    code = code_only(source)
    bound = rf"\blet\b[^=;]*\b{name}\b|\bfor\b[^{{]*?\b{name}\b[^{{]*?\bin\b|\|[^|\n]*\b{name}\b[^|\n]*\||\b{name}\s*:(?!:)"
    if re.search(bound, code):
        return False
    return bool(re.search(rf"(?<![\w.:]){name}\b(?!\s*(?:\(|::))", code) or re.search(rf"\{{{name}[:}}]", source))


def indent(source):
    """The cell four columns to the right, except what is inside a string that goes over several lines."""
    inside = set()
    for found in LITERAL.finditer(source):
        if found.group("text"):
            first = source.count("\n", 0, found.start())
            inside |= set(range(first + 1, first + 1 + found.group().count("\n")))
    lines = source.split("\n")
    return "\n".join(line if number in inside or not line else "    " + line for number, line in enumerate(lines))
