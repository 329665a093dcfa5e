"""Releases a worksheet, collects what a class handed in, grades it, and gives the points back. Called by scripts/grade."""

import argparse
import csv
import logging
import multiprocessing
import os
import shutil
import signal
import sys
import time
import warnings
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(SCRIPTS), str(SCRIPTS / "grading")]

import notebooks  # noqa: E402
from worksheets import Fault, master  # noqa: E402

SETTINGS = f"""\
# Add settings of the course below; these are in {SCRIPTS / "grading" / "nbgrader_config.py"}.
load_subconfig("nbgrader_config.py", path=r"{SCRIPTS / "grading"}")
"""
# Two cores can run two kernels; each takes about half a gigabyte.
AT_A_TIME = max(1, min(2, os.cpu_count() or 1))


class Reason(logging.Handler):
    """Keeps the last line of the last error: nbgrader's own exception says only that there was one."""

    text = ""

    def emit(self, record):
        said = record.getMessage().strip()
        if "Traceback" in said:
            self.text = said.splitlines()[-1]


class Course:
    """A folder of nbgrader's: source, release, submitted, autograded, feedback and the gradebook."""

    def __init__(self, folder):
        from nbgrader.apps import NbGrader
        from sqlalchemy.exc import SAWarning

        # Of nbgrader's own queries, and nothing that a grader could mend.
        warnings.filterwarnings("ignore", category=SAWarning)
        self.folder = Path(folder).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "nbgrader_config.py"
        if not config.exists():
            config.write_text(SETTINGS)
        os.chdir(self.folder)
        # nbgrader calls a program of the environment by its name.
        os.environ["PATH"] = f"{Path(sys.prefix, 'bin')}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        self.app = NbGrader()
        self.app.initialize([], root=str(self.folder))
        self.app.log.setLevel(logging.INFO)
        self.reason = Reason()
        self.app.log.handlers = [logging.FileHandler(self.folder / "grade.log"), self.reason]
        self.app.log.handlers[0].setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        self.app.log.propagate = False
        # Two graders write into one gradebook.
        self.app.coursedir.db_url += "?timeout=60"

    def convert(self, converter, name, student="*", **options):
        """Runs one of nbgrader's converters."""
        self.app.coursedir.assignment_id, self.app.coursedir.student_id = name, student
        converter(coursedir=self.app.coursedir, parent=self.app, **options).start()

    def gradebook(self):
        from nbgrader.api import Gradebook

        return Gradebook(self.app.coursedir.db_url, self.app.coursedir.course_id)

    def students(self, name):
        return sorted(path.parent.name for path in (self.folder / "submitted").glob(f"*/{name}"))

    def points(self, name, student):
        """The points of each check, in the order of the exercises."""
        with self.gradebook() as book:
            grades = book.find_submission_notebook(name, name, student).grades
            found = {int(grade.cell.name.removeprefix("check-")): (grade.score, grade.max_score) for grade in grades}
        return [found[number] for number in sorted(found)]

    def notes(self, name, student):
        import nbformat

        return nbformat.read(self.folder / "autograded" / student / name / f"{name}.ipynb", as_version=4).metadata.get("em_lab", {}).get("notes", [])


def release(course, name, _):
    from nbgrader.converters import GenerateAssignment

    notebook = master(notebooks.read_source(notebooks.SOURCES / f"{name}.md"), name)
    notebooks.write(notebook, course.folder / "source" / name / f"{name}.ipynb")
    course.convert(GenerateAssignment, name, force=True)
    print(f"{name}: give {course.folder / 'release' / name / f'{name}.ipynb'} to the students.")


def collect(course, name, options):
    from nbgrader.apps import ZipCollectApp

    if not options.folder:
        raise Fault("collect needs what was handed in, a folder or a ZIP file: scripts/grade collect NAME FOLDER.")
    if not (course.folder / "release" / name).exists():
        raise Fault(f"{name} was not released in {course.folder}: run scripts/grade release {name} first.")
    for step in ("archive", "extracted"):
        shutil.rmtree(course.folder / "downloaded" / name / step, ignore_errors=True)
    archive = course.folder / "downloaded" / name / "archive"
    if Path(options.folder).is_file():
        shutil.unpack_archive(options.folder, archive)
    else:
        shutil.copytree(options.folder, archive)
    before = {student: newest(course, name, student) for student in course.students(name)}
    app = ZipCollectApp()
    app.initialize([name, "--force"])
    app.log.handlers = course.app.log.handlers
    app.start()
    now = course.students(name)
    changed = [student for student in now if newest(course, name, student) != before.get(student)]
    print(f"{name}: {len(now)} students, {len(changed)} of them new or with a new file. {course.folder / 'grade.log'} says which file became whose.")


