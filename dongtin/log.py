"""Logging on standard error: JSON lines for programs, coloured lines on a terminal."""

import logging
import sys

import structlog


def configure(level: str) -> None:
    """Set up structlog, and the loggers of the packages that we use. Called once, at an entry point."""
    number = logging.getLevelNamesMapping()[level.upper()]
    terminal = sys.stderr.isatty()
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(number)
    if level != "debug":
        # kafka-python tells each failed attempt to connect; what matters of it reaches our own messages as an error.
        # Its errors are kept from the output, not from its loggers: a worker listens there for lost connections.
        logging.getLogger("kafka").setLevel(logging.ERROR)
        handler.addFilter(lambda record: not record.name.startswith("kafka."))
    for name in ("trafilatura", "htmldate", "urllib3", "charset_normalizer"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
