"""A submission as it is graded: the released worksheet with the student's answers in it.

Every cell of the release stands at its place and reads as it was released, so that a check that was deleted, changed, moved or
doubled is one and the same case. The student's are the answer cells, by their id, and the cells that are not in the release.
"""

import copy

import nbformat
import rust_text
from nbgrader.preprocessors import NbGraderPreprocessor


class Rebuild(NbGraderPreprocessor):
    """Puts the answers of a submission into the release, and says in the log what was restored."""

    def preprocess(self, nb, resources):
        course, about = self.parent.parent.coursedir, resources["nbgrader"]
        path = f"{course.format_path(course.release_directory, '.', about['assignment'])}/{about['notebook']}.ipynb"
        made, notes = rebuild(nbformat.read(path, as_version=4), nb)
        for note in notes:
            self.log.warning("%s: %s", about["student"], note)
        return made, resources


def rebuild(release, submission):
    """The release with the student's cells, and sentences about what was restored."""
    made = copy.deepcopy(release)
    cells = {cell["id"]: cell for cell in made.cells}
    versions, own, order = find(release, submission)
    notes = []
    for name, cell in cells.items():
        found, role = versions.get(name, []), cell.metadata.get("nbgrader", {})
        if role.get("solution"):
            changed = [version for version in found if version.source != cell.source]
            if changed:
                # The last one counts, as when all cells are run from top to bottom; a draft may define what it needs.
                cell.source = changed[-1].source
                own[name] = [own_cell(version.source) for version in changed[:-1]] + own.get(name, [])
            if not found:
                notes.append(f"{name} is missing; it counts as not answered.")
            if len(found) > 1:
                notes.append(f"{name} is there {len(found)} times; the last one with an answer counts.")
        elif cell.cell_type == "code":
            what = "a cell that is locked" if role else "a cell of the worksheet"
            said = name if role else f"`{cell.source.strip().splitlines()[0]}`"
            if not found:
                notes.append(f"{said}, {what}, was deleted and is back.")
            elif len(found) > 1:
                notes.append(f"{said}, {what}, was there {len(found)} times.")
            if any(version.source != cell.source for version in found):
                notes.append(f"{said}, {what}, was changed and is as it was released.")
            # What a student has defined in a cell of the worksheet, the answers may need.
            if not role and "em_lab" not in cell.metadata:
                own[name] = [own_cell(v.source) for v in found if v.source != cell.source and rust_text.items(v.source)] + own.get(name, [])
    if order != sorted(order):
        notes.append("cells of the worksheet were moved, and are at their place again.")
    made.cells = own.get(None, []) + [each for cell in made.cells for each in [cell, *own.get(cell["id"], [])]]
    if notes:
        text = "**Before grading**\n\n" + "\n".join(f"- {note}" for note in notes)
        made.cells.insert(0, nbformat.v4.new_markdown_cell(text, id="restored"))
    made.metadata["em_lab"] = {"notes": notes}
    return made, notes


def find(release, submission):
    """The cells of the submission: those of the release by id, the student's by the cell that they follow; and the places of the former."""
    places = {cell["id"]: place for place, cell in enumerate(release.cells)}
    by_text = {cell.source: cell["id"] for cell in release.cells}
    graded = {cell["id"] for cell in release.cells if "nbgrader" in cell.metadata}
    versions, own, order, last = {}, {}, [], None
    for cell in submission.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name not in graded:
            name = cell.get("id") if cell.get("id") in places else by_text.get(cell.source)
        if name is None or cell.cell_type != release.cells[places[name]].cell_type:
            own.setdefault(last, []).append(own_cell(cell.source, cell.cell_type))
            continue
        versions.setdefault(name, []).append(cell)
        if len(versions[name]) == 1:
            order.append(places[name])
        last = name
    return versions, own, order


def own_cell(source, cell_type="code"):
    if cell_type != "code":
        return nbformat.v4.new_markdown_cell(source)
    return nbformat.v4.new_code_cell(source, metadata={"em_lab": {"own": True}})
