"""What an account is worth: values, summary, positions, profit and loss."""

import math

from ib_async import MarketOrder

from steps import check, equal, step
from .desk import AAPL, desk

ACCOUNT = "DU1234567"


def value(ib, tag, currency="USD"):
    [row] = [row for row in ib.accountValues() if (row.tag, row.currency) == (tag, currency)]
    return row.value


async def account(host, port, _gateway):
    async with desk(host, port) as client:
        ib = client.ib
        with step("account values"):
            equal(value(ib, "NetLiquidation"), "1000000.00", "net liquidation")
            equal(value(ib, "TotalCashBalance", "BASE"), "1000000.00", "cash in the base currency")
            equal(value(ib, "AccountType", ""), "INDIVIDUAL", "account type")
            check(float(value(ib, "BuyingPower")) >= 1_000_000, "buying power")
        with step("account summary"):
            rows = await client.answer(ib.accountSummaryAsync(ACCOUNT), "summary")
            told = {row.tag: (row.value, row.currency) for row in rows}
            equal(told["NetLiquidation"], ("1000000.00", "USD"), "net liquidation")
            equal(told["GrossPositionValue"], ("0.00", "USD"), "gross position value")
            wanted = {"AccountType", "AvailableFunds", "BuyingPower", "Cushion", "ExcessLiquidity", "FullInitMarginReq"}
            check(wanted <= set(told), f"tags are missing: {wanted - set(told)}")
        with step("profit and loss of an account without positions"):
            pnl = ib.reqPnL(ACCOUNT)
            await client.until(lambda: not math.isnan(pnl.unrealizedPnL), "pnl")
            equal((pnl.dailyPnL, pnl.unrealizedPnL, pnl.realizedPnL), (0.0, 0.0, 0.0), "pnl")
        with step("a position"):
            contract = await client.stock()
            bought = ib.placeOrder(contract, MarketOrder("BUY", 100))
            await client.until(lambda: bought.isDone() and ib.positions(), "the order fills")
            await client.until(lambda: bought.fills[-1].commissionReport.execId, "the last commission report")
            fee = sum(fill.commissionReport.commission for fill in bought.fills)
            price = bought.orderStatus.avgFillPrice
            await client.until(lambda: ib.positions()[0].position == 100.0, "all of the position")
            [position] = ib.positions()
            equal((position.contract.conId, position.contract.symbol), (AAPL, "AAPL"), "the contract")
            check(math.isclose(position.avgCost, price + fee / 100, abs_tol=1e-6), f"average cost {position.avgCost}")
        with step("the portfolio"):
            await client.until(lambda: ib.portfolio() and ib.portfolio()[0].position == 100.0, "a portfolio item")
            [item] = ib.portfolio()
            check(math.isclose(item.marketValue, item.marketPrice * 100, abs_tol=0.01), f"market value {item}")
            gain = item.marketValue - 100 * item.averageCost
            check(math.isclose(item.unrealizedPNL, gain, abs_tol=0.02), f"unrealized: {item}, wanted {gain}")
            check(float(value(ib, "TotalCashValue")) < 1_000_000, "cash is less")
        with step("profit and loss of an account with a position"):
            await client.until(lambda: pnl.unrealizedPnL != 0.0, "unrealized profit")
        with step("profit and loss of a position"):
            single = ib.reqPnLSingle(ACCOUNT, "", AAPL)
            await client.until(lambda: not math.isnan(single.value), "pnl of the position")
            equal(single.position, 100, "position")
            check(abs(single.value - 100 * price) < 0.05 * single.value, f"value {single.value} at {price}")
            ib.cancelPnLSingle(ACCOUNT, "", AAPL)
        with step("realized profit and loss"):
            sold = ib.placeOrder(contract, MarketOrder("SELL", 100))
            await client.until(lambda: sold.isDone(), "the order fills")
            await client.until(lambda: sold.fills[-1].commissionReport.execId, "the last commission report")
            realized = sum(fill.commissionReport.realizedPNL for fill in sold.fills)
            await client.until(lambda: math.isclose(pnl.realizedPnL, realized, abs_tol=0.01), f"realized {realized}")
            await client.until(lambda: not ib.positions(), "no position")
            ib.cancelPnL(ACCOUNT)
            cash = float(value(ib, "TotalCashValue"))
            check(math.isclose(cash, 1_000_000 + realized, abs_tol=0.01), f"cash {cash}, realized {realized}")
