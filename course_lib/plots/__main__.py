"""Every figure of the course on one page: ``python -m course_lib.plots OUT.html``."""

import sys

from course_lib.contact_sheet import main

if __name__ == "__main__":
    sys.exit(main())
