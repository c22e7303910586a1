"""Orders: every type, modified, cancelled, previewed, refused; what was done today."""

import math

from ib_async import ExecutionFilter, LimitOrder, MarketOrder, Order, Stock, StopLimitOrder, StopOrder

from steps import check, equal, step
from .desk import AAPL, desk

DONE = {"Filled", "Cancelled"}


async def orders(host, port, _gateway):
    async with desk(host, port) as client:
        contract = await client.stock()
        [quote] = await client.answer(client.ib.reqTickersAsync(contract), "a quote")
        await market_and_limit(client, contract, quote)
        await stops(client, contract, quote)
        await trailing(client, contract)
        await modified_and_cancelled(client, contract)
        await previewed_and_refused(client, contract)
        await the_day(client, contract)


async def filled(client, trade):
    """Waits until an order has filled and every execution has its commission."""
    whole = lambda: trade.isDone() and all(fill.commissionReport.execId for fill in trade.fills)
    await client.until(lambda: whole() and trade.filled() == trade.order.totalQuantity, f"{trade.order} fills")
    equal(trade.orderStatus.status, "Filled", "status")
    equal((trade.orderStatus.filled, trade.orderStatus.remaining), (trade.order.totalQuantity, 0.0), "quantities")


async def working(client, trade, status="Submitted"):
    await client.until(lambda: trade.orderStatus.status == status, f"{trade.order} is {status}")


async def cancelled(client, trade):
    client.ib.cancelOrder(trade.order)
    await client.until(lambda: (trade.order.orderId, 202) in [(id, code) for id, code, _ in client.errors], "error 202")
    await client.until(trade.isDone, "the order ends")
    equal(trade.orderStatus.status, "Cancelled", "status")
    client.refused(202)


async def market_and_limit(client, contract, quote):
    ib = client.ib
    with step("order: market"):
        trade = ib.placeOrder(contract, MarketOrder("BUY", 100, orderRef="story"))
        await filled(client, trade)
        for fill in trade.fills:
            execution = fill.execution
            equal((execution.side, execution.orderRef, execution.clientId), ("BOT", "story", 7), "execution")
            equal((execution.permId, execution.orderId), (trade.order.permId, trade.order.orderId), "its order")
            check(abs(execution.price / quote.ask - 1) < 0.02, f"price {execution.price}, quote {quote.ask}")
        equal(sum(fill.execution.shares for fill in trade.fills), 100.0, "shares")
        fee = sum(fill.commissionReport.commission for fill in trade.fills)
        equal(round(fee, 6), 1.0, "commission, which is at least a dollar")
        check(trade.order.permId > 0, "permId")
    with step("order: limit that fills"):
        trade = ib.placeOrder(contract, LimitOrder("BUY", 10, round(quote.ask * 1.02, 2)))
        await filled(client, trade)
        check(trade.orderStatus.avgFillPrice <= trade.order.lmtPrice, "at the limit or better")
    with step("order: limit that waits"):
        trade = ib.placeOrder(contract, LimitOrder("SELL", 10, round(quote.bid * 2, 2), tif="GTC"))
        await working(client, trade)
        equal(trade.orderStatus.remaining, 10.0, "remaining")
        await cancelled(client, trade)


async def stops(client, contract, quote):
    ib = client.ib
    low, high = round(quote.bid * 0.5, 2), round(quote.ask * 1.02, 2)
    with step("order: stop that waits"):
        trade = ib.placeOrder(contract, StopOrder("SELL", 10, low))
        await working(client, trade, "PreSubmitted")
        await cancelled(client, trade)
    with step("order: stop that is reached"):
        trade = ib.placeOrder(contract, StopOrder("SELL", 10, high))
        await filled(client, trade)
    with step("order: stop-limit that waits"):
        trade = ib.placeOrder(contract, StopLimitOrder("SELL", 10, low - 1, low))
        await working(client, trade, "PreSubmitted")
        equal((trade.order.lmtPrice, trade.order.auxPrice), (low - 1, low), "prices")
        await cancelled(client, trade)
    with step("order: stop-limit that is reached and then waits for its limit"):
        trade = ib.placeOrder(contract, StopLimitOrder("SELL", 10, round(quote.bid * 2, 2), high))
        await working(client, trade)
        await cancelled(client, trade)


async def trailing(client, contract):
    ib = client.ib
    with step("order: trailing amount"):
        trade = ib.placeOrder(contract, Order(action="SELL", totalQuantity=10, orderType="TRAIL", auxPrice=50.0))
        await working(client, trade, "PreSubmitted")
        [again] = [it for it in await client.answer(ib.reqOpenOrdersAsync(), "open orders")]
        equal(again.order.orderType, "TRAIL", "order type")
        await cancelled(client, trade)
    with step("order: trailing percent with a stop to begin with"):
        order = Order(action="SELL", totalQuantity=10, orderType="TRAIL", trailingPercent=5.0, trailStopPrice=100.0)
        trade = ib.placeOrder(contract, order)
        await working(client, trade, "PreSubmitted")
        await cancelled(client, trade)
    with step("order: trailing that is reached"):
        trade = ib.placeOrder(contract, Order(action="SELL", totalQuantity=10, orderType="TRAIL", auxPrice=0.01))
        await filled(client, trade)
    with step("order: trailing limit"):
        order = Order(action="SELL", totalQuantity=10, orderType="TRAIL LIMIT", auxPrice=50.0,
                      trailStopPrice=100.0, lmtPriceOffset=0.5)
        trade = ib.placeOrder(contract, order)
        await working(client, trade, "PreSubmitted")
        await cancelled(client, trade)


