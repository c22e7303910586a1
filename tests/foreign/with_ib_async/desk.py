"""A connected ib_async with its errors kept, and the one way in which stories wait."""

import asyncio
from contextlib import asynccontextmanager

from ib_async import IB, Stock

from steps import PATIENCE, equal

CLIENT_ID = 7

# Farms are fine, which every session is told.
NOTICES = {2104, 2106, 2158}

AAPL = 265598


class Desk:
    """One ib_async. Errors are kept by request, without the notices that every session gets."""

    def __init__(self):
        self.ib = IB()
        # A question that is refused is an empty answer to ib_async, which logs the error and keeps it here.
        self.ib.RaiseRequestErrors = False
        self.errors = []
        self.ib.errorEvent += self._keep

    def _keep(self, request, code, text, _contract):
        if code not in NOTICES:
            self.errors.append((request, code, text))

    async def connect(self, host, port, client_id=CLIENT_ID, **options):
        await self.ib.connectAsync(host, port, clientId=client_id, timeout=4, raiseSyncErrors=True, **options)

    async def until(self, holds, what):
        """Waits until something holds, looking at every message; `what` names it where it never does."""
        changed = asyncio.Event()
        listener = lambda *_: changed.set()
        self.ib.updateEvent += listener
        try:
            async with asyncio.timeout(PATIENCE):
                while not holds():
                    changed.clear()
                    await changed.wait()
        except TimeoutError:
            raise AssertionError(f"never: {what}; errors: {self.errors}") from None
        finally:
            self.ib.updateEvent -= listener

    async def answer(self, question, what):
        """Awaits an answer with a deadline."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await question
        except TimeoutError:
            raise AssertionError(f"no answer: {what}; errors: {self.errors}") from None

    def refused(self, *codes):
        """Demands that exactly these errors have come since the last look, and returns their texts."""
        errors, self.errors = self.errors, []
        equal([code for _, code, _ in errors], list(codes), f"errors {errors}")
        return [text for _, _, text in errors]

    async def error(self, code):
        """Waits for an error, which must be the only one, and returns its request and text."""
        await self.until(lambda: self.errors, f"error {code}")
        [(request, seen, text)] = self.errors
        equal(seen, code, f"the code of `{text}`")
        self.errors = []
        return request, text

    async def stock(self, symbol="AAPL"):
        """A qualified share."""
        [contract] = await self.answer(self.ib.qualifyContractsAsync(Stock(symbol, "SMART", "USD")), symbol)
        return contract


@asynccontextmanager
async def desk(host, port, client_id=CLIENT_ID, **options):
    """A session that ends with the block, and in which no error may be left over."""
    it = Desk()
    await it.connect(host, port, client_id, **options)
    try:
        yield it
        it.refused()
    finally:
        it.ib.disconnect()
