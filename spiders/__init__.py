"""The Scrapy project: finds and fetches pages, and never reads an article."""
