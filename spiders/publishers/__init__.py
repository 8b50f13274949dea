"""A spider for each publisher; Scrapy finds them here by their names."""
