"""The folder or the archive that a bundle is exported to."""

from maquette.adapters.bundle_files.archive import write_zip, zip_bundle
from maquette.adapters.bundle_files.folder import BundleFolder, WriteReport, read_present, write

__all__ = ["BundleFolder", "WriteReport", "read_present", "write", "write_zip", "zip_bundle"]
