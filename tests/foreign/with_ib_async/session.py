"""Connecting: fresh, with a taken client id, read-only, with many accounts; leaving and coming back."""

import asyncio
from datetime import datetime, timezone

from ib_async import LimitOrder, MarketOrder

from steps import GATEWAY_BEGAN, check, equal, step
from .desk import Desk, desk


async def fresh(host, port, _gateway):
    first = Desk()
    with step("connect fresh"):
        await first.connect(host, port)
        ib = first.ib
        equal(ib.client.serverVersion(), 178, "server version")
        equal(ib.managedAccounts(), ["DU1234567"], "accounts")
        equal((ib.positions(), ib.openTrades(), ib.fills()), ([], [], []), "what a fresh account has")
        check(ib.client.getReqId() >= 1, "a valid order id")
    with step("current time"):
        now = await first.answer(ib.reqCurrentTimeAsync(), "the time")
        off = (now - datetime.fromtimestamp(GATEWAY_BEGAN, timezone.utc)).total_seconds()
        check(0 <= off < 60, f"the Gateway's clock is {off} s off")
    with step("a client id that is taken"):
        second = Desk()
        try:
            await second.connect(host, port)
            raise AssertionError("a second session under one client id")
        except (ConnectionError, TimeoutError):
            pass
        equal([code for _, code, _ in second.errors], [326], "errors")
        check(ib.isConnected(), "the first session goes on")
    with step("disconnect and return"):
        contract = await first.stock()
        trade = ib.placeOrder(contract, LimitOrder("BUY", 1, 1.0, tif="GTC"))
        await first.until(lambda: trade.orderStatus.status == "Submitted", "the order works")
        highest = trade.order.orderId
        gone = asyncio.Event()
        ib.disconnectedEvent += gone.set
        ib.disconnect()
        await asyncio.wait_for(gone.wait(), 5)
        check(not ib.isConnected(), "disconnected")
        async with desk(host, port) as back:
            [again] = back.ib.openTrades()
            equal((again.order.orderId, again.order.permId), (highest, trade.order.permId), "the order that stayed")
            equal(again.orderStatus.status, "Submitted", "its status")
            check(back.ib.client.getReqId() > highest, "the next order id is higher than every used one")
            back.ib.cancelOrder(again.order)
            await back.until(again.isDone, "the order ends")
            back.refused(202)


async def read_only(host, port, _gateway):
    with step("connect read-only"):
        # ib_async asks for no orders then; a Gateway in read-only mode answers 321 to such requests.
        client = Desk()
        await client.connect(host, port, readonly=True)
        equal(client.ib.managedAccounts(), ["DU1234567"], "accounts")
    with step("reading works in read-only mode"):
        contract = await client.stock()
        check(client.ib.accountValues(), "account values")
    with step("orders are refused in read-only mode"):
        trade = client.ib.placeOrder(contract, MarketOrder("BUY", 1))
        request, text = await client.error(321)
        equal(request, trade.order.orderId, "the order of the error")
        check("Read-Only" in text, text)
        client.ib.disconnect()


async def many_accounts(host, port, _gateway):
    accounts = ["DU1000001", "DU1000002", "DU1000003"]
    with step("connect with many accounts"):
        client = Desk()
        await client.connect(host, port)
        ib = client.ib
        equal(ib.managedAccounts(), accounts, "accounts")
        told = sorted({row.account for row in ib.accountValues()})
        equal(told, accounts, "accounts with values")
    with step("a summary over many accounts"):
        summary = await client.answer(ib.accountSummaryAsync(), "summary")
        net = {row.account: row.value for row in summary if row.tag == "NetLiquidation" and row.account != "All"}
        equal(net, dict.fromkeys(accounts, "1000000.00"), "net liquidation")
    with step("an order must name its account"):
        contract = await client.stock()
        ib.placeOrder(contract, MarketOrder("BUY", 1))
        await client.error(435)
    with step("a position belongs to its account"):
        trade = ib.placeOrder(contract, MarketOrder("BUY", 3, account=accounts[1]))
        await client.until(lambda: trade.isDone() and ib.positions(), "the order fills")
        equal([(row.account, row.position) for row in ib.positions()], [(accounts[1], 3.0)], "positions")
        equal([fill.execution.acctNumber for fill in trade.fills], [accounts[1]], "the executions' account")
    with step("values of one of many accounts"):
        await client.answer(ib.reqAccountUpdatesAsync(accounts[1]), "account updates")
        [item] = ib.portfolio(accounts[1])
        equal((item.position, ib.portfolio(accounts[0])), (3.0, []), "portfolios")
        client.refused()
        ib.disconnect()