async def modified_and_cancelled(client, contract):
    ib = client.ib
    with step("order: modify"):
        trade = ib.placeOrder(contract, LimitOrder("BUY", 5, 1.0))
        await working(client, trade)
        perm_id = trade.order.permId
        trade.order.lmtPrice, trade.order.totalQuantity = 2.0, 7
        ib.placeOrder(contract, trade.order)
        await client.until(lambda: trade.orderStatus.remaining == 7.0, "the new quantity")
        [again] = await client.answer(ib.reqOpenOrdersAsync(), "open orders")
        equal((again.order.lmtPrice, again.order.totalQuantity, again.order.permId), (2.0, 7.0, perm_id), "the order")
        await cancelled(client, trade)
    with step("order: cancel twice, cancel what never was"):
        ib.client.cancelOrder(trade.order.orderId)
        await client.error(10148)
        ib.client.cancelOrder(trade.order.orderId + 1000)
        await client.error(10147)
    with step("order: modified into the market"):
        trade = ib.placeOrder(contract, LimitOrder("SELL", 5, 9999.0))
        await working(client, trade)
        trade.order.lmtPrice = 1.0
        ib.placeOrder(contract, trade.order)
        await filled(client, trade)
    with step("global cancel"):
        trades = [ib.placeOrder(contract, LimitOrder("BUY", 1, price)) for price in (1.0, 2.0, 3.0)]
        for trade in trades:
            await working(client, trade)
        ib.reqGlobalCancel()
        await client.until(lambda: all(trade.isDone() for trade in trades), "all end")
        await client.until(lambda: len(client.errors) == 3, "three times 202")
        client.refused(202, 202, 202)
        equal(await client.answer(ib.reqOpenOrdersAsync(), "open orders"), [], "open orders")


async def previewed_and_refused(client, contract):
    ib = client.ib
    with step("order: what-if"):
        before = len(ib.trades())
        preview = await client.answer(ib.whatIfOrderAsync(contract, MarketOrder("BUY", 1000)), "what-if")
        change, commission = float(preview.initMarginChange), preview.commission
        check(change > 50_000, f"initial margin change {change}")
        equal(commission, 5.0, "commission of 1000 shares")
        check(math.isclose(float(preview.initMarginAfter) - float(preview.initMarginBefore), change, abs_tol=0.02),
              f"margins {preview}")
        check(0 < float(preview.maintMarginChange) < change, f"maintenance margin {preview.maintMarginChange}")
        equal(len(ib.trades()), before, "no order was placed")
    with step("order: too big for the account"):
        trade = ib.placeOrder(contract, MarketOrder("BUY", 1_000_000))
        _, text = await client.error(201)
        check("Available Funds" in text, text)
        await client.until(trade.isDone, "the order ends")
    with step("order: a price off the grid, an unknown contract, an unknown type"):
        ib.placeOrder(contract, LimitOrder("BUY", 1, 1.001))
        await client.error(110)
        stranger = Stock("NOSUCHTHING", "SMART", "USD")
        ib.placeOrder(stranger, MarketOrder("BUY", 1))
        await client.error(200)
        ib.placeOrder(contract, Order(action="BUY", totalQuantity=1, orderType="NONSENSE"))
        await client.error(387)


async def the_day(client, contract):
    ib = client.ib
    with step("open orders and all orders"):
        trade = ib.placeOrder(contract, LimitOrder("BUY", 5, 1.0, tif="GTC", orderRef="left open"))
        await working(client, trade)
        for ask in (ib.reqOpenOrdersAsync, ib.reqAllOpenOrdersAsync):
            [again] = await client.answer(ask(), "open orders")
            equal((again.order.permId, again.order.orderRef), (trade.order.permId, "left open"), "the order")
            equal((again.order.tif, again.contract.conId), ("GTC", AAPL), "its terms")
        await cancelled(client, trade)
    with step("completed orders"):
        completed = await client.answer(ib.reqCompletedOrdersAsync(False), "completed orders")
        equal({it.orderStatus.status for it in completed}, {"Filled", "Cancelled", "Inactive"}, "statuses")
        by_id = {it.order.permId: it for it in completed}
        first = next(it for it in ib.trades() if it.order.orderRef == "story")
        # The total is what was left, the size is in the filled quantity.
        done = by_id[first.order.permId].order
        equal((done.filledQuantity, done.totalQuantity, done.action), (100.0, 0.0, "BUY"), "the first order")
    with step("executions"):
        executions = await client.answer(ib.reqExecutionsAsync(), "executions")
        bought = sum(it.execution.shares for it in executions if it.execution.side == "BOT")
        equal(bought, 110.0, "shares bought")
        check(all(it.commissionReport.commission >= 0 for it in executions), "commissions")
        ids = [it.execution.execId for it in executions]
        equal(len(set(ids)), len(ids), "execution ids")
    with step("executions with filters"):
        for wanted, expected in (
            (ExecutionFilter(side="BUY"), lambda it: it.side == "BOT"),
            (ExecutionFilter(side="SELL"), lambda it: it.side == "SLD"),
            (ExecutionFilter(symbol="MSFT"), lambda it: False),
            (ExecutionFilter(symbol="AAPL", secType="STK", clientId=7, acctCode="DU1234567"), lambda it: True),
            (ExecutionFilter(clientId=8), lambda it: False),
            (ExecutionFilter(time="20991231 00:00:00"), lambda it: False),
        ):
            found = await client.answer(ib.reqExecutionsAsync(wanted), f"{wanted}")
            wanted_ids = {it.execution.execId for it in executions if expected(it.execution)}
            equal({it.execution.execId for it in found}, wanted_ids, f"{wanted}")
