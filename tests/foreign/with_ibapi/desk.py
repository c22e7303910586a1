"""A connected ibapi whose callbacks can be waited for."""

import queue
import threading
import time
from contextlib import contextmanager

from ibapi.client import EClient
from ibapi.contract import Contract
from ibapi.order import Order
from ibapi.wrapper import EWrapper

from steps import PATIENCE, equal

AAPL = 265598
CLIENT_ID = 7

# Farms are fine, which every session is told; and what 9.81 calls its own errors.
NOTICES = {2104, 2106, 2158}

CALLBACKS = """nextValidId managedAccounts error currentTime position positionEnd positionMulti positionMultiEnd accountSummary
accountSummaryEnd accountUpdateMulti accountUpdateMultiEnd updateAccountValue updatePortfolio updateAccountTime
accountDownloadEnd pnl pnlSingle contractDetails contractDetailsEnd symbolSamples securityDefinitionOptionParameter
securityDefinitionOptionParameterEnd marketRule smartComponents mktDepthExchanges familyCodes softDollarTiers
historicalData historicalDataEnd historicalDataUpdate headTimestamp histogramData historicalTicks historicalTicksBidAsk
historicalTicksLast tickPrice tickSize tickString tickGeneric tickReqParams tickSnapshotEnd tickOptionComputation
marketDataType tickByTickAllLast tickByTickBidAsk tickByTickMidPoint updateMktDepth updateMktDepthL2 realtimeBar
openOrder orderStatus openOrderEnd orderBound execDetails execDetailsEnd commissionReport completedOrder
completedOrdersEnd newsProviders newsArticle historicalNews historicalNewsEnd updateNewsBulletin scannerParameters
scannerData scannerDataEnd receiveFA fundamentalData displayGroupList displayGroupUpdated connectionClosed""".split()


class Desk(EWrapper, EClient):
    """Puts every callback into one queue, by its name. What was seen is kept until somebody takes it."""

    def __init__(self):
        EClient.__init__(self, self)
        self.seen = queue.Queue()
        self.kept = []
        self.requests = 0

    def request(self):
        """A request id that no order has."""
        self.requests += 1
        return 1_000_000 + self.requests

    def begin(self, host, port, client_id):
        """Connects and listens."""
        self.connect(host, port, clientId=client_id)
        threading.Thread(target=self.run, daemon=True).start()

    def start(self, host, port, client_id=CLIENT_ID):
        """Connects; returns the next order id and keeps it, to count on from there."""
        self.begin(host, port, client_id)
        self.next_order = self.until("nextValidId")[0]
        return self.next_order

    def until(self, *names, match=lambda *_: True, what=""):
        """The arguments of the first callback of one of these names that matches. All that came before it is kept."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                name, arguments = self.seen.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"never: {what or ' or '.join(names)}; last came {self.kept[-5:]}") from None
            if name in names and match(*arguments):
                return arguments
            self.kept.append((name, arguments))

    def sooner_or_later(self, name, match, what):
        """The same, where it may have come while something else was waited for."""
        for number, (known, arguments) in enumerate(self.kept):
            if known == name and match(*arguments):
                del self.kept[number]
                return arguments
        return self.until(name, match=match, what=what)

    def rows(self, ask, row, end, match=lambda *_: True):
        """Asks, and returns the arguments of every `row` up to `end`."""
        self.kept = [(name, arguments) for name, arguments in self.kept if name != row]
        ask()
        self.until(end, match=match)
        return self.take(row)

    def take(self, name):
        """The arguments of every callback of this name that was kept, which is forgotten."""
        found = [arguments for known, arguments in self.kept if known == name]
        self.kept = [(known, arguments) for known, arguments in self.kept if known != name]
        return found

    def refused(self, request, code):
        """Waits for an error of a request or order; returns its text."""
        match = lambda id, seen, _: id == request and seen not in NOTICES
        _, seen, text = self.sooner_or_later("error", match, f"error {code} of {request}")
        equal(seen, code, f"the code of `{text}`")
        return text

    def order_id(self):
        """The next order id."""
        self.next_order += 1
        return self.next_order - 1

    def place(self, contract, order):
        """Places an order; returns its id."""
        order_id = self.order_id()
        self.placeOrder(order_id, contract, order)
        return order_id

    def status(self, order_id, *wanted):
        """Waits until an order has one of these statuses; returns the arguments of that orderStatus."""
        match = lambda id, status, *_: id == order_id and status in wanted
        return self.sooner_or_later("orderStatus", match, f"order {order_id} is {' or '.join(wanted)}")

    def cancelled(self, order_id):
        """Cancels an order and waits for its end."""
        self.cancelOrder(order_id)
        self.status(order_id, "Cancelled")
        self.refused(order_id, 202)

    def quiet(self):
        """Demands that no error is left over."""
        while not self.seen.empty():
            self.kept.append(self.seen.get())
        errors = [arguments for arguments in self.take("error") if arguments[1] not in NOTICES]
        equal(errors, [], "errors that nobody expected")

    def leave(self):
        """Disconnects. The socket is really closed once the client's reader has left its last recv, up to a second
        later; until then its client id is taken."""
        reader = self.reader
        self.disconnect()
        if reader:
            reader.join(PATIENCE)


def relay(name):
    def callback(self, *arguments):
        self.seen.put((name, arguments))

    return callback


for callback in CALLBACKS:
    setattr(Desk, callback, relay(callback))


@contextmanager
def desk(host, port, client_id=CLIENT_ID):
    """A session that ends with the block, and in which no error may be left over."""
    it = Desk()
    it.start(host, port, client_id)
    try:
        yield it
        it.quiet()
    finally:
        it.leave()


def contract(symbol="", kind="STK", exchange="SMART", currency="USD", **fields):
    result = Contract()
    result.symbol, result.secType, result.exchange, result.currency = symbol, kind, exchange, currency
    for name, value in fields.items():
        setattr(result, name, value)
    return result


def order(action, quantity, kind, limit=None, **fields):
    result = Order()
    result.action, result.totalQuantity, result.orderType = action, quantity, kind
    # 9.81 sets these by default, which Gateways have long refused.
    result.eTradeOnly = result.firmQuoteOnly = False
    if limit is not None:
        result.lmtPrice = limit
    for name, value in fields.items():
        setattr(result, name, value)
    return result
