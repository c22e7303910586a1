"""Orders that depend on each other: brackets and one-cancels-all groups."""

from ib_async import LimitOrder, MarketOrder, StopOrder

from steps import equal, step
from .desk import desk
from .orders import filled, working


async def families(host, port, _gateway):
    async with desk(host, port) as client:
        contract = await client.stock()
        [quote] = await client.answer(client.ib.reqTickersAsync(contract), "a quote")
        await brackets(client, contract, quote)
        await one_cancels_all(client, contract, quote)


async def brackets(client, contract, quote):
    ib = client.ib
    far, above = round(quote.bid / 2, 2), round(quote.ask * 1.02, 2)
    with step("bracket: nothing works before the last child transmits"):
        family = ib.bracketOrder("BUY", 10, far, far * 3, far - 10)
        parent, profit = (ib.placeOrder(contract, order) for order in family[:2])
        await client.until(lambda: parent.order.permId and profit.order.permId, "the first two are known")
        equal((parent.orderStatus.status, profit.orderStatus.status), ("PendingSubmit", "PendingSubmit"), "held")
    with step("bracket: the parent works, the children wait"):
        loss = ib.placeOrder(contract, family[2])
        await working(client, parent)
        await working(client, loss, "PreSubmitted")
        equal((profit.orderStatus.whyHeld, loss.orderStatus.whyHeld), ("child", "child"), "why the children are held")
        equal(loss.orderStatus.parentId, parent.order.orderId, "parent id")
    with step("bracket: cancelling the parent ends the children"):
        ib.cancelOrder(parent.order)
        await client.until(lambda: all(it.isDone() for it in (parent, profit, loss)), "all three end")
        await client.until(lambda: len(client.errors) == 3, "three times 202")
        client.refused(202, 202, 202)
    with step("bracket: a child of nobody"):
        orphan = ib.placeOrder(contract, LimitOrder("SELL", 1, above, parentId=parent.order.orderId + 1000))
        request, _ = await client.error(10006)
        equal(request, orphan.order.orderId, "the order of the error")
    with step("bracket: the parent fills, a child fills, the other one ends"):
        family = ib.bracketOrder("BUY", 10, above, above, far)
        parent, profit, loss = [ib.placeOrder(contract, order) for order in family]
        await filled(client, parent)
        await client.until(lambda: profit.orderStatus.status == loss.orderStatus.status == "PreSubmitted"
                           or profit.orderStatus.status == "Submitted", "the children work")
        profit.order.lmtPrice = far
        ib.placeOrder(contract, profit.order)
        await filled(client, profit)
        await client.until(loss.isDone, "the other child ends")
        await client.error(202)
        await client.until(lambda: not ib.positions(), "nothing is left")


async def one_cancels_all(client, contract, quote):
    ib = client.ib
    far, above = round(quote.bid / 2, 2), round(quote.ask * 1.02, 2)
    with step("one cancels all"):
        group = ib.oneCancelsAll([LimitOrder("BUY", 5, far), StopOrder("BUY", 5, above)], "story group", 1)
        waiting, stop = [ib.placeOrder(contract, order) for order in group]
        await working(client, waiting)
        await working(client, stop, "PreSubmitted")
        [first] = [it for it in await client.answer(ib.reqOpenOrdersAsync(), "open orders") if it is waiting]
        equal((first.order.ocaGroup, first.order.ocaType), ("story group", 1), "the group")
        waiting.order.lmtPrice = above
        ib.placeOrder(contract, waiting.order)
        await filled(client, waiting)
        await client.until(stop.isDone, "the other one ends")
        request, _ = await client.error(202)
        equal((request, stop.orderStatus.status), (stop.order.orderId, "Cancelled"), "the one that was cancelled")
    with step("one cancels all: a global cancel ends a group"):
        group = ib.oneCancelsAll([LimitOrder("SELL", 5, above * 2), StopOrder("SELL", 5, far)], "second group", 2)
        waiting, stop = [ib.placeOrder(contract, order) for order in group]
        await working(client, waiting)
        await working(client, stop, "PreSubmitted")
        ib.reqGlobalCancel()
        await client.until(lambda: waiting.isDone() and stop.isDone() and len(client.errors) == 2, "both end")
        client.refused(202, 202)
        sold = ib.placeOrder(contract, MarketOrder("SELL", 5))
        await filled(client, sold)
