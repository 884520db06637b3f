"""Python runs this at the start of every child that has this folder on its PYTHONPATH: it sets the network guard.

Nothing else goes in; a child without the variable runs as if this file were not there.
"""

import os
from importlib import import_module

if "MAQUETTE_GUARD_LOG" in os.environ:
    import_module("loopback_guard").install()
