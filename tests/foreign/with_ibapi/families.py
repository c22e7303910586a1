"""Orders that depend on each other: brackets and one-cancels-all groups."""

from steps import equal, step
from .desk import contract, desk, order
from .market import ASK, BID, snapshot
from .orders import buy, filled, open_orders, sell


def families(host, port, _gateway):
    with desk(host, port) as client:
        prices, _ = snapshot(client, contract("AAPL"))
        far, above = round(prices[BID] / 2, 2), round(prices[ASK] * 1.02, 2)
        brackets(client, far, above)
        one_cancels_all(client, far, above)


def brackets(client, far, above):
    with step("bracket: nothing works before the last child transmits"):
        parent = buy(client, 10, "LMT", far, transmit=False)
        profit = sell(client, 10, "LMT", round(far * 3, 2), parentId=parent, transmit=False)
        for held in (parent, profit):
            client.status(held, "PendingSubmit")
    with step("bracket: the parent works, the children wait"):
        loss = sell(client, 10, "STP", auxPrice=round(far - 10, 2), parentId=parent)
        client.status(parent, "Submitted")
        client.reqOpenOrders()
        for child in (profit, loss):
            _, _, _, _, _, _, parent_id, _, _, why_held, _ = client.status(child, "PreSubmitted")
            equal((parent_id, why_held), (parent, "child"), "the parent, and why it is held")
        client.until("openOrderEnd")
    with step("bracket: cancelling the parent ends the children"):
        client.cancelled(parent)
        for child in (profit, loss):
            client.status(child, "Cancelled")
            client.refused(child, 202)
    with step("bracket: a child of nobody"):
        orphan = sell(client, 1, "LMT", above, parentId=parent + 1000)
        client.refused(orphan, 10006)
    with step("bracket: the parent fills, a child fills, the other one ends"):
        parent = buy(client, 10, "LMT", above, transmit=False)
        profit = sell(client, 10, "LMT", round(above * 2, 2), parentId=parent, transmit=False)
        loss = sell(client, 10, "STP", auxPrice=far, parentId=parent)
        filled(client, parent)
        client.status(profit, "Submitted")
        client.placeOrder(profit, contract("AAPL"), order("SELL", 10, "LMT", far, parentId=parent))
        client.status(profit, "Filled")
        client.status(loss, "Cancelled")
        client.refused(loss, 202)
        equal(client.rows(client.reqPositions, "position", "positionEnd"), [], "nothing is left")
        client.cancelPositions()


def one_cancels_all(client, far, above):
    with step("one cancels all"):
        waiting = buy(client, 5, "LMT", far, ocaGroup="story group", ocaType=1)
        stop = buy(client, 5, "STP", auxPrice=above, ocaGroup="story group", ocaType=1)
        client.status(stop, "PreSubmitted")
        _, terms, _ = open_orders(client)[waiting]
        equal((terms.ocaGroup, terms.ocaType), ("story group", 1), "the group")
        changed = order("BUY", 5, "LMT", above, ocaGroup="story group", ocaType=1)
        client.placeOrder(waiting, contract("AAPL"), changed)
        client.status(waiting, "Filled")
        client.status(stop, "Cancelled")
        client.refused(stop, 202)
        filled(client, sell(client, 5, "MKT"))
    with step("one cancels all: a global cancel ends a group"):
        waiting = buy(client, 5, "LMT", far, ocaGroup="second group", ocaType=2)
        stop = buy(client, 5, "STP", auxPrice=round(above * 2, 2), ocaGroup="second group", ocaType=2)
        client.status(waiting, "Submitted")
        client.status(stop, "PreSubmitted")
        client.reqGlobalCancel()
        for order_id in (waiting, stop):
            client.status(order_id, "Cancelled")
            client.refused(order_id, 202)
