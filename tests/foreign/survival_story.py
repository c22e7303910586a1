"""An unmodified ib_async 2.1.0 that has ticks and an open order, and goes on having them.

Usage: python survival_story.py HOST PORT [--order ID]

Connects, subscribes to ticks and places a limit order far from the market, or, with --order, finds the open order with that
id as its own. Prints `settled ID`. Then reads commands, one a line, and answers each by one line:

  again   demands ticks that come after the command, and that the order is open and still its own
  cancel  cancels the order
  quit    ends

Nothing here sleeps: every wait is for something to happen, with a deadline.
"""

import argparse
import asyncio
import sys

from ib_async import LimitOrder

from steps import StepFailed, check, equal, step
from with_ib_async.desk import CLIENT_ID, Desk

# What a program is told while its Gateway goes away and comes back.
TOLD = {1100, 1102, 2103, 2105, 2157}


async def fresh_tick(desk, ticker):
    """Waits for a tick that is newer than this moment."""
    seen = []
    ticker.updateEvent += seen.append
    try:
        await desk.until(lambda: seen, "a fresh tick")
    finally:
        ticker.updateEvent -= seen.append


async def is_own(desk, order_id):
    """Demands that the order is open, and this client's."""
    trades = await desk.answer(desk.ib.reqOpenOrdersAsync(), "open orders")
    own = [trade for trade in trades if trade.order.orderId == order_id]
    equal([trade.order.clientId for trade in own], [CLIENT_ID], "whose the order is")
    check(own[0].isActive(), f"the order is {own[0].orderStatus.status}")
    return own[0]


async def story(host, port, order_id):
    desk = Desk()
    with step("connect"):
        await desk.connect(host, port)
    with step("ticks"):
        ticker = desk.ib.reqMktData(await desk.stock())
        await fresh_tick(desk, ticker)
    with step("an open order"):
        if order_id is None:
            order = LimitOrder("BUY", 1, 1.0, tif="GTC")
            trade = desk.ib.placeOrder(ticker.contract, order)
            await desk.until(lambda: trade.orderStatus.status in ("PreSubmitted", "Submitted"), "the order is open")
            order_id = order.orderId
        trade = await is_own(desk, order_id)
        equal(trade.order.orderId, order_id, "the order's id")
    print(f"settled {order_id}", flush=True)
    while True:
        command = (await asyncio.to_thread(sys.stdin.readline)).strip()
        if command == "again":
            with step("again"):
                await fresh_tick(desk, ticker)
                trade = await is_own(desk, order_id)
                check(desk.ib.isConnected(), "the connection went away")
                others = [error for error in desk.errors if error[1] not in TOLD]
                equal(others, [], "errors")
                next_id = desk.ib.client.getReqId()
                check(next_id > order_id, f"the next id is {next_id}, below the order's {order_id}")
            print("alive", flush=True)
        elif command == "cancel":
            with step("cancel"):
                desk.ib.cancelOrder(trade.order)
                await desk.until(lambda: trade.orderStatus.status == "Cancelled", "the order is cancelled")
            print("cancelled", flush=True)
        else:
            desk.ib.disconnect()
            return


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--order", type=int)
    arguments = parser.parse_args()
    try:
        asyncio.run(story(arguments.host, arguments.port, arguments.order))
    except StepFailed as failed:
        print(f"failed: {failed}", flush=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
