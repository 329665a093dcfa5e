"""For instructors beside the above: how these worksheets are graded, and where the course is, a folder of the instructor's home."""

from pathlib import Path

c = get_config()  # noqa: F821
load_subconfig("nbgrader_config.py", path=str(Path(__file__).resolve().parents[2] / "scripts" / "grading"))  # noqa: F821
c.CourseDirectory.root = str(Path.home() / "course")
