"""Finding contracts: details, symbols, option chains, rules."""

from ib_async import Contract, Forex, Future, Option, Stock

from steps import check, equal, step
from .desk import AAPL, desk


async def contracts(host, port, _gateway):
    async with desk(host, port) as client:
        ib = client.ib
        with step("contract details: one"):
            [details] = await client.answer(ib.reqContractDetailsAsync(Stock("AAPL", "SMART", "USD")), "details")
            contract = details.contract
            equal((contract.conId, contract.primaryExchange, contract.tradingClass), (AAPL, "NASDAQ", "NMS"), "contract")
            equal((details.longName, details.minTick, details.stockType), ("APPLE INC", 0.01, "COMMON"), "details")
            equal(details.timeZoneId, "US/Eastern", "time zone")
            equal([(it.tag, it.value) for it in details.secIdList], [("ISIN", "US0378331005")], "security ids")
            check("SMART" in details.validExchanges.split(","), details.validExchanges)
            check({"MKT", "LMT", "STP", "TRAIL"} <= set(details.orderTypes.split(",")), details.orderTypes)
            equal(len(details.tradingHours.split(";")), 6, "days of trading hours")
            check(details.liquidSessions(), "liquid hours can be read")
        with step("contract details: by number"):
            [again] = await client.answer(ib.reqContractDetailsAsync(Contract(conId=AAPL)), "details")
            equal(again.contract.symbol, "AAPL", "symbol")
        with step("contract details: ambiguous"):
            several = await client.answer(ib.reqContractDetailsAsync(Contract(secType="STK", symbol="AAPL")), "details")
            equal({it.contract.currency for it in several}, {"MXN", "USD"}, "currencies")
            # One for each exchange, as a Gateway answers where none is named.
            at = [(it.contract.conId, it.contract.exchange) for it in several]
            check(len(set(at)) == len(at) > 2, f"exchanges {at}")
            unclear = await client.answer(ib.qualifyContractsAsync(Contract(secType="STK", symbol="AAPL")), "qualify")
            equal(unclear, [None], "an ambiguous contract does not qualify")
        with step("contract details: none"):
            none = await client.answer(ib.reqContractDetailsAsync(Stock("NOSUCHTHING", "SMART", "USD")), "details")
            equal(none, [], "details of nothing")
            equal(client.refused(200), ["No security definition has been found for the request"], "the text")
        with step("contract details: a pair, a future"):
            [pair] = await client.answer(ib.reqContractDetailsAsync(Forex("EURUSD")), "a pair")
            equal((pair.contract.conId, pair.contract.localSymbol), (12087792, "EUR.USD"), "the pair")
            futures = await client.answer(ib.reqContractDetailsAsync(Future("ES", exchange="CME")), "futures")
            months = [it.contract.lastTradeDateOrContractMonth for it in futures]
            check(len(months) >= 4 and len(set(months)) == len(months), f"futures {months}")
            equal({it.contract.multiplier for it in futures}, {"50"}, "multipliers")
        with step("symbol search"):
            found = await client.answer(ib.reqMatchingSymbolsAsync("AAP"), "symbols")
            first = found[0]
            equal((first.contract.conId, first.contract.currency), (AAPL, "USD"), "the first match")
            check("OPT" in first.derivativeSecTypes, f"derivatives {first.derivativeSecTypes}")
            by_name = await client.answer(ib.reqMatchingSymbolsAsync("microsoft"), "symbols")
            equal([it.contract.symbol for it in by_name], ["MSFT"], "found by name")
            nothing = await client.answer(ib.reqMatchingSymbolsAsync("QQQQQQ"), "symbols")
            equal(nothing, [], "matches of nothing")
        with step("option chain parameters"):
            chains = await client.answer(ib.reqSecDefOptParamsAsync("AAPL", "", "STK", AAPL), "chains")
            [smart] = [chain for chain in chains if chain.exchange == "SMART"]
            # ib_async leaves the number as text.
            equal((smart.tradingClass, smart.multiplier, int(smart.underlyingConId)), ("AAPL", "100", AAPL), "the chain")
            equal(smart.expirations, sorted(smart.expirations), "expirations in order")
            check(len(smart.strikes) >= 20 and smart.strikes == sorted(smart.strikes), f"strikes {smart.strikes}")
            wanted = Option("AAPL", smart.expirations[2], smart.strikes[10], "C", "SMART", currency="USD")
            [option] = await client.answer(ib.qualifyContractsAsync(wanted), "an option")
            check(option.conId > 0 and option.localSymbol.startswith("AAPL  "), f"the option {option}")
            none = await client.answer(ib.reqSecDefOptParamsAsync("IBM", "", "STK", 8314), "chains")
            equal(none, [], "chains of a share without options")
        with step("market rules"):
            rule = await client.answer(ib.reqMarketRuleAsync(int(details.marketRuleIds.split(",")[0])), "rule")
            equal([(it.lowEdge, it.increment) for it in rule], [(0.0, 0.01)], "price increments")
        with step("option calculations"):
            guess = await client.answer(ib.calculateOptionPriceAsync(option, 0.3, 250.0), "a price")
            check(guess.optPrice > 0 and 0 < guess.delta < 1, f"computed {guess}")
            back = await client.answer(ib.calculateImpliedVolatilityAsync(option, guess.optPrice, 250.0), "a volatility")
            check(abs(back.impliedVol - 0.3) < 0.001, f"computed {back}")
