"""Live data: streams, snapshots, delayed data, every tick, order books, five-second bars."""

import math

from ib_async import Contract, Forex, Stock

from steps import check, equal, sane_bar, step
from .desk import desk


def has_quote(ticker):
    return not any(math.isnan(value) for value in (ticker.bid, ticker.ask, ticker.last))


async def market(host, port, _gateway):
    async with desk(host, port) as client:
        contract = await client.stock()
        await streams(client, contract)
        await delayed(client, contract)
        await tick_by_tick(client, contract)
        await books(client, contract)
        await real_time_bars(client, contract)


async def streams(client, contract):
    ib = client.ib
    with step("market data: streaming"):
        ticker = ib.reqMktData(contract, "233")
        await client.until(lambda: has_quote(ticker) and not math.isnan(ticker.close), "a quote")
        check(0 < ticker.bid < ticker.ask, f"bid {ticker.bid}, ask {ticker.ask}")
        check(ticker.bidSize > 0 and ticker.askSize > 0 and ticker.volume > 0, f"sizes {ticker}")
        check(ticker.low <= ticker.last <= ticker.high, f"day {ticker.low} {ticker.last} {ticker.high}")
        equal((ticker.marketDataType, ticker.minTick, ticker.halted), (1, 0.01, 0.0), "type, tick, halted")
        first = (ticker.bid, ticker.ask, ticker.last, ticker.volume)
        await client.until(lambda: (ticker.bid, ticker.ask, ticker.last, ticker.volume) != first, "a change")
        await client.until(lambda: not math.isnan(ticker.rtVolume), "time and sales (generic tick 233)")
        components = await client.answer(ib.reqSmartComponentsAsync(ticker.bboExchange), "smart components")
        check({"NASDAQ", "ARCA"} <= {it.exchange for it in components}, f"components {components}")
    with step("market data: cancel"):
        check(ib.cancelMktData(contract), "the stream was known")
        client.refused()
    with step("market data: snapshot"):
        [snapshot] = await client.answer(ib.reqTickersAsync(contract), "a snapshot")
        check(has_quote(snapshot) and snapshot.bid < snapshot.ask, f"the snapshot {snapshot}")
    with step("market data: a currency pair"):
        [pair] = await client.answer(ib.qualifyContractsAsync(Forex("EURUSD")), "the pair")
        ticker = ib.reqMktData(pair)
        await client.until(lambda: ticker.bid > 0 and ticker.ask > 0, "a quote")
        check(math.isnan(ticker.last), f"currencies have no last price, but {ticker.last}")
        ib.cancelMktData(pair)
    with step("market data: an unknown symbol"):
        # ib_async 2.1.0 subscribes only to contracts with a number; its snapshots take any.
        ib.reqMktData(Contract(conId=999_999_999, exchange="SMART"))
        await client.error(200)
        ib.client.reqMktData(ib.client.getReqId(), Stock("NOSUCHTHING", "SMART", "USD"), "", True, False, [])
        await client.error(200)


async def delayed(client, contract):
    ib = client.ib
    with step("market data: delayed"):
        ib.reqMarketDataType(3)
        ticker = ib.reqMktData(contract)
        await client.until(lambda: has_quote(ticker) and ticker.marketDataType == 3, "delayed data")
        check(0 < ticker.bid < ticker.ask, f"bid {ticker.bid}, ask {ticker.ask}")
        ib.cancelMktData(contract)
        ib.reqMarketDataType(1)
        [live] = await client.answer(ib.reqTickersAsync(contract), "a snapshot")
        equal(live.marketDataType, 1, "the data type is live again")


async def tick_by_tick(client, contract):
    ib = client.ib
    for kind in ("Last", "AllLast", "BidAsk", "MidPoint"):
        with step(f"tick-by-tick: {kind}"):
            ticker = ib.reqTickByTickData(contract, kind)
            seen = []
            keep = lambda changed: seen.extend(changed.tickByTicks)
            ticker.updateEvent += keep
            await client.until(lambda: len(seen) >= 3, f"three ticks of {kind}")
            ticker.updateEvent -= keep
            check(ib.cancelTickByTickData(contract, kind), "the stream was known")
            if kind in ("Last", "AllLast"):
                check(all(tick.price > 0 and tick.size > 0 and tick.exchange for tick in seen), f"ticks {seen}")
                equal({tick.tickType for tick in seen}, {1 if kind == "Last" else 2}, "tick types")
            elif kind == "BidAsk":
                check(all(0 < tick.bidPrice < tick.askPrice for tick in seen), f"ticks {seen}")
            else:
                check(all(tick.midPoint > 0 for tick in seen), f"ticks {seen}")
    with step("tick-by-tick: past ticks first"):
        # What comes first are historical ticks under the same id, which ib_async has no place for; the stream goes on.
        ticker = ib.reqTickByTickData(contract, "Last", numberOfTicks=5)
        seen = []
        keep = lambda changed: seen.extend(changed.tickByTicks)
        ticker.updateEvent += keep
        await client.until(lambda: seen, "a tick")
        ticker.updateEvent -= keep
        ib.cancelTickByTickData(contract, "Last")
        client.refused()


async def books(client, contract):
    ib = client.ib
    with step("market depth: SMART"):
        ticker = ib.reqMktDepth(contract, numRows=5, isSmartDepth=True)
        await client.until(lambda: len(ticker.domBids) == 5 and len(ticker.domAsks) == 5, "five rows on each side")
        bids, asks = [row.price for row in ticker.domBids], [row.price for row in ticker.domAsks]
        check(bids == sorted(bids, reverse=True) and asks == sorted(asks) and bids[0] < asks[0], f"{bids} {asks}")
        check(all(row.size > 0 and row.marketMaker for row in ticker.domBids), f"rows {ticker.domBids}")
        first = list(ticker.domTicks)
        await client.until(lambda: ticker.domTicks and ticker.domTicks != first, "a change of the book")
        ib.cancelMktDepth(contract, isSmartDepth=True)
    with step("market depth: one exchange, and where there are books"):
        [direct] = await client.answer(ib.qualifyContractsAsync(Stock("AAPL", "NASDAQ", "USD")), "at NASDAQ")
        direct.exchange = "NASDAQ"
        ticker = ib.reqMktDepth(direct, numRows=3)
        await client.until(lambda: len(ticker.domBids) == 3 and len(ticker.domAsks) == 3, "three rows on each side")
        ib.cancelMktDepth(direct)
        exchanges = await client.answer(ib.reqMktDepthExchangesAsync(), "exchanges")
        check("NASDAQ" in {it.exchange for it in exchanges}, f"exchanges {exchanges}")


async def real_time_bars(client, contract):
    ib = client.ib
    with step("real-time bars"):
        streams = {what: ib.reqRealTimeBars(contract, 5, what, False) for what in ("TRADES", "MIDPOINT", "BID", "ASK")}
        await client.until(lambda: all(len(bars) >= 2 for bars in streams.values()), "two bars of each")
        for what, bars in streams.items():
            check(all(sane_bar(bar.low, bar.high, bar.open_, bar.close) for bar in bars), f"{what}: {bars}")
            check(all(bar.time.second % 5 == 0 for bar in bars), f"{what}: times of {bars}")
            step_between = (bars[1].time - bars[0].time).total_seconds()
            equal(step_between, 5.0, f"{what}: seconds between bars")
            check((bars[0].volume > 0) == (what == "TRADES"), f"{what}: volume {bars[0].volume}")
            ib.cancelRealTimeBars(bars)
        client.refused()
