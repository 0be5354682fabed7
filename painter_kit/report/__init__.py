"""Reports: what runs left in their folders and in the store, as pages for people.

Result files of other verbs are read as files, so that this knows neither searches nor tunings.
"""
