"""The view-model that every interface shares: commands in, frozen values and events out, undo.

Files are the truth; a `Project` keeps nothing that they do not hold but the history for undo and a running evaluation.
"""

from maquette.project.view_model import Project

__all__ = ["Project"]
