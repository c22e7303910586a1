"""Orders: every type, modified, cancelled, previewed, refused; what was done today."""

from ibapi.execution import ExecutionFilter

from steps import check, equal, step
from .desk import AAPL, contract, desk, order
from .market import ASK, BID, snapshot


def orders(host, port, _gateway):
    with desk(host, port) as client:
        prices, _ = snapshot(client, contract("AAPL"))
        bid, ask = prices[BID], prices[ASK]
        first = market_and_limit(client, bid, ask)
        stops(client, bid, ask)
        trailing(client)
        modified_and_cancelled(client)
        previewed_and_refused(client)
        the_day(client, first)


def buy(client, quantity, kind, limit=None, **fields):
    return client.place(contract("AAPL"), order("BUY", quantity, kind, limit, **fields))


def sell(client, quantity, kind, limit=None, **fields):
    return client.place(contract("AAPL"), order("SELL", quantity, kind, limit, **fields))


def filled(client, order_id):
    """Waits until an order has filled and its last execution has its commission; returns the average price."""
    _, _, whole, remaining, average, *_ = client.status(order_id, "Filled")
    check(whole > 0 and remaining == 0, f"filled {whole}, remaining {remaining}")
    client.until("commissionReport")
    return average


def open_orders(client, ask=None):
    rows = client.rows(ask or client.reqOpenOrders, "openOrder", "openOrderEnd")
    return {order_id: (about, terms, state) for order_id, about, terms, state in rows}


def market_and_limit(client, bid, ask):
    with step("order: market"):
        client.take("execDetails"), client.take("openOrder")
        first = buy(client, 100, "MKT", orderRef="story")
        average = filled(client, first)
        check(abs(average / ask - 1) < 0.02, f"price {average}, quote {ask}")
        details = [(about, execution) for _, about, execution in client.take("execDetails")]
        equal(sum(execution.shares for _, execution in details), 100.0, "shares")
        for about, execution in details:
            equal((about.conId, execution.side, execution.orderRef, execution.orderId, execution.clientId),
                  (AAPL, "BOT", "story", first, 7), "the execution")
        order_id, about, terms, state = client.take("openOrder")[0]
        equal((order_id, about.conId, terms.orderType, terms.action, terms.orderRef),
              (first, AAPL, "MKT", "BUY", "story"), "the order as it is repeated")
        check(terms.permId > 0 and terms.account == "DU1234567", f"permId {terms.permId}, account {terms.account}")
    with step("order: limit that fills"):
        limit = round(ask * 1.02, 2)
        check(filled(client, buy(client, 10, "LMT", limit)) <= limit, "at the limit or better")
    with step("order: limit that waits"):
        waiting = sell(client, 10, "LMT", round(bid * 2, 2), tif="GTC")
        equal(client.status(waiting, "Submitted")[2:4], (0.0, 10.0), "filled and remaining")
        client.cancelled(waiting)
    return first


def stops(client, bid, ask):
    low, high = round(bid * 0.5, 2), round(ask * 1.02, 2)
    with step("order: stop that waits"):
        stop = sell(client, 10, "STP", auxPrice=low)
        client.status(stop, "PreSubmitted")
        client.cancelled(stop)
    with step("order: stop that is reached"):
        filled(client, sell(client, 10, "STP", auxPrice=high))
    with step("order: stop-limit that waits"):
        stop = sell(client, 10, "STP LMT", low - 1, auxPrice=low)
        client.status(stop, "PreSubmitted")
        _, terms, _ = open_orders(client)[stop]
        equal((terms.lmtPrice, terms.auxPrice, terms.orderType), (low - 1, low, "STP LMT"), "the terms")
        client.cancelled(stop)
    with step("order: stop-limit that is reached and then waits for its limit"):
        stop = sell(client, 10, "STP LMT", round(bid * 2, 2), auxPrice=high)
        client.status(stop, "Submitted")
        client.cancelled(stop)


def trailing(client):
    with step("order: trailing amount"):
        trail = sell(client, 10, "TRAIL", auxPrice=50.0)
        client.status(trail, "PreSubmitted")
        _, terms, _ = open_orders(client)[trail]
        equal((terms.orderType, terms.auxPrice), ("TRAIL", 50.0), "the terms")
        check(0 < terms.trailStopPrice < 10_000, f"the stop {terms.trailStopPrice}")
        client.cancelled(trail)
    with step("order: trailing percent with a stop to begin with"):
        trail = sell(client, 10, "TRAIL", trailingPercent=5.0, trailStopPrice=100.0)
        client.status(trail, "PreSubmitted")
        client.cancelled(trail)
    with step("order: trailing that is reached"):
        filled(client, sell(client, 10, "TRAIL", auxPrice=0.01))
    with step("order: trailing limit"):
        trail = sell(client, 10, "TRAIL LIMIT", auxPrice=50.0, trailStopPrice=100.0, lmtPriceOffset=0.5)
        client.status(trail, "PreSubmitted")
        client.cancelled(trail)


