"""dongtin, a stream of news: what the spiders, the workers and their consumers agree on."""
