"""Connecting: fresh, with a taken client id, read-only, with many accounts; leaving and coming back."""

from steps import GATEWAY_BEGAN, check, equal, step
from .desk import CLIENT_ID, Desk, contract, desk, order


def fresh(host, port, _gateway):
    client = Desk()
    with step("connect fresh"):
        client.start(host, port)
        equal(client.take("managedAccounts"), [("DU1234567",)], "accounts")
        equal(client.serverVersion(), 157, "server version")
        check(client.twsConnectionTime(), "the connection's time")
        client.reqManagedAccts()
        equal(client.until("managedAccounts"), ("DU1234567",), "accounts")
    with step("current time"):
        client.reqCurrentTime()
        off = client.until("currentTime")[0] - GATEWAY_BEGAN
        check(0 <= off < 60, f"the Gateway's clock is {off} s off")
    with step("a client id that is taken"):
        second = Desk()
        second.begin(host, port, CLIENT_ID)
        second.refused(-1, 326)
        second.until("connectionClosed")
        equal(second.take("nextValidId"), [], "order ids of a session that never was")
        second.leave()
        check(client.isConnected(), "the first session goes on")
    with step("the next order id"):
        client.reqIds(-1)
        equal(client.until("nextValidId"), (client.next_order,), "the next order id")
    with step("disconnect and return"):
        working = client.place(contract("AAPL"), order("BUY", 1, "LMT", 1.0, tif="GTC"))
        perm_id = client.status(working, "Submitted")[5]
        client.leave()
        check(not client.isConnected(), "disconnected")
        with desk(host, port) as back:
            check(back.next_order > working, f"next order id {back.next_order} after {working}")
            [open_order] = back.rows(back.reqOpenOrders, "openOrder", "openOrderEnd")
            equal((open_order[0], open_order[2].permId), (working, perm_id), "the order that stayed")
            back.cancelled(working)


def read_only(host, port, _gateway):
    client = Desk()
    with step("connect read-only"):
        client.start(host, port)
        [accounts] = client.take("managedAccounts")
        equal(accounts, ("DU1234567",), "accounts")
    with step("reading works in read-only mode"):
        values = client.rows(lambda: client.reqAccountUpdates(True, ""), "updateAccountValue", "accountDownloadEnd")
        check(len(values) > 20, f"{len(values)} account values")
        client.reqAccountUpdates(False, "")
    with step("orders are refused in read-only mode"):
        refused = client.place(contract("AAPL"), order("BUY", 1, "MKT"))
        check("Read-Only" in client.refused(refused, 321), "the text")
        client.cancelOrder(refused)
        client.refused(refused, 321)
        client.reqOpenOrders()
        client.refused(-1, 321)
        client.reqGlobalCancel()
        client.refused(-1, 321)
    client.quiet()
    client.leave()


def many_accounts(host, port, _gateway):
    accounts = ["DU1000001", "DU1000002", "DU1000003"]
    client = Desk()
    with step("connect with many accounts"):
        client.start(host, port)
        [told] = client.take("managedAccounts")
        equal(told[0].rstrip(",").split(","), accounts, "accounts")
    with step("a summary over many accounts"):
        ask = lambda: client.reqAccountSummary(1, "All", "NetLiquidation")
        rows = client.rows(ask, "accountSummary", "accountSummaryEnd")
        equal(sorted((row[1], row[3]) for row in rows), [(name, "1000000.00") for name in accounts], "net liquidation")
        client.cancelAccountSummary(1)
    with step("an order must name its account"):
        refused = client.place(contract("AAPL"), order("BUY", 1, "MKT"))
        client.refused(refused, 435)
    with step("a position belongs to its account"):
        placed = client.place(contract("AAPL"), order("BUY", 3, "MKT", account=accounts[1]))
        client.status(placed, "Filled")
        positions = client.rows(client.reqPositions, "position", "positionEnd")
        equal([(row[0], row[1].symbol, row[2]) for row in positions], [(accounts[1], "AAPL", 3.0)], "positions")
        client.cancelPositions()
        multi = client.rows(lambda: client.reqPositionsMulti(2, accounts[1], ""), "positionMulti", "positionMultiEnd")
        equal([(row[1], row[4]) for row in multi], [(accounts[1], 3.0)], "positions of one account")
        none = client.rows(lambda: client.reqPositionsMulti(3, accounts[0], ""), "positionMulti", "positionMultiEnd")
        equal(none, [], "positions of another one")
    with step("values of one of many accounts"):
        ask = lambda: client.reqAccountUpdatesMulti(4, accounts[1], "", True)
        rows = client.rows(ask, "accountUpdateMulti", "accountUpdateMultiEnd")
        equal({row[1] for row in rows}, {accounts[1]}, "accounts of the values")
        client.cancelAccountUpdatesMulti(4)
        client.reqAccountUpdatesMulti(5, "DU9999999", "", True)
        client.refused(5, 321)
    with step("family codes"):
        client.reqFamilyCodes()
        [codes] = client.until("familyCodes")
        equal([code.accountID for code in codes], accounts, "accounts with family codes")
    client.quiet()
    client.leave()
