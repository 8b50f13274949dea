"""Python runs this at the start of every process that has this folder on PYTHONPATH: here the faults come in.

Production code knows nothing of it. The supervisor is left alone, and so is the reading child unless hostile pages are
asked for. An error here must not pass for a run without faults: Python would tell it and go on.
"""

import os
import sys
import traceback

try:
    if "--slot" in sys.orig_argv and "FAULTS_CRASH_LOG" in os.environ:
        import crash_points

        crash_points.install()
    if "processors.reader" in sys.orig_argv and "FAULTS_HOSTILE_READING" in os.environ:
        import hostile_pages

        hostile_pages.install()
except BaseException:  # noqa: BLE001  # whatever it is
    traceback.print_exc()
    os._exit(99)
