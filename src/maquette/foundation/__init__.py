"""What every stage stands on: problems, fingerprints, units, sources, three-valued expressions, shipped files.

Nothing here knows a stage, a library beyond the standard one and pydantic, or an outside system.
"""
