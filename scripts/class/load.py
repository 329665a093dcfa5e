"""Students who work on a hub at the same time: load.py N [--source FILE] [--pause SECONDS]. Called by scripts/hub load.

Each logs in, starts a server, fetches the worksheet, runs it from top to bottom, fills its blanks, some wrong first, is checked,
leaves one exercise undone, saves and submits. Then the instructor collects and grades. The numbers go to target/hub/load.json.
"""

import argparse
import json
import os
import random
import re
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import usage
from trial import HUB, ROOT, Trial
from worksheets import BEGIN, END

SOURCE = ROOT / "notebooks" / "source" / "01_em_in_1d.md"
# Slips that still compile: a sum for a product, a product for a quotient, a difference for a sum.
SLIPS = [(" * ", " + "), (" / ", " * "), (" + ", " - ")]
POINTS = re.compile(r"\d+(?:\.\d+)?")


class Student(threading.Thread):
    """One student's session."""

    def __init__(self, number, trial, name, answers, pause, begin):
        super().__init__(daemon=True)
        self.number, self.person = number, trial.person(trial.students[number])
        self.name, self.answers, self.begin, self.folder = name, answers, begin, trial.folder
        self.chance, self.pause = random.Random(number), pause
        self.times, self.cells, self.checks, self.fault = {}, [], [], None
        # One exercise stays undone, another one for the next student; one in as many students does all.
        undone = sorted(answers) + [None]
        self.undone = undone[number % len(undone)]

    def run(self):
        self.begin.wait()
        self.start_time = time.monotonic()
        try:
            self.work()
        except Exception as fault:
            self.fault = f"{type(fault).__name__}: {fault}"

    def mark(self, name):
        self.times[name] = time.monotonic() - self.start_time

    def work(self):
        person, path = self.person, f"{self.name}/{self.name}.ipynb"
        person.log_in()
        self.mark("logged in")
        person.start_server()
        self.mark("JupyterLab's page")
        person.assignment("fetch", self.name)
        notebook = person.read(path)
        kernel = person.open(path)
        self.mark("kernel answers")
        code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        for cell in code:
            outputs = self.cell(kernel, cell)
            if outputs and "first result" not in self.times:
                self.mark("first result")
        self.mark("run from top to bottom")
        self.fill(kernel, {cell["metadata"].get("nbgrader", {}).get("grade_id"): cell for cell in code})
        self.mark("blanks filled")
        for cell in code:
            self.cell(kernel, cell)
        person.save(path, notebook)
        person.assignment("submit", self.name)
        self.mark("submitted")
        self.disk = [usage.own_bytes(self.folder / of / person.name) for of in ("runs", "homes")]

    def fill(self, kernel, cells):
        """Every second answer is wrong at first; the one left undone stays wrong."""
        for exercise, answer in sorted(self.answers.items()):
            wrong = slip(answer)
            tries = ([wrong] if wrong and (exercise == self.undone or (exercise + self.number) % 2) else []) + ([answer] if exercise != self.undone else [])
            for text in tries:
                cells[f"answer-{exercise}"]["source"] = text
                self.cell(kernel, cells[f"answer-{exercise}"])
                self.checks.append((exercise, text == answer, points(self.cell(kernel, cells[f"check-{exercise}"]))))

    def cell(self, kernel, cell):
        time.sleep(self.chance.uniform(0, 2 * self.pause))
        status, outputs, seconds = kernel.run(cell["source"])
        if status != "ok":
            raise RuntimeError(f"{cell['source'][:80]!r}: {outputs}")
        self.cells.append(seconds)
        cell["outputs"] = outputs
        return outputs


def points(outputs):
    """What a check gave: the bare number of its result."""
    found = [output["data"].get("text/plain", "") for output in outputs if output["output_type"] == "execute_result"]
    return float(found[0]) if found and POINTS.fullmatch(found[0].strip()) else None


def answers_of(course, name):
    """The answer cells of the assignment as they should be, and what each check gives at most."""
    answers, most = {}, {}
    for cell in json.loads((course / "source" / name / f"{name}.ipynb").read_text())["cells"]:
        role, _, number = cell["metadata"].get("nbgrader", {}).get("grade_id", "").partition("-")
        text = "".join(cell["source"])
        if role == "answer":
            answers[int(number)] = "\n".join(line for line in text.split("\n") if BEGIN not in line and END not in line)
        elif role == "check":
            most[int(number)] = cell["metadata"]["nbgrader"]["points"]
    return answers, most


def slip(answer):
    """The answer with one slip in its body, or nothing where none fits."""
    head, brace, body = answer.partition("{\n")
    for right, wrong in SLIPS:
        if right in body:
            return head + brace + body.replace(right, wrong, 1)
    return None


