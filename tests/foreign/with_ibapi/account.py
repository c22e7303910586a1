"""What an account is worth: values, summary, positions, profit and loss."""

import math

from steps import check, equal, step
from .desk import AAPL, contract, desk, order

ACCOUNT = "DU1234567"


def values(client):
    client.take("updatePortfolio")
    ask = lambda: client.reqAccountUpdates(True, ACCOUNT)
    rows = client.rows(ask, "updateAccountValue", "accountDownloadEnd")
    return {(key, currency): value for key, value, currency, _ in rows}


def account(host, port, _gateway):
    with desk(host, port) as client:
        with step("account values"):
            told = values(client)
            equal(told["NetLiquidation", "USD"], "1000000.00", "net liquidation")
            equal(told["TotalCashBalance", "BASE"], "1000000.00", "cash in the base currency")
            equal(told["AccountType", ""], "INDIVIDUAL", "account type")
            [(time,)] = client.take("updateAccountTime")
            check(len(time) == 5 and time[2] == ":", f"time {time}")
            client.reqAccountUpdates(False, ACCOUNT)
        with step("account summary"):
            ask = lambda: client.reqAccountSummary(1, "All", "NetLiquidation,TotalCashValue,$LEDGER:USD")
            rows = {(tag, currency): value for _, _, tag, value, currency
                    in client.rows(ask, "accountSummary", "accountSummaryEnd")}
            equal(rows["NetLiquidation", "USD"], "1000000.00", "net liquidation")
            equal(rows["CashBalance", "USD"], "1000000.00", "the ledger in dollars")
            client.cancelAccountSummary(1)
        with step("profit and loss of an account without positions"):
            client.reqPnL(2, ACCOUNT, "")
            equal(client.until("pnl"), (2, 0.0, 0.0, 0.0), "pnl")
        with step("a position"):
            placed = client.place(contract("AAPL"), order("BUY", 100, "MKT"))
            _, _, filled, remaining, price, *_ = client.status(placed, "Filled")
            equal((filled, remaining), (100.0, 0.0), "quantities")
            client.until("commissionReport")
            [row] = client.rows(client.reqPositions, "position", "positionEnd")
            equal((row[0], row[1].conId, row[1].symbol, row[2]), (ACCOUNT, AAPL, "AAPL", 100.0), "the position")
            check(math.isclose(row[3], price + 0.01, abs_tol=1e-6), f"average cost {row[3]}, price {price}")
        with step("the portfolio"):
            told = values(client)
            [item] = client.take("updatePortfolio")
            held, position, market_price, market_value, average, unrealized, realized, name = item
            equal((held.conId, held.primaryExchange, position, name), (AAPL, "NASDAQ", 100.0, ACCOUNT), "the item")
            check(math.isclose(market_value, market_price * 100, abs_tol=0.01), f"market value {item}")
            check(math.isclose(unrealized, market_value - average * 100, abs_tol=0.02), f"unrealized {item}")
            equal(realized, 0.0, "realized")
            worth = float(told["TotalCashBalance", "USD"]) + market_value
            check(math.isclose(worth, float(told["NetLiquidation", "USD"]), abs_tol=0.02), f"worth {worth}")
            client.reqAccountUpdates(False, ACCOUNT)
        with step("profit and loss of an account with a position"):
            client.until("pnl", match=lambda id, daily, unrealized, realized: unrealized != 0.0)
        with step("profit and loss of a position"):
            client.reqPnLSingle(3, ACCOUNT, "", AAPL)
            _, held, daily, unrealized, realized, value = client.until("pnlSingle")
            equal((held, realized), (100, 0.0), "position and realized profit")
            check(math.isclose(value - 100 * (price + 0.01), unrealized, abs_tol=0.02), f"value {value}")
            client.cancelPnLSingle(3)
        with step("realized profit and loss"):
            placed = client.place(contract("AAPL"), order("SELL", 100, "MKT"))
            client.status(placed, "Filled")
            [report] = client.until("commissionReport")
            match = lambda id, daily, unrealized, realized: math.isclose(realized, report.realizedPNL, abs_tol=0.01)
            client.until("pnl", match=match, what=f"realized {report.realizedPNL}")
            client.cancelPnL(2)
            cash = float(values(client)["TotalCashBalance", "USD"])
            check(math.isclose(cash, 1_000_000 + report.realizedPNL, abs_tol=0.01), f"cash {cash}")
        with step("cancelling what was cancelled"):
            client.cancelPnL(2)
            client.refused(2, 10185)
            client.cancelPnLSingle(3)
            client.refused(3, 10186)
