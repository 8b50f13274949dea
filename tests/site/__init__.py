"""An offline twin of thanhnien.vn and www.vietnam.vn: both sites as they would be on the web, moving through time.

    settings → script.py: what happens when → world.py: what stands where → web.py: what is answered → server.py

Everything is a function of the settings and the moment; the pages are made up, in the markup of the real ones. Import
it as `tests.site`: `site` alone is a module of the standard library.
"""
