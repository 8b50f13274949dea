"""WARC."""
WARC_NAMES = (".warc", ".warc.gz")
def warc_documents(*a): return iter(())
