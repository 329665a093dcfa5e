"""What nbgrader needs to hand out and to hand in, for everybody."""

import os

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "em_lab"
c.Exchange.root = os.environ["EM_LAB_EXCHANGE"]
