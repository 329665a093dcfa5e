"""Who handed in which notebook, from the names that learning platforms give to files and folders."""

import datetime
import os
import re
from pathlib import Path

from nbgrader.plugins import FileNameCollectorPlugin


class Collector(FileNameCollectorPlugin):
    """A folder for each student, `STUDENT_.../NAME.ipynb` (Moodle), or a file for each, `STUDENT_..._NAME-2.ipynb` (Canvas)."""

    def collect(self, submitted_file):
        course = self.parent.coursedir
        parts = Path(submitted_file).relative_to(Path(course.root, self.parent._format_collect_path(self.parent.extracted_directory)))
        name = course.assignment_id
        if parts.suffix != ".ipynb" or name not in parts.stem:
            return None
        student = re.split(r"_", parts.parts[0] if len(parts.parts) > 1 else parts.stem.split(name)[0])[0].strip()
        if not student:
            return None
        changed = datetime.datetime.fromtimestamp(os.path.getmtime(submitted_file), datetime.timezone.utc)
        return {"student_id": student, "file_id": name, "timestamp": changed.strftime("%Y-%m-%d %H:%M:%S UTC")}
