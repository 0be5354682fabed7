"""Arrays of HDF5 files (MATLAB 7.3), and nothing that such a file may lead to elsewhere."""

from __future__ import annotations

from typing import Any


def own_array(file: Any, name: str) -> Any:
    """The array ``name`` that is stored in an open ``h5py.File`` itself.

    HDF5 may keep an array in other files, or lead to one there by a link; a data set has no use for
    that, and a file from elsewhere could so show any file of this machine. Raises ``KeyError``
    where there is none of this name and ``ValueError`` for what is no array of numbers here.
    """
    import h5py

    link: Any = file.get(name, getlink=True)
    if isinstance(link, h5py.ExternalLink):
        raise ValueError(f"{name} leads to another file")
    array: Any = file[name]
    if not isinstance(array, h5py.Dataset):
        raise ValueError(f"{name} is no array")
    if array.external or array.is_virtual:
        raise ValueError(f"{name} is kept in another file")
    return array
