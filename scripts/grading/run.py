"""Runs a rebuilt submission for its points, and sees to it that every check ends with a number or with an error.

nbgrader reads the points of a check from a bare number, and takes no result, or words, for all of them.
"""

import re

import rust_text
from kernel import OURS, Kernel
from nbformat.v4 import new_output
from nbgrader.preprocessors import Execute
from nbgrader.utils import compute_checksum
from worksheets import QUIET

KERNEL = Kernel()
NUMBER = re.compile(r"\d+(?:\.\d+)?")
# What no answer of these worksheets needs, and what an answer that wants to deceive the grader would.
UNUSUAL = re.compile(r"EVCXR_|em_lab_cell|\bunsafe\b|\bextern\b|\bthread\b|\bprocess::|\bstd::(?:env|fs|net|io)\b|\binclude\w*!|\bmod\s+em_lab\b")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Run(Execute):
    """Runs what the points depend on: what the worksheet defines, at once; the answers and the student's own cells; the checks.

    The worksheet's other cells run only when a student's cell asks for a variable of theirs.
    """

    def preprocess(self, nb, resources, km=None):
        self.note_unusual(nb, resources["nbgrader"]["student"])
        cells = [cell for cell in nb.cells if cell.cell_type == "code"]
        for cell in cells:
            cell.outputs, cell.execution_count = [], None
        KERNEL.fresh()
        # What has been defined; the cells with variables so far, and how many of them have run since the process began.
        self.history, self.earlier, self.made = [], [], 0
        self.begin(definitions(cells))
        for cell in cells:
            if is_check(cell):
                self.settle(cell)
            elif is_answer(cell):
                if not is_blank(cell):
                    self.try_with(cell)
            elif is_students(cell) and rust_text.items(cell.source):
                self.try_with(cell)
            elif not is_skipped(cell):
                self.earlier.append(cell)
        return nb, resources

    def begin(self, code):
        status, outputs = self.run(code, OURS)
        if status != "ok":
            raise RuntimeError(f"What the worksheet itself defines does not run:\n{said(outputs)}")

    def run(self, code, seconds, defines=True):
        """Runs code; where it does not end, another kernel is told all that was defined before it."""
        status, outputs = KERNEL.run(code, seconds)
        if status == "stopped":
            outputs.append(error("TooLong", f"The cell had not come to an end after {seconds} seconds and was stopped."))
            KERNEL.fresh()
            self.made = 0
            for before in self.history:
                KERNEL.run(before, OURS)
        elif status == "ok" and defines:
            self.history.append(code)
        if status == "error" and "Subprocess terminated" in said(outputs):
            self.made = 0
        return status, outputs

    def try_with(self, cell):
        """Runs a cell of the student's; once more after the cells before it where it asks for a variable that they make."""
        code = rust_text.split_commands(cell.source)[1]
        status, cell.outputs = self.run(code, self.timeout)
        if status == "error" and self.made < len(self.earlier) and "cannot find value" in said(cell.outputs):
            missing, self.made = self.earlier[self.made :], len(self.earlier)
            for other in missing:
                _, other.outputs = self.run(rust_text.split_commands(other.source)[1], self.timeout if is_students(other) else OURS)
            _, cell.outputs = self.run(code, self.timeout)

    def settle(self, cell):
        """Runs a check, and leaves either a number of points or an error."""
        _, outputs = self.run(cell.source, self.timeout, defines=False)
        results = [output for output in outputs if output.output_type == "execute_result"]
        number = results[-1].data.get("text/plain", "").strip() if results else ""
        if len(results) == 1 and NUMBER.fullmatch(number) and float(number) <= cell.metadata.nbgrader["points"]:
            # What came on standard error is of an earlier cell, late; nbgrader would take all points for it.
            cell.outputs = [output for output in outputs if output.get("name") != "stderr"]
        else:
            cell.outputs = [*outputs, error("NoResult", "The check gave no result, so there are no points.")]

    def note_unusual(self, nb, student):
        for cell in nb.cells:
            if cell.cell_type == "code" and is_students(cell):
                name = cell.metadata.get("nbgrader", {}).get("grade_id", "a cell of the student's")
                notes = [f"{name} has the command `{command}`, which was left out." for command in rust_text.split_commands(cell.source)[0]]
                notes += [f"{name} uses `{word}`: look at it." for word in sorted(set(UNUSUAL.findall(cell.source)))]
                nb.metadata["em_lab"]["notes"] += notes
                for note in notes:
                    self.log.warning("%s: %s", student, note)


def error(name, sentence):
    return new_output("error", ename=name, evalue=sentence, traceback=[sentence])


def said(outputs):
    return COLOURS.sub("", "\n".join("\n".join(output.get("traceback", [output.get("text", "")])) for output in outputs))


def is_check(cell):
    return cell.metadata.get("nbgrader", {}).get("grade", False)


def is_answer(cell):
    return cell.metadata.get("nbgrader", {}).get("solution", False)


def is_students(cell):
    return is_answer(cell) or cell.metadata.get("em_lab", {}).get("own", False)


def is_blank(cell):
    """Whether an answer is as it was released."""
    return cell.metadata.nbgrader["checksum"] == compute_checksum(cell)


def is_skipped(cell):
    """What no point can depend on: a cell that waits for exercises, the counting of points, a cell that only defines."""
    locked = cell.metadata.get("nbgrader", {}).get("locked", False)
    return locked or "after" in cell.metadata.get("em_lab", {}) or not rust_text.runs(cell.source)


def definitions(cells):
    """All that the worksheet's own cells load and define, as one cell: functions see each other in any order."""
    commands, parts = [], []
    for cell in cells:
        if is_students(cell) or is_check(cell) or "after" in cell.metadata.get("em_lab", {}):
            continue
        found, rest = rust_text.split_commands(cell.source)
        commands += found
        parts += [rest[start:end] for start, end in rust_text.items(rest)]
    return "\n".join([*dict.fromkeys(commands), QUIET, *parts])
