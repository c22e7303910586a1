"""Orders of others: of people, of other clients, and what the master client sees. Needs the control socket."""

from steps import check, equal, step
from .desk import contract, desk, order
from .orders import buy, filled, open_orders


def binding(host, port, gateway):
    early = gateway.order_by_hand("BUY", 5, "AAPL", 1.0)
    with desk(host, port, 3) as third, desk(host, port, 0) as zero:
        with step("order binding: others see it only when they ask for all orders"):
            equal(open_orders(third), {}, "open orders of client 3")
            [(number, (_, terms, _))] = open_orders(third, third.reqAllOpenOrders).items()
            equal((number, terms.permId), (0, early), "an order that is not bound has no number")
        with step("order binding: client 0 gets the orders of people"):
            [(number, (_, terms, _))] = open_orders(zero).items()
            check(number < 0 and terms.permId == early, f"a bound order has a negative number: {number}")
            equal(zero.take("orderBound"), [(early, 0, number)], "what was bound")
        with step("order binding: a later order comes unasked"):
            zero.reqAutoOpenOrders(True)
            zero.reqCurrentTime()
            zero.until("currentTime")
            late = gateway.order_by_hand("BUY", 6, "AAPL", 1.0)
            second, *_ = zero.until("openOrder", match=lambda id, about, terms, state: terms.permId == late)
        with step("order binding: client 0 changes and cancels it"):
            zero.placeOrder(second, contract("AAPL"), order("BUY", 6, "LMT", 2.0))
            match = lambda id, about, terms, state: id == second and terms.lmtPrice == 2.0
            zero.until("openOrder", match=match, what="the new limit")
            zero.cancelled(second)
        with step("order binding: only client 0 may bind"):
            third.reqAutoOpenOrders(True)
            third.refused(-1, 327)
        with step("client 0: its own orders"):
            placed = buy(zero, 1, "MKT")
            filled(zero, placed)
            _, _, execution = zero.take("execDetails")[-1]
            equal((execution.clientId, execution.orderId), (0, placed), "the execution")


def master(host, port, _gateway):
    """The Gateway's master client id is 5."""
    with desk(host, port, 6) as other:
        early = buy(other, 1, "LMT", 1.0)
        other.status(early, "Submitted")
        with desk(host, port, 5) as chief:
            with step("master client: orders that are open when it connects"):
                # They come behind the next order id.
                number, _, terms, _ = chief.until("openOrder")
                equal((number, terms.clientId), (early, 6), "the other's order")
            with step("master client: orders and fills of others, unasked"):
                placed = buy(other, 2, "MKT")
                filled(other, placed)
                _, _, execution = chief.until("execDetails")
                equal((execution.clientId, execution.orderId, execution.shares), (6, placed, 2.0), "the execution")
                chief.status(placed, "Filled")
                chief.until("commissionReport")
            with step("master client: cancels of others"):
                other.cancelled(early)
                chief.status(early, "Cancelled")
