"""Live data: streams, snapshots, delayed data, every tick, order books, five-second bars."""

from steps import check, equal, sane_bar, step
from .desk import contract, desk

# Tick types: bid, ask, last, high, low, close, open; and their delayed twins.
BID, ASK, LAST, HIGH, LOW, CLOSE, OPEN = 1, 2, 4, 6, 7, 9, 14
DELAYED_BID, DELAYED_ASK, DELAYED_LAST = 66, 67, 68
RT_VOLUME = 48


def market(host, port, _gateway):
    with desk(host, port) as client:
        streams(client)
        delayed(client)
        tick_by_tick(client)
        books(client)
        real_time_bars(client)


def snapshot(client, wanted):
    """One snapshot: the prices by tick type, and the data type."""
    client.take("marketDataType")
    request = client.request()
    ask = lambda: client.reqMktData(request, wanted, "", True, False, [])
    rows = client.rows(ask, "tickPrice", "tickSnapshotEnd", lambda id: id == request)
    [(_, data_type)] = client.take("marketDataType")
    return {kind: price for _, kind, price, _ in rows}, data_type


def streams(client):
    with step("market data: streaming"):
        request = client.request()
        client.reqMktData(request, contract("AAPL"), "233", False, False, [])
        _, min_tick, exchanges, _ = client.until("tickReqParams")
        equal(min_tick, 0.01, "the smallest step")
        seen = {}
        while not {BID, ASK, LAST, HIGH, LOW, CLOSE, OPEN} <= set(seen):
            id, kind, price, attributes = client.until("tickPrice")
            equal(id, request, "the request")
            check(attributes.canAutoExecute, "attributes")
            seen[kind] = price
        check(0 < seen[BID] < seen[ASK] and seen[LOW] <= seen[LAST] <= seen[HIGH], f"prices {seen}")
        client.until("tickPrice", match=lambda id, kind, price, _: kind == BID and price != seen[BID], what="a new bid")
        client.until("tickString", match=lambda id, kind, _: kind == RT_VOLUME, what="time and sales (generic tick 233)")
        client.reqSmartComponents(1, exchanges)
        _, components = client.until("smartComponents")
        check({"NASDAQ", "ARCA"} <= {it.exchange for it in components}, "components")
    with step("market data: cancel"):
        client.cancelMktData(request)
        client.cancelMktData(request)
        client.refused(request, 300)
    with step("market data: snapshot"):
        prices, data_type = snapshot(client, contract("AAPL"))
        equal((sorted(prices), data_type), (sorted({BID, ASK, LAST, HIGH, LOW, CLOSE, OPEN}), 1), "tick types")
    with step("market data: a currency pair"):
        # The sizes of currencies may be fractions, which clients before server version 163 cannot read.
        for ask in (
            lambda request, pair: client.reqMktData(request, pair, "", False, False, []),
            lambda request, pair: client.reqTickByTickData(request, pair, "BidAsk", 0, True),
        ):
            request = client.request()
            ask(request, contract("EUR", "CASH", "IDEALPRO"))
            check("minimum version 163" in client.refused(request, 10285), "the text")
    with step("market data: an unknown symbol"):
        request = client.request()
        client.reqMktData(request, contract("NOSUCHTHING"), "", False, False, [])
        client.refused(request, 200)
        client.reqMktData(request, contract("NOSUCHTHING"), "", True, False, [])
        client.refused(request, 200)


def delayed(client):
    with step("market data: delayed"):
        client.reqMarketDataType(3)
        prices, data_type = snapshot(client, contract("AAPL"))
        equal(data_type, 3, "the data type")
        check(0 < prices[DELAYED_BID] < prices[DELAYED_ASK] and prices[DELAYED_LAST] > 0, f"prices {prices}")
        client.reqMarketDataType(1)
        equal(snapshot(client, contract("AAPL"))[1], 1, "the data type is live again")