def grade(trial, instructor, name, students, most):
    """Collects and grades, and says what was lost or graded otherwise than what was handed in."""
    start, wrong = time.monotonic(), []
    instructor.formgrader("collect", name)
    collected = {path.parent.name for path in (trial.course() / "submitted").glob(f"*/{name}")}
    command = [sys.executable, ROOT / "scripts" / "grading" / "grade.py", "--course", trial.course()]
    subprocess.run([*command, "autograde", name], check=False, stdout=open(trial.folder / "grade.txt", "w"))
    exported = subprocess.run([*command, "export", name], check=True, capture_output=True, text=True).stdout
    got = marks(trial.course(), name)
    for student in students:
        expected = sum(value for exercise, value in most.items() if exercise != student.undone)
        if student.person.name not in collected:
            wrong.append(f"{student.person.name}: not collected")
        elif got.get(student.person.name) != expected:
            wrong.append(f"{student.person.name}: {got.get(student.person.name)} points, {expected} expected")
    return wrong, time.monotonic() - start, exported


def marks(course, name):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "em_lab") as book:
        return {submission.student.id: submission.score for submission in book.assignment_submissions(name)}


def spread(values, unit=1.0, digits=1):
    """Median and 95th percentile."""
    ordered = sorted(value / unit for value in values)
    last = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return {"median": round(statistics.median(ordered), digits), "95 %": round(last, digits)}


def main():
    asked = argparse.ArgumentParser()
    asked.add_argument("students", type=int)
    asked.add_argument("--source", type=Path, default=SOURCE)
    asked.add_argument("--pause", type=float, default=0.0, help="seconds that a student thinks before a cell, on average")
    options = asked.parse_args()
    name = options.source.stem
    with Trial(options.students) as trial:
        instructor = trial.release(options.source)
        answers, most = answers_of(trial.course(), name)
        begin, watch = threading.Event(), usage.Watch()
        students = [Student(number, trial, name, answers, options.pause, begin) for number in range(options.students)]
        for student in students:
            student.start()
        watch.start()
        free, worked, (busy, clock) = usage.available(), time.monotonic(), usage.busy()
        begin.set()
        for student in students:
            student.join()
        lasted = time.monotonic() - worked
        busy_now, clock_now = usage.busy()
        at_rest = watch.look()
        watch.end()
        done = [student for student in students if not student.fault]
        report = {"students": options.students, "pause": options.pause, "seconds": round(lasted)}
        report |= {"faults": [f"{student.person.name}: {student.fault}" for student in students if student.fault]}
        report |= {"seconds until": {mark: spread([student.times[mark] for student in done]) for mark in done[0].times}} if done else {}
        if done:
            report["seconds for a cell"] = spread([seconds for student in done for seconds in student.cells], digits=2)
            report["cells of a student"] = len(done[0].cells)
            report["checks"] = checks(done, most)
            report["MB of memory"] = memory(watch, at_rest, trial.students)
            report["MB of disk"] = {"kernel": spread([student.disk[0] for student in done], 1e6), "home": spread([student.disk[1] for student in done], 1e6)}
            report["processor seconds of a student"] = spread([watch.time[student] for student in trial.students])
            report["gives way first"] = first_to_give_way(free, report)
        report["cores busy"] = round((busy_now - busy) / (clock_now - clock), 2)
        report["MB of memory left"] = {"before": round(free / 1e6), "at least": round(watch.free / 1e6)}
        # Nobody waits for the servers of the students any more, and grading starts kernels of its own.
        for student in students:
            student.person.log_out()
        wrong, seconds, _ = grade(trial, instructor, name, students, most)
        report["lost or graded wrong"], report["seconds to collect and grade"] = wrong, round(seconds)
    (HUB / "load.json").write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))
    sys.exit(bool(report["faults"] or wrong))


def checks(students, most):
    """How many checks were asked, and how many of them said otherwise than the answer was."""
    asked = [check for student in students for check in student.checks]
    wrong = [f"exercise {exercise}: {got} points for a {'right' if right else 'wrong'} answer" for exercise, right, got in asked if (got == most[exercise]) != right]
    return {"asked": len(asked), "surprising": sorted(set(wrong))}


def first_to_give_way(free, report):
    """For how many students of this kind the memory is enough, and the cores if each runs a cell every half minute."""
    cores, work = len(os.sched_getaffinity(0)), report["processor seconds of a student"]["median"] / report["cells of a student"]
    enough = {"memory": int(free / 1e6 / report["MB of memory"]["peak"]["median"]), "cores": int(cores * 30 / work)}
    return {"what": min(enough, key=enough.get), "students for whom it is enough": enough}


def memory(watch, at_rest, students):
    parts = sorted({part for _, part in watch.peak_part})
    found = {"peak": spread([watch.peak[student] for student in students], 1e6, 0)}
    found["at rest"] = spread([sum(at_rest[student].values()) for student in students], 1e6, 0)
    return found | {f"peak of {part}": spread([watch.peak_part[student, part] for student in students], 1e6, 0) for part in parts}


if __name__ == "__main__":
    os.environ.pop("JUPYTERHUB_USER", None)
    main()
