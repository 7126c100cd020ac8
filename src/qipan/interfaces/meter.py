"""Count requests and their time, as text that Prometheus reads."""

from __future__ import annotations

from collections import Counter, defaultdict
from threading import Lock
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Meter:
    """What one process has answered since it started."""

    def __init__(self) -> None:
        self._count: Counter[tuple[str, str, int]] = Counter()
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._lock = Lock()

    def note(self, method: str, operation: str, *, status: int, duration_s: float) -> None:
        """Note one answer."""
        with self._lock:
            self._count[method, operation, status] += 1
            self._seconds[operation] += duration_s

    def text(self) -> str:
        """Return the figures in the Prometheus text format, in the order of their labels.

        Examples
        --------
        >>> meter = Meter()
        >>> meter.note("GET", "healthz", status=200, duration_s=0.25)
        >>> print(meter.text(), end="")
        # HELP qipan_requests_total Requests answered.
        # TYPE qipan_requests_total counter
        qipan_requests_total{method="GET",operation="healthz",status="200"} 1
        # HELP qipan_request_seconds_total Time spent on requests, in seconds.
        # TYPE qipan_request_seconds_total counter
        qipan_request_seconds_total{operation="healthz"} 0.250000
        """
        with self._lock:
            counts, seconds = sorted(self._count.items()), sorted(self._seconds.items())
        lines = ["# HELP qipan_requests_total Requests answered.", "# TYPE qipan_requests_total counter"]
        lines += [
            f'qipan_requests_total{{method="{method}",operation="{operation}",status="{status}"}} {count}'
            for (method, operation, status), count in counts
        ]
        lines += [
            "# HELP qipan_request_seconds_total Time spent on requests, in seconds.",
            "# TYPE qipan_request_seconds_total counter",
        ]
        lines += [f'qipan_request_seconds_total{{operation="{operation}"}} {total:.6f}' for operation, total in seconds]
        return "\n".join(lines) + "\n"


class Metered:
    """Middleware that tells a meter of every answer, by the name of its operation."""

    def __init__(self, app: ASGIApp, *, meter: Meter) -> None:
        self.app = app
        self.meter = meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and note its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status = perf_counter(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            # The operation's own name, never the address as it was asked: those are without number.
            route = scope.get("route")
            name = getattr(route, "operation_id", None) or getattr(route, "name", None) or "other"
            self.meter.note(scope["method"], name, status=status, duration_s=perf_counter() - started)