def newest(course, name, student):
    path = course.folder / "submitted" / student / name / "timestamp.txt"
    return path.read_text() if path.exists() else ""


def autograde(course, name, options):
    if not (course.folder / "release" / name).exists():
        raise Fault(f"{name} was not released in {course.folder}: run scripts/grade release {name} first.")
    students, start, failed = options.students or course.students(name), time.monotonic(), []
    unknown = set(students) - set(course.students(name))
    if unknown or not students:
        raise Fault(f"There is no submission of {name} by {', '.join(sorted(unknown)) or 'anybody'} in {course.folder / 'submitted'}.")
    with multiprocessing.get_context("spawn").Pool(min(AT_A_TIME, len(students)), begin, [str(course.folder)]) as pool:
        for student, seconds, fault in pool.imap_unordered(grade_one, [(name, student, options.again) for student in students]):
            if fault:
                failed.append(student)
                print(f"{student}: not graded: {fault}", flush=True)
            else:
                print(line(course, name, student, seconds), flush=True)
        pool.close()
        pool.join()
    print(f"{len(students) - len(failed)} of {len(students)} submissions graded in {time.monotonic() - start:.0f} s")
    if failed:
        raise Fault(f"not graded: {', '.join(sorted(failed))}; {course.folder / 'grade.log'} says more.")


def begin(folder):
    """In a process that grades: its course and, with the first submission, its kernel."""
    global COURSE
    # The one who waits ends the others, and each of them its kernel.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    COURSE = Course(folder)


def grade_one(task):
    from nbgrader.converters import Autograde, NbGraderException

    (name, student, again), start, fault = task, time.monotonic(), None
    COURSE.reason.text = ""
    try:
        COURSE.convert(Autograde, name, student, force=again)
    except (NbGraderException, SystemExit) as error:
        fault = COURSE.reason.text or str(error)
    return student, time.monotonic() - start, fault


def line(course, name, student, seconds):
    points = course.points(name, student)
    each = " ".join(f"{score:g}/{most:g}" for score, most in points)
    total = f"{sum(score for score, _ in points):g} of {sum(most for _, most in points):g}"
    notes = "".join(f"\n    {note}" for note in course.notes(name, student))
    return f"{student}: {total} points ({each}), {seconds:.0f} s{notes}"


def feedback(course, name, options):
    from nbgrader.converters import GenerateFeedback

    course.convert(GenerateFeedback, name, force=True)
    print(f"{name}: {course.folder / 'feedback'} has a page for each student, STUDENT/{name}/{name}.html.")


def export(course, name, _):
    """The points of each exercise for each student, and with nbgrader's exporter those of all assignments."""
    from nbgrader.plugins import CsvExportPlugin

    path = course.folder / f"{name}.csv"
    graded = [student for student in course.students(name) if (course.folder / "autograded" / student / name).exists()]
    with open(path, "w", newline="") as file:
        rows = csv.writer(file)
        for student in graded:
            points = course.points(name, student)
            if file.tell() == 0:
                rows.writerow(["student", *(f"exercise {n} ({most:g})" for n, (_, most) in enumerate(points, 1)), "points"])
            rows.writerow([student, *(f"{score:g}" for score, _ in points), f"{sum(score for score, _ in points):g}"])
    with course.gradebook() as book:
        CsvExportPlugin(parent=course.app, to=str(course.folder / "grades.csv")).export(book)
    print(f"{path}: {len(graded)} students; {course.folder / 'grades.csv'}: all assignments.")


ACTIONS = {"release": release, "collect": collect, "autograde": autograde, "feedback": feedback, "export": export}


def main(arguments):
    asked = argparse.ArgumentParser(prog="scripts/grade", description=__doc__)
    asked.add_argument("action", choices=ACTIONS)
    asked.add_argument("name", help="the worksheet, or how its name begins: 01")
    asked.add_argument("rest", nargs="*", help="collect: the folder or ZIP file of what was handed in; autograde: only these students")
    asked.add_argument("--course", default=os.environ.get("EM_LAB_COURSE", str(notebooks.ROOT / "target" / "course")), help="the folder of the course")
    asked.add_argument("--again", action="store_true", help="autograde: also what is graded already")
    options = asked.parse_args(arguments)
    options.folder = str(Path(options.rest[0]).resolve()) if options.rest else None
    options.students = options.rest
    (name, *more) = notebooks.names([options.name])
    if more:
        raise Fault(f"{options.name} is more than one worksheet: {', '.join([name, *more])}.")
    ACTIONS[options.action](Course(options.course), name, options)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Fault as fault:
        sys.exit(f"em-lab: {fault}")
    except KeyboardInterrupt:
        sys.exit("em-lab: stopped; what was graded so far is kept, and the same command goes on with the rest.")
