"""The settings of nbgrader for these worksheets, for scripts/grade and for nbgrader's own commands alike.

A course folder has an nbgrader_config.py of its own, which scripts/grade writes and which loads this one.
"""

import sys
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent.parent
for folder in (SCRIPTS, SCRIPTS / "grading"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from worksheets import STUB  # noqa: E402

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "em_lab"
# nbgrader knows no stub for Rust.
c.ClearSolutions.code_stub = {"rust": STUB}
# What a submission is made of: the cells of the release, with the student's answers in them.
c.Autograde.sanitize_preprocessors = [
    "nbgrader.preprocessors.ClearOutput",
    "rebuild.Rebuild",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "run.Run",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
# Seconds for one cell of a student. A right answer takes less than one.
c.Execute.timeout = 30
# Who handed in, from the names that learning platforms give to files.
c.ZipCollectApp.collector_plugin = "collect.Collector"