def tick_by_tick(client):
    for kind, callback in (("Last", "tickByTickAllLast"), ("AllLast", "tickByTickAllLast"),
                           ("BidAsk", "tickByTickBidAsk"), ("MidPoint", "tickByTickMidPoint")):
        with step(f"tick-by-tick: {kind}"):
            request = client.request()
            client.reqTickByTickData(request, contract("AAPL"), kind, 0, False)
            ticks = [client.until(callback, match=lambda id, *_: id == request) for _ in range(3)]
            client.cancelTickByTickData(request)
            if callback == "tickByTickAllLast":
                for _, number, _, price, size, _, exchange, _ in ticks:
                    check(price > 0 and size > 0 and exchange, f"ticks {ticks}")
                    equal(number, 1 if kind == "Last" else 2, "the tick type")
            elif kind == "BidAsk":
                check(all(0 < bid < ask for _, _, bid, ask, *_ in ticks), f"ticks {ticks}")
            else:
                check(all(middle > 0 for _, _, middle in ticks), f"ticks {ticks}")
    with step("tick-by-tick: past ticks first"):
        request = client.request()
        client.reqTickByTickData(request, contract("AAPL"), "BidAsk", 5, True)
        id, ticks, done = client.until("historicalTicksBidAsk")
        check(id == request and len(ticks) >= 5 and done, f"{len(ticks)} past ticks")
        client.until("tickByTickBidAsk")
        client.cancelTickByTickData(request)
        client.cancelTickByTickData(request)
        client.refused(request, 300)
        client.reqTickByTickData(request, contract("AAPL"), "Nonsense", 0, False)
        client.refused(request, 10189)


def books(client):
    with step("market depth: SMART"):
        request = client.request()
        client.reqMktDepth(request, contract("AAPL"), 5, True, [])
        rows = [client.until("updateMktDepthL2") for _ in range(10)]
        for side, sign in ((0, 1), (1, -1)):
            book = [(position, price * sign) for _, position, _, _, of, price, _, _ in rows if of == side]
            equal([position for position, _ in book], [0, 1, 2, 3, 4], f"positions of side {side}")
            prices = [price for _, price in book]
            equal(prices, sorted(prices), f"prices of side {side}")
        check(all(maker and operation == 0 and size > 0 and smart
                  for _, _, maker, operation, _, _, size, smart in rows), f"rows {rows}")
        client.until("updateMktDepthL2", match=lambda id, position, maker, operation, *_: operation == 1, what="a change")
        client.cancelMktDepth(request, True)
    with step("market depth: one exchange, and where there are books"):
        request = client.request()
        client.reqMktDepth(request, contract("AAPL", exchange="NASDAQ"), 3, False, [])
        rows = [client.until("updateMktDepthL2", match=lambda id, *_: id == request) for _ in range(6)]
        check(not any(row[-1] for row in rows), "no row is of a SMART book")
        client.cancelMktDepth(request, False)
        client.cancelMktDepth(request, False)
        client.refused(request, 310)
        client.reqMktDepth(request, contract("EUR", "CASH", "IDEALPRO"), 2, False, [])
        rows = [client.until("updateMktDepth", match=lambda id, *_: id == request) for _ in range(4)]
        check(all(price > 0 and size > 0 for _, _, _, _, price, size in rows), f"rows {rows}")
        client.cancelMktDepth(request, False)
        client.reqMktDepthExchanges()
        [exchanges] = client.until("mktDepthExchanges")
        check("NASDAQ" in {it.exchange for it in exchanges}, "exchanges")


def real_time_bars(client):
    with step("real-time bars"):
        requests = {client.request(): what for what in ("TRADES", "MIDPOINT", "BID", "ASK")}
        for request, what in requests.items():
            client.reqRealTimeBars(request, contract("AAPL"), 5, what, False, [])
        seen = {request: [] for request in requests}
        while any(len(bars) < 2 for bars in seen.values()):
            request, *bar = client.until("realtimeBar")
            seen[request].append(bar)
        for request, bars in seen.items():
            what = requests[request]
            check(all(sane_bar(low, high, first, last) for _, first, high, low, last, *_ in bars), f"{what}: {bars}")
            equal((bars[0][0] % 5, bars[1][0] - bars[0][0]), (0, 5), f"{what}: times")
            check((bars[0][5] > 0) == (what == "TRADES"), f"{what}: volume {bars[0][5]}")
            client.cancelRealTimeBars(request)
        client.cancelRealTimeBars(request)
        client.refused(request, 300)
