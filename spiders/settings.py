"""Scrapy's settings of this project. Each that differs from Scrapy's default has the default beside it.

The user agent is made of `DONGTIN_CONTACT` when a spider is created: see `spiders.base.PublisherSpider`.
"""

from dongtin.topics import PAGE_BYTES

BOT_NAME = "dongtin"  # scrapybot
SPIDER_MODULES = ["spiders.publishers"]  # []
COMMANDS_MODULE = "spiders.commands"  # "": `scrapy crawl` with the exit codes of `dongtin crawl`

# Politeness. One request at a time for each publisher, whatever its hosts, and after each the pause: see spiders.pace.
ROBOTSTXT_OBEY = True  # False
DOWNLOAD_DELAY = 1.0  # 0: for loopback only
DOWNLOAD_DELAY_JITTER = 0  # 0.5, which goes below the delay as well as above; the pace only adds
CONCURRENT_REQUESTS_PER_DOMAIN = 1  # 8
AUTOTHROTTLE_ENABLED = True  # False
AUTOTHROTTLE_START_DELAY = DOWNLOAD_DELAY  # 5.0
COOKIES_ENABLED = False  # True
REFERRER_POLICY = "no-referrer"  # no-referrer-when-downgrade, as browsers do
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "vi,*;q=0.5",  # en
}
# Without 429 and 503: who says that we ask too often is left alone, see spiders.holds.
RETRY_HTTP_CODES = [500, 502, 504, 522, 524, 408]  # the same, and 429 and 503
RETRY_GIVE_UP_LOG_LEVEL = "DEBUG"  # ERROR: the spider tells it once, with the address's outcome

# Bounds.
DOWNLOAD_TIMEOUT = 30  # 180
DNS_TIMEOUT = 20  # 60
DOWNLOAD_MAXSIZE = PAGE_BYTES  # 1 GiB; before and after content decoding
DOWNLOAD_WARNSIZE = 0  # 32 MiB: below the limit a page is as good as any
REDIRECT_MAX_TIMES = 5  # 20
CONCURRENT_REQUESTS = 4  # 16: how many requests are taken from the scheduler ahead of their turn
CONCURRENT_ITEMS = 1  # 100: how many tasks Scrapy makes for each response; ours give one page, seldom a few
SCRAPER_SLOT_MAX_ACTIVE_SIZE = 2 * PAGE_BYTES  # 5000000: above it in pages that wait for Kafka, nothing more is asked

# What is fetched, and how.
ASYNCIO_EVENT_LOOP = "uvloop.Loop"  # None: asyncio's own, which takes more of the processor
DOWNLOAD_HANDLERS = {  # {}: Scrapy's own, and four more schemes
    "http": "spiders.download.DownloadHandler",
    "https": "spiders.download.DownloadHandler",
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}
TWISTED_DNS_RESOLVER = "spiders.resolver.PublicAddresses"  # scrapy.resolver.CachingThreadedResolver: any IPv4 address
DOWNLOAD_VERIFY_CERTIFICATES = True  # False
METAREFRESH_ENABLED = False  # True: what a page shows is for its reader to judge
REDIRECT_ENABLED = False  # True: each redirect is the spider's, see spiders.redirects
DOWNLOADER_STATS = False  # True: `spiders.run` tells the counts that matter
DOWNLOADER_MIDDLEWARES = {  # {}
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,  # 50: see spiders.addresses
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,  # 300: no site has a password of ours
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,  # 100
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,  # 590: see spiders.decoding
    "spiders.robots.RobotsMiddleware": 100,
    "spiders.decoding.DecodingMiddleware": 590,
}
# None of them has anything to do here, and each is a layer around every answer and every page of it.
SPIDER_MIDDLEWARES = {  # {}
    "scrapy.spidermiddlewares.start.StartSpiderMiddleware": None,  # 25
    "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": None,  # 50: every status is the spider's
    "scrapy.spidermiddlewares.referer.RefererMiddleware": None,  # 700: none is sent, see REFERRER_POLICY
    "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,  # 800: see spiders.addresses
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,  # 900: no links are followed
    "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware": None,  # 1000: no meta is copied
}
EXTENSIONS = {"spiders.politeness.Politeness": 0}  # {}
ITEM_PIPELINES = {"spiders.pipelines.PagesPipeline": 100}  # {}

# No doors, no files beside Kafka, and one log.
TELNETCONSOLE_ENABLED = False  # True
REMOTE_CONTROL_ENABLED = False  # True: a local port that runs the code it is sent
STATS_DUMP = False  # True: `spiders.run` tells the counts that matter in one line
LOG_INSTALL_ROOT_HANDLER = False  # True: dongtin.log is the only one

# Ours.
PACE_PATIENCE_S = 120.0
"""A request that would have to wait longer for its publisher's pace is not made: outcome `held`."""
HOLD_FIRST_S, HOLD_LONGEST_S = 60.0, 3600.0
"""How long a publisher is left alone after a 429 or 503 without Retry-After: doubled from the first to the longest."""
PAGES_SINK = "spiders.pipelines.kafka_sink"
"""Makes where pages go: called with dongtin's settings and the most records in flight, gives a `Sink`."""
PAGES_IN_FLIGHT = 50
"""The most pages of a spider that Kafka has not acknowledged."""
PAGES_TIMEOUT_S = 150.0
"""How long a page may stay unacknowledged, but of a service; above the Kafka sink's own 120 s, which tell the cause."""
PAGES_GRACE_S = 20.0
"""How long a service that is told to stop waits for a Kafka that is away; its pages' addresses stay due."""
STATE_SOURCE = "spiders.following.kafka_states"
"""Makes what the article states come from: called with dongtin's settings, gives `States`."""
CLOCK = "spiders.clock.SystemClock"
"""The `Clock` by which a crawl is planned; made with no arguments."""
IS_SERVICE = False
"""True: it outlasts a Kafka that goes away, and touches a health file."""
WAIT_FOR_KAFKA = False
"""True: it begins without one, too."""
