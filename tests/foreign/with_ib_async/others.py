"""Orders of others: of people, of other clients, and what the master client sees. Needs the control socket."""

from ib_async import LimitOrder, MarketOrder

from steps import check, equal, step
from .desk import desk
from .orders import filled, working


def limits(gateway):
    return sorted(it["order"]["lmtPrice"] for it in gateway.ask("state")["open_orders"])


async def binding(host, port, gateway):
    early = gateway.order_by_hand("BUY", 5, "AAPL", 1.0)
    async with desk(host, port, 3) as third, desk(host, port, 0) as zero:
        with step("order binding: client 0 gets the orders of people"):
            # ib_async binds for client 0 by itself when it connects.
            await zero.until(lambda: [it.order.permId for it in zero.ib.openTrades()] == [early], "the order")
            [bound] = zero.ib.openTrades()
            check(bound.order.orderId < 0, f"a bound order has a negative id: {bound.order.orderId}")
        with step("order binding: others see it only when they ask for all orders"):
            equal(third.ib.openTrades(), [], "open orders of client 3")
            [seen] = await third.answer(third.ib.reqAllOpenOrdersAsync(), "all orders")
            equal(seen.order.permId, early, "the order")
        with step("order binding: a later order comes unasked"):
            late = gateway.order_by_hand("BUY", 6, "AAPL", 1.0)
            await zero.until(lambda: len(zero.ib.openTrades()) == 2, "the second order")
            [second] = [it for it in zero.ib.openTrades() if it.order.permId == late]
            equal((second.order.totalQuantity, second.order.lmtPrice), (6.0, 1.0), "the order")
        with step("order binding: client 0 changes and cancels it"):
            # ib_async keeps orders with a negative number under their permId, and places no such orders itself.
            second.order.lmtPrice = 2.0
            zero.ib.client.placeOrder(second.order.orderId, second.contract, second.order)
            await zero.until(lambda: limits(gateway) == [1.0, 2.0], "the new limit")
            zero.ib.client.cancelOrder(second.order.orderId)
            await zero.error(202)
        with step("order binding: only client 0 may bind"):
            third.ib.reqAutoOpenOrders(True)
            await third.error(327)
        with step("client 0: its own orders"):
            contract = await zero.stock()
            trade = zero.ib.placeOrder(contract, MarketOrder("BUY", 1))
            await filled(zero, trade)
            equal({fill.execution.clientId for fill in trade.fills}, {0}, "client of the executions")


async def master(host, port, _gateway):
    """The Gateway's master client id is 5."""
    async with desk(host, port, 6) as other:
        contract = await other.stock()
        with step("master client: orders that are open when it connects"):
            early = other.ib.placeOrder(contract, LimitOrder("BUY", 1, 1.0))
            await working(other, early)
            async with desk(host, port, 5) as chief:
                await chief.until(lambda: chief.ib.trades(), "the other's order")
                equal([it.order.permId for it in chief.ib.trades()], [early.order.permId], "orders")
                with step("master client: orders and fills of others, unasked"):
                    trade = other.ib.placeOrder(contract, MarketOrder("BUY", 2))
                    await filled(other, trade)
                    await chief.until(lambda: chief.ib.fills(), "a fill")
                    [fill] = [it for it in chief.ib.fills() if it.execution.permId == trade.order.permId]
                    equal((fill.execution.clientId, fill.execution.shares), (6, 2.0), "the execution")
                with step("master client: cancels of others"):
                    other.ib.cancelOrder(early.order)
                    [seen] = [it for it in chief.ib.trades() if it.order.permId == early.order.permId]
                    await chief.until(lambda: seen.orderStatus.status == "Cancelled", "the cancel")
                    await other.error(202)
