"""The story of an unmodified ibapi 9.81.1 (the official Python client of its time) against a Gateway.

Usage: python ibapi_story.py HOST PORT

Prints one JSON object: what was seen at each step. Whether it is right is for the caller to say. Nothing here sleeps:
every step waits for its own end marker, with a deadline.
"""

import json
import queue
import sys
import threading
import time

from ibapi.client import EClient
from ibapi.contract import Contract
from ibapi.execution import ExecutionFilter
from ibapi.order import Order
from ibapi.wrapper import EWrapper

PATIENCE = 10.0


class Client(EWrapper, EClient):
    """Puts every callback into one queue, by its name."""

    def __init__(self):
        EClient.__init__(self, self)
        self.seen = queue.Queue()

    def until(self, *names, match=lambda *_: True):
        """The callbacks up to the first of these names that matches, the last one being that one."""
        deadline, seen = time.monotonic() + PATIENCE, []
        while True:
            name, arguments = self.seen.get(timeout=max(0.0, deadline - time.monotonic()))
            seen.append((name, arguments))
            if name in names and match(*arguments):
                return seen


def relay(name):
    def callback(self, *arguments):
        self.seen.put((name, arguments))

    return callback


for name in (
    "nextValidId managedAccounts error currentTime position positionEnd accountSummary accountSummaryEnd updateAccountValue "
    "updatePortfolio accountDownloadEnd contractDetails contractDetailsEnd historicalData historicalDataEnd tickPrice "
    "tickSize tickSnapshotEnd marketDataType realtimeBar openOrder orderStatus openOrderEnd execDetails execDetailsEnd "
    "commissionReport completedOrder completedOrdersEnd connectionClosed"
).split():
    setattr(Client, name, relay(name))


def stock(symbol):
    contract = Contract()
    contract.symbol, contract.secType, contract.exchange, contract.currency = symbol, "STK", "SMART", "USD"
    return contract


def order(action, quantity, kind, limit=None):
    result = Order()
    result.action, result.totalQuantity, result.orderType = action, quantity, kind
    # 9.81 sets these by default, which Gateways have long refused.
    result.eTradeOnly = result.firmQuoteOnly = False
    if limit is not None:
        result.lmtPrice = limit
    return result


def named(seen, name):
    return [arguments for known, arguments in seen if known == name]


def start(host, port, client_id):
    client = Client()
    client.connect(host, port, clientId=client_id)
    threading.Thread(target=client.run, daemon=True).start()
    seen = client.until("nextValidId")
    return client, seen, named(seen, "nextValidId")[0][0]


def leave(client):
    """Disconnects. The socket is really closed once the client's reader has left its last recv, up to a second later;
    until then its client id is taken."""
    reader = client.reader
    client.disconnect()
    reader.join(PATIENCE)


def look(client, story):
    client.reqCurrentTime()
    story["time"] = named(client.until("currentTime"), "currentTime")[0][0]
    client.reqAccountSummary(1, "All", "NetLiquidation,TotalCashValue")
    story["summary"] = sorted(row[2] for row in named(client.until("accountSummaryEnd"), "accountSummary"))
    client.cancelAccountSummary(1)
    client.reqAccountUpdates(True, "")
    story["values"] = len(named(client.until("accountDownloadEnd"), "updateAccountValue"))
    client.reqAccountUpdates(False, "")
    client.reqContractDetails(2, stock("AAPL"))
    details = named(client.until("contractDetailsEnd"), "contractDetails")
    story["details"] = [(row[1].contract.conId, row[1].longName, row[1].minTick) for row in details]
    client.reqContractDetails(3, stock("NOSUCHTHING"))
    story["unknown"] = client.until("error", match=lambda id, *_: id == 3)[-1][1][1]


def data(client, story):
    client.reqHistoricalData(4, stock("AAPL"), "", "1 D", "1 min", "TRADES", 1, 1, False, [])
    story["bars"] = len(named(client.until("historicalDataEnd"), "historicalData"))
    client.reqMktData(5, stock("AAPL"), "", True, False, [])
    story["snapshot"] = sorted({row[1] for row in named(client.until("tickSnapshotEnd"), "tickPrice")})
    client.reqMktData(6, stock("AAPL"), "", False, False, [])
    client.until("tickPrice", match=lambda id, kind, *_: id == 6 and kind == 4)
    client.cancelMktData(6)
    client.reqRealTimeBars(7, stock("AAPL"), 5, "TRADES", False, [])
    story["bar"] = client.until("realtimeBar")[-1][1][1] % 5
    client.cancelRealTimeBars(7)


def trade(client, story, first):
    client.placeOrder(first, stock("AAPL"), order("BUY", 10, "MKT"))
    seen = client.until("commissionReport")
    story["statuses"] = [row[1] for row in named(seen, "orderStatus")]
    story["executed"] = [row[2].shares for row in named(seen, "execDetails")]
    client.placeOrder(first + 1, stock("AAPL"), order("BUY", 1, "LMT", 1.0))
    client.until("orderStatus", match=lambda id, status, *_: id == first + 1 and status in ("Submitted", "PreSubmitted"))
    client.reqOpenOrders()
    story["open"] = sorted({row[0] - first for row in named(client.until("openOrderEnd"), "openOrder")})
    client.cancelOrder(first + 1)
    client.until("orderStatus", match=lambda id, status, *_: id == first + 1 and status == "Cancelled")
    client.reqExecutions(8, ExecutionFilter())
    story["executions"] = len(named(client.until("execDetailsEnd"), "execDetails"))
    client.reqCompletedOrders(False)
    story["completed"] = sorted(row[2].status for row in named(client.until("completedOrdersEnd"), "completedOrder"))
    client.reqPositions()
    story["positions"] = [(row[1].symbol, row[2]) for row in named(client.until("positionEnd"), "position")]
    client.cancelPositions()


def main():
    host, port, story = sys.argv[1], int(sys.argv[2]), {}
    client, seen, first = start(host, port, 7)
    story["accounts"] = [row[0] for row in named(seen, "managedAccounts")]
    story["server_version"] = client.serverVersion()
    look(client, story)
    data(client, story)
    trade(client, story, first)
    leave(client)
    client, _, again = start(host, port, 7)
    story["next_id_rises"] = again > first + 1
    leave(client)
    print(json.dumps(story))


main()