def modified_and_cancelled(client):
    with step("order: modify"):
        changed = buy(client, 5, "LMT", 1.0)
        perm_id = client.status(changed, "Submitted")[5]
        client.placeOrder(changed, contract("AAPL"), order("BUY", 7, "LMT", 2.0))
        match = lambda id, status, filled, remaining, *_: id == changed and remaining == 7.0
        client.until("orderStatus", match=match, what="the new quantity")
        _, terms, _ = open_orders(client)[changed]
        equal((terms.lmtPrice, terms.totalQuantity, terms.permId), (2.0, 7.0, perm_id), "the order")
        client.placeOrder(changed, contract("AAPL"), order("SELL", 7, "LMT", 2.0))
        client.refused(changed, 105)
        client.cancelled(changed)
    with step("order: cancel twice, cancel what never was"):
        client.cancelOrder(changed)
        client.refused(changed, 10148)
        client.cancelOrder(changed + 1000)
        client.refused(changed + 1000, 10147)
        client.placeOrder(changed, contract("AAPL"), order("BUY", 1, "LMT", 1.0))
        client.refused(changed, 103)
    with step("order: modified into the market"):
        changed = sell(client, 5, "LMT", 9999.0)
        client.status(changed, "Submitted")
        client.placeOrder(changed, contract("AAPL"), order("SELL", 5, "LMT", 1.0))
        filled(client, changed)
        client.placeOrder(changed, contract("AAPL"), order("SELL", 6, "LMT", 1.0))
        client.refused(changed, 104)
    with step("global cancel"):
        waiting = [buy(client, 1, "LMT", price) for price in (1.0, 2.0, 3.0)]
        for order_id in waiting:
            client.status(order_id, "Submitted")
        client.reqGlobalCancel()
        for order_id in waiting:
            client.status(order_id, "Cancelled")
            client.refused(order_id, 202)
        equal(open_orders(client), {}, "open orders")


def previewed_and_refused(client):
    with step("order: what-if"):
        client.take("openOrder")
        preview = buy(client, 1000, "MKT", whatIf=True)
        order_id, _, _, state = client.until("openOrder")
        equal((order_id, state.commission), (preview, 5.0), "commission of 1000 shares")
        before, change, after = (float(it) for it in (state.initMarginBefore, state.initMarginChange, state.initMarginAfter))
        check(change > 50_000 and abs(before + change - after) < 0.02, f"margins {before} + {change} = {after}")
        check(0 < float(state.maintMarginChange) < change, f"maintenance margin {state.maintMarginChange}")
        equal(open_orders(client), {}, "no order was placed")
    with step("order: too big for the account"):
        check("Available Funds" in client.refused(buy(client, 1_000_000, "MKT"), 201), "the text")
    with step("order: a price off the grid, an unknown contract, an unknown type"):
        client.refused(buy(client, 1, "LMT", 1.001), 110)
        client.refused(client.place(contract("NOSUCHTHING"), order("BUY", 1, "MKT")), 200)
        client.refused(buy(client, 1, "NONSENSE"), 387)
        client.refused(buy(client, 1, "MKT", account="DU9999999"), 321)
        client.refused(buy(client, 0, "MKT"), 434)


def the_day(client, first):
    with step("open orders and all orders"):
        left = buy(client, 5, "LMT", 1.0, tif="GTC", orderRef="left open")
        client.status(left, "Submitted")
        for ask in (client.reqOpenOrders, client.reqAllOpenOrders):
            about, terms, state = open_orders(client, ask)[left]
            equal((terms.orderRef, terms.tif, about.conId, state.status), ("left open", "GTC", AAPL, "Submitted"), "terms")
        client.cancelled(left)
    with step("completed orders"):
        ask = lambda: client.reqCompletedOrders(False)
        completed = client.rows(ask, "completedOrder", "completedOrdersEnd")
        equal({state.status for _, _, state in completed}, {"Filled", "Cancelled", "Inactive"}, "statuses")
        [done] = [terms for _, terms, _ in completed if terms.orderRef == "story"]
        # The total is what was left, the size is in the filled quantity.
        equal((done.filledQuantity, done.totalQuantity, done.action), (100.0, 0.0, "BUY"), "the first order")
        check(all(state.completedTime and state.completedStatus for _, _, state in completed), "times and statuses")
    executions = with_filter(client)
    with step("executions"):
        bought = sum(execution.shares for _, _, execution in executions if execution.side == "BOT")
        equal(bought, 110.0, "shares bought")
        ids = [execution.execId for _, _, execution in executions]
        equal(len(set(ids)), len(ids), "execution ids")
        reports = {report.execId for (report,) in client.take("commissionReport")}
        check(set(ids) <= reports, "every execution has its commission")
    with step("executions with filters"):
        for fields, expected in (
            ({"side": "BUY"}, lambda it: it.side == "BOT"),
            ({"side": "SELL"}, lambda it: it.side == "SLD"),
            ({"symbol": "MSFT"}, lambda it: False),
            ({"symbol": "AAPL", "secType": "STK", "clientId": 7, "acctCode": "DU1234567"}, lambda it: True),
            ({"clientId": 8}, lambda it: False),
            ({"time": "20991231 00:00:00"}, lambda it: False),
        ):
            found = {execution.execId for _, _, execution in with_filter(client, **fields)}
            equal(found, {it.execId for _, _, it in executions if expected(it)}, f"{fields}")


def with_filter(client, **fields):
    wanted = ExecutionFilter()
    for name, value in fields.items():
        setattr(wanted, name, value)
    request = client.request()
    ask = lambda: client.reqExecutions(request, wanted)
    rows = client.rows(ask, "execDetails", "execDetailsEnd", lambda id: id == request)
    equal({row[0] for row in rows} - {request}, set(), "the request of the executions")
    return rows
