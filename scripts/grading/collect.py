"""Who handed in which notebook, from the names that learning platforms give to files and folders."""

import datetime
import os
from pathlib import Path

from nbgrader.plugins import FileNameCollectorPlugin


def student_of(path, name):
    """Whose file this is, by its path in what was handed in: `STUDENT_.../NAME.ipynb` or `STUDENT_..._NAME-2.ipynb`."""
    if path.suffix != ".ipynb" or name not in path.stem:
        return None
    label = path.parts[0] if len(path.parts) > 1 else path.stem.split(name)[0]
    return label.split("_")[0].strip() or None


class Collector(FileNameCollectorPlugin):
    """A folder for each student (Moodle) or a file for each (Canvas); of two by one student, nbgrader takes the newer."""

    def collect(self, submitted_file):
        course, app = self.parent.coursedir, self.parent
        extracted = Path(course.root, app._format_collect_path(app.extracted_directory))
        student = student_of(Path(submitted_file).relative_to(extracted), course.assignment_id)
        if not student:
            return None
        return {"student_id": student, "file_id": course.assignment_id, "timestamp": self.time_of(Path(submitted_file), extracted, student)}

    def time_of(self, file, extracted, student):
        """When the file was changed last, for one that is collected again when it was collected first."""
        course, app = self.parent.coursedir, self.parent
        before = Path(course.root, course.format_path(course.submitted_directory, student, course.assignment_id))
        known, stamp = before / f"{course.assignment_id}.ipynb", before / "timestamp.txt"
        if stamp.exists() and known.exists() and known.read_bytes() == file.read_bytes():
            return stamp.read_text().strip()
        # What comes out of a ZIP file has the time of its extraction.
        handed_in = Path(course.root, app._format_collect_path(app.archive_directory)) / file.relative_to(extracted)
        seconds = os.path.getmtime(handed_in if handed_in.exists() else file)
        return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
