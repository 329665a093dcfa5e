"""Shortens the answer of `cargo metadata`, from standard input to standard output.

rust-analyzer, which evcxr asks for the types of variables, reads the sources of every package that this answer names. Types in
cells come from the crates that the notebook names, from what those show in their interfaces, and from the standard library.
Build scripts, procedural macros, crates for development and everything behind them are left out; and of the crates below, whose
interfaces are known, everything that they only use inside.
"""

import json
import sys

SHOWN = {
    "em-lab": {"ndarray"},
    "ndarray": {"num-complex", "num-traits"},
    "num-complex": {"num-traits"},
    "num-traits": set(),
    "statrs": {"num-traits"},
}
# Of polars what its prelude shows: the other crates of the family read formats and run queries.
POLARS = {f"polars-{part}" for part in ("core", "dtype", "error", "io", "lazy", "ops", "plan", "schema", "time", "utils", "arrow", "buffer")}


def shorten(metadata):
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}

    def is_macro(package):
        return any("proc-macro" in target["kind"] for target in package["targets"])

    def shown_by(node):
        name = packages[node["id"]]["name"]
        shown = POLARS if name.startswith("polars") else SHOWN.get(name)
        for dependency in node["deps"]:
            package = packages[dependency["pkg"]]
            normal = any(kind["kind"] is None for kind in dependency["dep_kinds"])
            if normal and not is_macro(package) and (shown is None or package["name"] in shown):
                yield dependency

    kept, waiting = {}, list(metadata["workspace_members"])
    while waiting:
        node = nodes[waiting.pop()]
        if node["id"] not in kept:
            deps = list(shown_by(node))
            names = {dependency["pkg"] for dependency in deps}
            kept[node["id"]] = node | {"deps": deps, "dependencies": sorted(names)}
            waiting.extend(names)
    metadata["packages"] = [package for identity, package in packages.items() if identity in kept]
    metadata["resolve"]["nodes"] = list(kept.values())


if __name__ == "__main__":
    answer = json.load(sys.stdin)
    if answer.get("resolve"):
        shorten(answer)
    json.dump(answer, sys.stdout)
