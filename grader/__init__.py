"""Build lessons, run submissions behind walls, judge them, keep the gradebook."""

import sys

# jsonschema takes over a second to learn the grammar of international links, for a
# check that no notebook needs, and does without when the module is missing.
sys.modules.setdefault("rfc3987_syntax", None)
