"""The story of an unmodified ib_async 2.1.0 against a Gateway: connect, look, trade, leave, come back.

Usage: python ib_async_story.py HOST PORT

Prints one JSON object: what was seen at each step. Whether it is right is for the caller to say. Nothing here sleeps:
every wait is for an event, with a deadline.
"""

import asyncio
import json
import math
import sys
import time

from ib_async import IB, Forex, LimitOrder, MarketOrder, Stock

CLIENT_ID = 7
PATIENCE = 10.0


async def until(event, predicate):
    """Waits until the predicate holds, looking at it whenever the event fires."""
    happened = asyncio.Event()
    listener = lambda *_: happened.set()
    event += listener
    try:
        async with asyncio.timeout(PATIENCE):
            while not predicate():
                happened.clear()
                await happened.wait()
    finally:
        event -= listener


def has_quote(ticker):
    return not any(math.isnan(value) for value in (ticker.bid, ticker.ask, ticker.last))


async def connect(ib, host, port, client_id=CLIENT_ID):
    started = time.perf_counter()
    await ib.connectAsync(host, port, clientId=client_id, timeout=4, raiseSyncErrors=True)
    return round((time.perf_counter() - started) * 1000, 1)


async def look(ib, story):
    summary = await ib.accountSummaryAsync()
    story["summary"] = {row.tag: row.value for row in summary if row.currency in ("USD", "")}
    story["accounts"] = ib.managedAccounts()
    story["server_version"] = ib.client.serverVersion()
    story["account_values"] = len(ib.accountValues())
    story["server_time"] = str(await ib.reqCurrentTimeAsync())
    [contract] = await ib.qualifyContractsAsync(Stock("AAPL", "SMART", "USD"))
    [details] = await ib.reqContractDetailsAsync(contract)
    story["details"] = {
        "conId": contract.conId,
        "primaryExchange": contract.primaryExchange,
        "longName": details.longName,
        "minTick": details.minTick,
        "timeZoneId": details.timeZoneId,
        "stockType": details.stockType,
        "hours": len(details.tradingHours.split(";")),
    }
    unknown = await ib.reqContractDetailsAsync(Stock("NOSUCHTHING", "SMART", "USD"))
    story["unknown_details"] = len(unknown)
    return contract


async def read_history(ib, contract, story):
    bars = await ib.reqHistoricalDataAsync(contract, "", "1 D", "1 min", "TRADES", useRTH=True)
    story["bars"] = {
        "count": len(bars),
        "first": str(bars[0].date),
        "last": str(bars[-1].date),
        "close": bars[-1].close,
        "volume": bars[-1].volume,
        "sane": all(bar.low <= min(bar.open, bar.close) and max(bar.open, bar.close) <= bar.high for bar in bars),
    }
    days = await ib.reqHistoricalDataAsync(contract, "", "1 M", "1 day", "TRADES", useRTH=True, formatDate=2)
    story["days"] = {"count": len(days), "last": str(days[-1].date)}
    pair = Forex("EURUSD")
    await ib.qualifyContractsAsync(pair)
    middle = await ib.reqHistoricalDataAsync(pair, "", "3600 S", "5 mins", "MIDPOINT", useRTH=False)
    story["pair"] = {"conId": pair.conId, "count": len(middle), "close": middle[-1].close}


async def watch(ib, contract, story):
    ticker = ib.reqMktData(contract, "233")
    await until(ib.pendingTickersEvent, lambda: has_quote(ticker))
    first = ticker.time
    await until(ib.pendingTickersEvent, lambda: ticker.time != first)
    story["ticker"] = {
        "bid": ticker.bid,
        "ask": ticker.ask,
        "last": ticker.last,
        "volume": ticker.volume,
        "close": ticker.close,
        "type": ticker.marketDataType,
        "minTick": ticker.minTick,
    }
    ib.cancelMktData(contract)
    [snapshot] = await ib.reqTickersAsync(contract)
    story["snapshot_quote"] = has_quote(snapshot)


async def trade(ib, contract, story):
    order = MarketOrder("BUY", 10, orderRef="story-1")
    bought = ib.placeOrder(contract, order)
    await until(bought.commissionReportEvent, lambda: bought.fills and bought.fills[-1].commissionReport.execId)
    if not bought.isDone():
        await until(bought.filledEvent, bought.isDone)
    [fill] = bought.fills
    story["bought"] = {
        "status": bought.orderStatus.status,
        "filled": bought.filled(),
        "statuses": [entry.status for entry in bought.log],
        "orderRef": fill.execution.orderRef,
        "price": fill.execution.price,
        "side": fill.execution.side,
        "commission": fill.commissionReport.commission,
        "permId": bought.order.permId > 0,
    }
    await until(ib.positionEvent, lambda: bool(ib.positions()))
    story["positions"] = [[row.contract.symbol, row.position, row.avgCost] for row in ib.positions()]
    await until(ib.updatePortfolioEvent, lambda: bool(ib.portfolio()))
    story["portfolio"] = [[row.contract.symbol, row.position, row.marketValue] for row in ib.portfolio()]
    preview = await ib.whatIfOrderAsync(contract, MarketOrder("BUY", 100))
    story["what_if"] = {"init": preview.initMarginChange, "commission": preview.commission}


async def cancel(ib, contract, story):
    limit = ib.placeOrder(contract, LimitOrder("BUY", 5, 1.0, tif="GTC"))
    await until(limit.statusEvent, lambda: limit.orderStatus.status == "Submitted")
    story["open_orders"] = [[trade.order.orderId, trade.order.lmtPrice] for trade in await ib.reqAllOpenOrdersAsync()]
    limit.order.lmtPrice = 2.0
    ib.placeOrder(contract, limit.order)
    await until(limit.modifyEvent, lambda: True)
    ib.cancelOrder(limit.order)
    await until(limit.cancelledEvent, limit.isDone)
    story["cancelled"] = {"status": limit.orderStatus.status, "errors": [entry.errorCode for entry in limit.log]}
    completed = await ib.reqCompletedOrdersAsync(False)
    story["completed"] = sorted(trade.orderStatus.status for trade in completed)
    story["executions"] = len(await ib.reqExecutionsAsync())


async def main(host, port):
    story, errors = {}, []
    ib = IB()
    ib.errorEvent += lambda request, code, text, contract: errors.append([request, code, text])
    story["connect_ms"] = await connect(ib, host, port)
    story["positions_before"] = len(ib.positions())
    contract = await look(ib, story)
    await read_history(ib, contract, story)
    await watch(ib, contract, story)
    await trade(ib, contract, story)
    await cancel(ib, contract, story)
    highest = max(trade.order.orderId for trade in ib.trades())
    ib.disconnect()

    story["reconnect_ms"] = await connect(ib, host, port)
    story["back"] = {
        "positions": [[row.contract.symbol, row.position] for row in ib.positions()],
        "executions": len(ib.executions()),
        "next_id_rises": ib.client.getReqId() > highest,
    }
    ib.disconnect()
    story["errors"] = errors
    print(json.dumps(story))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
